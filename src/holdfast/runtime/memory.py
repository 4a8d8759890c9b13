"""What the collector of garbage does while something large is made."""

import contextlib
import gc
from collections.abc import Iterator

_waiting = 0
"""How many blocks of `collect_later` are under way."""


@contextlib.contextmanager
def collect_later() -> Iterator[None]:
    """Collect no garbage until the block ends, in any thread: for work that makes much and loses little.

    Loading a program's modules is such work: without collecting it takes a fifth less. Compiling ten thousand services
    makes a million objects; looking at all of them again and again would take half as long as compiling, and hold up
    every other thread, for a second at a time.
    """
    global _waiting  # noqa: PLW0603 - as the collector is the process's
    _waiting += 1
    gc.disable()
    try:
        yield
    finally:
        _waiting -= 1
        if not _waiting:
            gc.enable()
