"""Bad changes of platforms, and harmless ones: what is caught, by which stage, and what is refused wrongly."""
