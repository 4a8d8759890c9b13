"""The drill deferred-sending: a push breaks the way to an API, and what is sent by it is accepted all the same."""
