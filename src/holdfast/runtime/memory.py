"""After something large was read and compiled: give back what is free, and stop looking at what stays."""

import contextlib
import ctypes
import gc
from collections.abc import Iterator

_waiting = 0
"""How many blocks of `collect_later` are under way."""


@contextlib.contextmanager
def collect_later() -> Iterator[None]:
    """Collect no garbage until the block ends, in any thread: for work of seconds that makes much and loses little.

    Compiling ten thousand services makes a million objects; looking at all of them again and again would take half as
    long as compiling, and hold up every other thread, for a second at a time.
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


def settle_memory() -> None:
    """Collect garbage once, hand what is free back to the system, and exempt what is left from later collections.

    Reading ten thousand services leaves some 20 MB of holes in the heap, which glibc keeps, and half a million
    objects that stay, which every full collection would look at again for a tenth of a second: the time of many
    kills.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
