"""How long what was down or degraded, measured and kept."""
