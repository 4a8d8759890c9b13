"""The drill mitigation-backfire: people's own mitigations that would hurt everybody are stopped, or reverted."""
