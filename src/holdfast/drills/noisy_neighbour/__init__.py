"""The drill noisy-neighbour: limits armed beforehand hold a flooded tenant, and kills work while it is flooded."""
