"""Incidents replayed: on real processes, and scored from what independent instruments measured."""
