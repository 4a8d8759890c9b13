"""The last minutes and hours, point by point."""
