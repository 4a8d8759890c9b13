"""Incidents open, follow their course and find their first words."""
