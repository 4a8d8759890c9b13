"""Those who wanted to be told, and what they are sent."""
