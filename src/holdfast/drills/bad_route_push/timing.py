"""One clock for all that happens in the drill: seconds since the traffic's start."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self

from holdfast.drills.stage.control_api import ClockOffset


@dataclass(frozen=True, slots=True)
class DrillClock:
    """Tells seconds since `began_ns` (CLOCK_MONOTONIC), also of moments that are told in Unix time."""

    began_ns: int
    offset: ClockOffset

    @classmethod
    def since(cls, began_ns: int) -> Self:
        """Of a drill whose traffic began then."""
        return cls(began_ns, ClockOffset.read())

    def now_s(self) -> float:
        """Now."""
        return (time.monotonic_ns() - self.began_ns) / 1e9

    def to_s(self, unix_s: float) -> float:
        """A Unix time."""
        return (self.offset.to_ns(unix_s) - self.began_ns) / 1e9
