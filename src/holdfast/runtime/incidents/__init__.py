"""Incidents at work: opened, told, paged, published."""
