"""The spool under kills, and with a long backlog."""
