"""Measured days as the public sees them: whole minutes, and what a day looks like at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final

from holdfast.model.day import Day, add_days
from holdfast.model.downtime import DayTally
from holdfast.model.status_document import DAYS, DayBar, DayKind, History

SHOWN_S: Final = 30.0
"""The least that is shown of anything."""
UPTIME_DECIMALS: Final = 5
"""So that what is shown stays the same from minute to minute, unless something happens."""


@dataclass(frozen=True, slots=True)
class Tallied:
    """Some days, oldest first; with the seconds that they were down, and those of which it is known."""

    bars: tuple[DayBar, ...]
    down_s: float = 0.0
    known_s: float = 0.0


def make_history(tallies: Sequence[DayTally], today: Day) -> History:
    """The latest days up to today. Those that nothing is said of are unknown; what is older is left out."""
    return join_days(tally_days(tallies, list_shown_days(today)))


def tally_days(tallies: Sequence[DayTally], days: Sequence[Day]) -> Tallied:
    """These days, and no others."""
    known = {tally.day: tally for tally in tallies}
    found = [known.get(day) for day in days]
    bars = [
        _make_plain(day, DayKind.UNKNOWN) if tally is None else make_bar(tally)
        for day, tally in zip(days, found, strict=True)
    ]
    told = [tally for tally in found if tally is not None]
    down_s = sum([tally.down_s for tally in told])
    known_s = sum([tally.up_s + tally.degraded_s + tally.down_s for tally in told])
    return Tallied(tuple(bars), down_s, known_s)


def join_days(*parts: Tallied) -> History:
    """All of them together, in this order."""
    known_s = sum(part.known_s for part in parts)
    uptime = 1.0 - sum(part.down_s for part in parts) / known_s if known_s else None
    bars = tuple(chain.from_iterable([part.bars for part in parts]))
    return History(bars, None if uptime is None else round(uptime, UPTIME_DECIMALS))


@lru_cache(maxsize=4)
def list_shown_days(today: Day) -> tuple[Day, ...]:
    """The days that bars show, today last."""
    return tuple(add_days(today, number + 1 - DAYS) for number in range(DAYS))


def make_bar(tally: DayTally) -> DayBar:
    """One day; less than half a minute of anything isn't shown."""
    if tally.down_s < SHOWN_S and tally.degraded_s < SHOWN_S and tally.maintenance_s < SHOWN_S:
        return _make_plain(tally.day, DayKind.UP if tally.up_s > 0 else DayKind.UNKNOWN)
    down, degraded, maintenance = (
        round_minutes(span_s) for span_s in (tally.down_s, tally.degraded_s, tally.maintenance_s)
    )
    if down:
        kind = DayKind.LONG_DOWN if down >= 60 else DayKind.DOWN
    else:
        kind = DayKind.DEGRADED if degraded else DayKind.MAINTENANCE
    return DayBar(tally.day, kind, down, degraded, maintenance)


def round_minutes(span_s: float) -> int:
    """Whole minutes; half a minute is one."""
    return int((span_s + SHOWN_S) // 60)


@lru_cache(maxsize=4 * DAYS)
def _make_plain(day: Day, kind: DayKind) -> DayBar:
    """Days of which there is nothing to say are the same for everybody."""
    return DayBar(day, kind)
