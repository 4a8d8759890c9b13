"""The drill platform-surge: everything rises beyond what the location can do, and what matters most is kept."""
