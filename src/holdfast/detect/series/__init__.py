"""Arithmetic of many series at once; it knows nothing of services and edges."""
