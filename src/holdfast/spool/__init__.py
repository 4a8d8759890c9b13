"""What becomes of a message that was accepted: order, retries, fairness, the switch. Decisions, pure."""
