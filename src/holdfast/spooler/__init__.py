"""The process that keeps deferred requests and delivers them: it outlives control."""
