"""The guard on the guard: what the watch may cost, and what it does less of when it costs more.

It degrades one level at a time, in the order of `Level`, and says so; it recovers one level at a time, later.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

CPU_SHARE_MAX: Final = 0.25
"""Of one core, for detection and attribution together."""
LAG_S_MAX: Final = 1.0
"""How far behind the clock the watch may be."""
OVER_S: Final = 2.0
"""How long a budget must have been exceeded before the watch does less."""
WELL_S: Final = 30.0
"""How long it must have been kept well before the watch does more again."""
WELL_SHARE: Final = 0.4
"""Of the budget: below this it is kept well."""


class Level(IntEnum):
    """How much the watch does, from everything down to nothing."""

    FULL = 0
    FEWER_SAMPLES = 1
    """Sources are told from a quarter of the samples."""
    HALF_AS_OFTEN = 2
    """Two looks a second instead of four."""
    NO_SOURCES = 3
    """One look a second, and no source is told: mitigations are caps alone."""
    OFF = 4
    """Nothing is looked at until people switch it on again; limits and walls hold on the edges as ever."""


WORDS: Final = {
    Level.FULL: "",
    Level.FEWER_SAMPLES: "sources are told from a quarter of the samples",
    Level.HALF_AS_OFTEN: "it looks twice a second, and a quarter of the samples",
    Level.NO_SOURCES: "it looks once a second, and tells no sources",
    Level.OFF: "it is switched off; limits and walls hold as ever",
}
"""What a level means to people."""
TICK_S: Final = {
    Level.FULL: 0.25,
    Level.FEWER_SAMPLES: 0.25,
    Level.HALF_AS_OFTEN: 0.5,
    Level.NO_SOURCES: 1.0,
    Level.OFF: 1.0,
}
"""Seconds between two looks."""
SAMPLES_MAX: Final = {
    Level.FULL: 2_000,
    Level.FEWER_SAMPLES: 500,
    Level.HALF_AS_OFTEN: 500,
    Level.NO_SOURCES: 0,
    Level.OFF: 0,
}
"""Sampled requests that one attribution looks at."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Where the watch stands. Times are the loop's, in seconds; `share` and `lag_s` are smoothed measurements."""

    level: Level = Level.FULL
    share: float = 0.0
    lag_s: float = 0.0
    over_since: float | None = None
    well_since: float | None = None

    def note(self, now: float, cpu_s: float, lag_s: float) -> "Guard":
        """After a look that took `cpu_s` of CPU time and ended `lag_s` behind: where the watch stands now."""
        tick_s = TICK_S[self.level]
        share = self.share + _SMOOTHING * (cpu_s / tick_s - self.share)
        lag = self.lag_s + _SMOOTHING * (lag_s - self.lag_s)
        over = share > CPU_SHARE_MAX or lag > LAG_S_MAX
        well = share < CPU_SHARE_MAX * WELL_SHARE and lag < LAG_S_MAX * WELL_SHARE
        measured = replace(
            self,
            share=share,
            lag_s=lag,
            over_since=(now if self.over_since is None else self.over_since) if over else None,
            well_since=(now if self.well_since is None else self.well_since) if well else None,
        )
        return _move(measured, now)


def _move(guard: Guard, now: float) -> Guard:
    if guard.level < Level.OFF and guard.over_since is not None and now - guard.over_since >= OVER_S:
        return Guard(level=Level(guard.level + 1), share=guard.share, lag_s=guard.lag_s)
    is_lowered = Level.FULL < guard.level < Level.OFF
    if is_lowered and guard.well_since is not None and now - guard.well_since >= WELL_S:
        return Guard(level=Level(guard.level - 1), share=guard.share, lag_s=guard.lag_s)
    return guard


_SMOOTHING: Final = 0.2
