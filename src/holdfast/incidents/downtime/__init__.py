"""How long what was down or degraded, from what edges counted."""
