"""The status site, written from what was measured and said."""
