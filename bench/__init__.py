"""What Holdfast costs, measured on real processes: `python -m bench`."""
