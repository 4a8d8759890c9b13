"""What happened to what people are told of it, and who is woken: decisions, pure."""
