"""The corpus of changes pushed to programs without Holdfast: what they catch, and whom they break."""
