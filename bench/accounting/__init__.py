"""Downtime accounting against known truth: simulated and on real edges, a replay of report C, and what it costs."""
