"""The sides of the benchmark of durable accepts, and the proof that nothing accepted is lost by a kill."""
