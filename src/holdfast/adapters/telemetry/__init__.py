"""What edges count and sample: from Envoy to its agent, and from the agent to control."""
