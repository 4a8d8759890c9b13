"""What was measured of the public's components, asked for a few at a time, so that nothing else waits for it."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from holdfast.incidents.day_bars import Tallied, join_days, list_shown_days, tally_days
from holdfast.model.day import find_day
from holdfast.model.downtime import DayTally, Standing
from holdfast.model.platform import Platform
from holdfast.model.status_document import DAYS, PUBLISH_S, History

AT_ONCE_S: Final = 0.005
"""So long is read before control may do something else."""
FRESH_DAYS: Final = 2
"""Days that are read every minute; older ones only change when maintenance or a drill is taken out of them later."""
WHOLE_S: Final = 3_600.0
"""Between two readings of all days."""


class Measurements(Protocol):
    """What the site needs of `model.downtime.Accounts`."""

    def list_days(self, component: str, region: str | None, days: int) -> Sequence[DayTally]:
        """The latest days of a component, oldest first; in a region, or the worst of all."""

    def read_standing(self, component: str, region: str) -> Standing:
        """How a component does now."""


Place = tuple[str, str | None]
"""A component in a region, or over all of them."""


@dataclass(frozen=True, slots=True)
class Histories:
    """The days of components as of a Unix time, in seconds; `older` has those that were all read at `whole_at`."""

    found: Mapping[Place, History] = field(default_factory=dict)
    older: Mapping[Place, Tallied] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    at: float = float("-inf")
    whole_at: float = float("-inf")

    def is_of(self, places: tuple[Place, ...], now: float, span_s: float, since: float) -> bool:
        """Whether what was read at a time is no older than so many seconds, of the same day and the same places."""
        return 0 <= now - since < span_s and find_day(since) == find_day(now) and self.places == places


async def read_histories(
    measurements: Measurements | None, platform: Platform, now: float, known: Histories
) -> Histories:
    """All histories; those that are known, if that isn't a minute ago. What says the same is the same object."""
    places = tuple(_list_wanted(platform))
    if known.is_of(places, now, PUBLISH_S, known.at):
        return known
    days = list_shown_days(find_day(now))
    is_whole = not known.is_of(places, now, WHOLE_S, known.whole_at)
    older: dict[Place, Tallied] = {} if is_whole else dict(known.older)
    found: dict[Place, History] = {}
    began = time.monotonic()
    for component, region in places:
        tallies = _read_days(measurements, component, region, DAYS if is_whole else FRESH_DAYS)
        if is_whole:
            older[component, region] = tally_days(tallies, days[:-FRESH_DAYS])
        history = join_days(older[component, region], tally_days(tallies, days[-FRESH_DAYS:]))
        before = known.found.get((component, region))
        found[component, region] = before if before is not None and before == history else history
        if time.monotonic() - began > AT_ONCE_S:
            await asyncio.sleep(0)
            began = time.monotonic()
    return Histories(found, older, places, now, now if is_whole else known.whole_at)


def _read_days(measurements: Measurements | None, component: str, region: str | None, days: int) -> Sequence[DayTally]:
    return () if measurements is None else measurements.list_days(component, region, days)


def read_standings(measurements: Measurements | None, platform: Platform) -> Mapping[tuple[str, str], Standing]:
    """How every component stands in every region now."""
    if measurements is None or platform.status is None:
        return {}
    regions = platform.each_region()
    return {
        (component, region): measurements.read_standing(component, region)
        for component in platform.status.components
        for region in regions
    }


def _list_wanted(platform: Platform) -> Iterator[Place]:
    regions = (*platform.each_region(), None)
    components = platform.status.components if platform.status is not None else {}
    return ((component, region) for component in components for region in regions)
