"""The drill bad-route-push: a change that would answer calls with 404 is refused, or goes no further than a few."""
