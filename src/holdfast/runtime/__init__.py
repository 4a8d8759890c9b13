"""The one loop: takes commands, steps the engine, records what was decided and performs what follows.

`Core` holds the order of things without a clock, a thread or a socket, so that a simulation can drive the very
code that runs in production. `Control` drives it in an asyncio loop.
"""
