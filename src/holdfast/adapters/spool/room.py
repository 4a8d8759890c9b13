"""How much more the disk can take, asked before it is full: afterwards not even deliveries could be written down."""

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

ASK_AGAIN_S: Final = 0.2
WRITTEN_TWICE: Final = 3
"""A message is written ahead and brought home, with its indexes and half-empty pages: this many times its size."""


class Room:
    """Free bytes within a file and on its disk, above a reserve; as of a moment ago, less what was taken since.

    `ask_inside` says what a file has within it that it needn't grow for.
    """

    def __init__(self, path: Path, reserve_bytes: int, ask: Callable[[Path], int] | None = None) -> None:
        self.reserve_bytes = reserve_bytes
        self.ask_inside: Callable[[], int] = _nothing
        self._path = path
        self._ask = ask or ask_disk
        self._asked_at = float("-inf")
        self._free = 0

    def free_bytes(self) -> int:
        """What may still be written; zero or less when nothing may."""
        if monotonic() - self._asked_at > ASK_AGAIN_S:
            self._free = self._ask(self._path) + self.ask_inside() - self.reserve_bytes
            self._asked_at = monotonic()
        return self._free

    def has_room(self, size: int) -> bool:
        """Whether a message of this size can be taken; its room is taken if so."""
        if self.free_bytes() < WRITTEN_TWICE * size:
            return False
        self._free -= WRITTEN_TWICE * size
        return True

    def is_exhausted(self) -> None:
        """The disk said that it is full, whatever it says when asked: believe it for a moment."""
        self._free = 0
        self._asked_at = monotonic()


def _nothing() -> int:
    return 0


def ask_disk(path: Path) -> int:
    """Free bytes of the disk that a file is on, for users who aren't root."""
    disk = os.statvfs(path)
    return disk.f_bavail * disk.f_frsize
