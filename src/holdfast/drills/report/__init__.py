"""The report of a drill: one HTML page that loads nothing from anywhere, and the result as JSON beside it."""
