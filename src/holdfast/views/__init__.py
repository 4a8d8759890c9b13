"""State into documents: what the API answers and the terminal shows. Pure."""
