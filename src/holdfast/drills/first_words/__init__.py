"""The drill first-words: somebody is woken and the public is told, in seconds, whatever of it is dead."""
