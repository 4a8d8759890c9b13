"""What was measured of the public's components, asked for a few at a time, so that nothing else waits for it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from holdfast.incidents.day_bars import make_history
from holdfast.model.day import find_day
from holdfast.model.downtime import DayTally, Standing
from holdfast.model.platform import Platform
from holdfast.model.status_document import DAYS, PUBLISH_S, History

AT_ONCE: Final = 20
"""Histories that are read before control may do something else."""


class Measurements(Protocol):
    """What the site needs of `model.downtime.Accounts`."""

    def list_days(self, component: str, region: str | None, days: int) -> Sequence[DayTally]:
        """The latest days of a component, oldest first; in a region, or the worst of all."""

    def read_standing(self, component: str, region: str) -> Standing:
        """How a component does now."""


@dataclass(frozen=True, slots=True)
class Histories:
    """The days of components by region, and over all regions (None), as of a Unix time, in seconds."""

    found: Mapping[tuple[str, str | None], History] = field(default_factory=dict)
    platform: Platform | None = None
    at: float = float("-inf")


async def read_histories(
    measurements: Measurements | None, platform: Platform, now: float, known: Histories
) -> Histories:
    """All histories; those that are known, if that isn't a minute ago. What says the same is the same object."""
    if known.platform is platform and 0 <= now - known.at < PUBLISH_S and find_day(known.at) == find_day(now):
        return known
    found: dict[tuple[str, str | None], History] = {}
    for number, (component, region) in enumerate(_list_wanted(platform), 1):
        tallies = measurements.list_days(component, region, DAYS) if measurements is not None else ()
        history = make_history(tallies, find_day(now))
        before = known.found.get((component, region))
        found[component, region] = before if before is not None and before == history else history
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    return Histories(found, platform, now)


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


def _list_wanted(platform: Platform) -> Iterator[tuple[str, str | None]]:
    regions = (*platform.each_region(), None)
    components = platform.status.components if platform.status is not None else {}
    return ((component, region) for component in components for region in regions)
