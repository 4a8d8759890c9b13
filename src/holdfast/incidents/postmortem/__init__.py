"""What an incident did, when what was known and done, and what speaks for why."""
