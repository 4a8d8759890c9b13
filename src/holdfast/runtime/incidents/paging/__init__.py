"""People are woken, reminded and asked whether that works."""
