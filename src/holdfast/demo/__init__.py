"""A platform to try: sample upstreams for every endpoint of a file, and a little traffic through its edges."""
