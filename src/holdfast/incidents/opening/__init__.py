"""Which incidents are open, what belongs to which, and how far each of them is."""
