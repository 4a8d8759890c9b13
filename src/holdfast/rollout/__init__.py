"""Changes of a platform: what they would do, how they are brought to edges step by step, and how they are undone."""
