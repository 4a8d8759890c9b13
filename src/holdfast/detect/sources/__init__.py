"""What sampled requests have in common, and which sets of values an excess may come from."""
