"""What control does about things that are lost: one driver for each kind, over the decisions in `recover`."""
