"""The analyser: a process of its own that reads sampled GraphQL documents and says which operations cost most.

It may be stopped, killed or fed with anything at any time: no request depends on it, and everything it keeps is
bounded by `limits`.
"""
