"""The Envoy binary as a process: found, started so that it outlives us, asked, stopped by pid."""
