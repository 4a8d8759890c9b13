"""What a drill tells while it runs, and the timeline that it keeps."""

from __future__ import annotations

import time
from typing import Protocol

from holdfast.drills.result import Moment


class Watcher(Protocol):
    """Whoever shows a running drill. Called from the thread that the drill runs in."""

    def begin(self, phase: str, seconds: float) -> None:
        """A phase begins that takes about so long."""

    def load(self, usual_rps: float, flood_rps: float) -> None:
        """So many requests a second are sent from now on: everybody's usual ones, and on top of them the flood."""

    def note(self, moment: Moment) -> None:
        """Something happened."""


class Progress:
    """Tells a watcher what happens, and remembers it."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._began = time.monotonic()
        self.timeline: list[Moment] = []

    def begin(self, phase: str, seconds: float) -> None:
        """A phase begins that takes about so long."""
        self._watcher.begin(phase, seconds)
        self.note(phase)

    def load(self, usual_rps: float, flood_rps: float) -> None:
        """So many requests a second are sent from now on. Not kept: what was sent is among the measures."""
        self._watcher.load(usual_rps, flood_rps)

    def note(self, what: str) -> None:
        """Something happened just now."""
        moment = Moment(at_s=round(time.monotonic() - self._began, 3), what=what)
        self.timeline.append(moment)
        self._watcher.note(moment)
