"""The HTTP API: typed bodies in, documents out, a token for everything."""
