"""What edges speak to: a process beside the one that keeps and delivers, so that neither waits for the other's work."""
