"""What to do when something is lost, and in which order it comes back: decisions, pure."""
