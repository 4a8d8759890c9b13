"""Last good copies of what is static: nginx as a process that keeps them on disk, and answers when nobody else can.

It listens on UNIX sockets alone. *fill* is told of every request that edges answer, and fetches what it lacks through
an edge; *judge* stands between it and the edge, and says what may be kept; *serve* never fetches; *figures* counts.
"""
