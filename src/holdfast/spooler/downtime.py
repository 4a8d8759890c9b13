"""For how long the spooler was gone: time that what waits is given back."""

import contextlib
import time
from pathlib import Path


class Heartbeat:
    """A file whose date says when the spooler last ran."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read_gap_s(self) -> float:
        """Seconds since the last beat of an earlier process; 0 if there was none, or clocks went back."""
        try:
            return max(0.0, time.time() - self._path.stat().st_mtime)
        except FileNotFoundError:
            return 0.0

    def beat(self) -> None:
        """Note that it runs now. A disk that can't take it makes a gap of no consequence."""
        with contextlib.suppress(OSError):
            self._path.touch(mode=0o600)
