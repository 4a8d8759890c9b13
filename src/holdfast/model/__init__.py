"""The nouns everything else speaks in: frozen, typed, free of effects."""
