"""What an outbox is made of: its tables, the thread that writes them, and how each kind of letter is sent."""
