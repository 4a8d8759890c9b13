"""Windows to findings: what is unusual, what is harmful, where it comes from, and how much room is left."""
