"""Services come back after an outage, one after the other: who is let in when, and for how much."""
