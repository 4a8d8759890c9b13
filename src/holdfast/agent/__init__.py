"""The edge agent: a small process beside each Envoy, which starts it, relays its configuration and remembers it."""
