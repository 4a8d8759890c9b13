"""Measured days as the public sees them: whole minutes, and what a day looks like at a glance."""

from collections.abc import Sequence
from typing import Final

from holdfast.model.day import Day, add_days
from holdfast.model.downtime import DayTally
from holdfast.model.status_document import DAYS, DayBar, DayKind, History

UPTIME_DECIMALS: Final = 5
"""So that what is shown stays the same from minute to minute, unless something happens."""


def make_history(tallies: Sequence[DayTally], today: Day) -> History:
    """The latest days up to today. Those that nothing is said of are unknown; what is older is left out."""
    first = add_days(today, 1 - DAYS)
    known = {tally.day: tally for tally in tallies if first <= tally.day <= today}
    days = (add_days(first, number) for number in range(DAYS))
    bars = tuple(make_bar(known[day]) if day in known else DayBar(day, DayKind.UNKNOWN) for day in days)
    down_s = sum(tally.down_s for tally in known.values())
    known_s = sum(tally.up_s + tally.degraded_s for tally in known.values()) + down_s
    return History(bars, round(1.0 - down_s / known_s, UPTIME_DECIMALS) if known_s else None)


def make_bar(tally: DayTally) -> DayBar:
    """One day; less than half a minute of anything isn't shown."""
    down, degraded, maintenance = (
        round(span_s / 60) for span_s in (tally.down_s, tally.degraded_s, tally.maintenance_s)
    )
    return DayBar(tally.day, _judge_day(tally, down, degraded, maintenance), down, degraded, maintenance)


def _judge_day(tally: DayTally, down: int, degraded: int, maintenance: int) -> DayKind:
    if down:
        return DayKind.LONG_DOWN if down >= 60 else DayKind.DOWN
    if degraded:
        return DayKind.DEGRADED
    if maintenance:
        return DayKind.MAINTENANCE
    return DayKind.UP if tally.up_s > 0 else DayKind.UNKNOWN
