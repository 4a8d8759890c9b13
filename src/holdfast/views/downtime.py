"""Measured downtime, as people are shown it: by component, tenant, service or region, with what is left to use up."""

from collections.abc import Iterable
from typing import Literal

from holdfast.model.day import Day
from holdfast.model.downtime import DayTally, Standing, Stretch
from holdfast.model.noun import Noun

Kind = Literal["component", "tenant", "service", "region"]
"""Whose downtime it is; `region` is all services of a region together."""


class BudgetDocument(Noun):
    """A month's error budget, in seconds: what may be down, what was, what is left (below zero: too much was).

    `burn` is how fast it goes: 1 uses it up exactly at the month's end. None: nothing of the month has passed.
    """

    month: str
    objective: float
    allowed_s: float
    used_s: float
    left_s: float
    burn: float | None


class PlaceDowntime(Noun):
    """Something in one region, in seconds of the days that were asked for. `uptime` is None if nothing is known.

    What is neither up, degraded, down nor maintenance is unknown: nobody asked, or nobody measured.
    """

    region: str
    title: str
    standing: str
    """How it does now."""
    up_s: float
    degraded_s: float
    down_s: float
    maintenance_s: float
    uptime: float | None
    budget: BudgetDocument


class SubjectDowntime(Noun):
    """One component, tenant or service, or all services together, region by region."""

    kind: Kind
    name: str
    title: str
    places: tuple[PlaceDowntime, ...]


class WindowDocument(Noun):
    """A drill or maintenance (Unix times, in seconds; `ended_at` None: it goes on). A drill counts as up."""

    id: str
    kind: str
    title: str
    began_at: float
    ended_at: float | None


class DowntimeDocument(Noun):
    """Downtime on days (UTC) from `first` to `last`, both included, at a moment (Unix time, in seconds)."""

    now: float
    first: Day
    last: Day
    subjects: tuple[SubjectDowntime, ...]
    windows: tuple[WindowDocument, ...] = ()
    more: int = 0
    """So many more aren't shown."""


class StretchDocument(Noun):
    """A time (Unix, in seconds) that wasn't up, with the evidence: requests that were owed an answer, and lost ones."""

    region: str
    standing: str
    began_at: float
    ended_at: float
    requests: float
    lost: float


class StretchesDocument(Noun):
    """All stretches of something within a time, in order, and what was left out of them."""

    kind: Kind
    name: str
    now: float
    stretches: tuple[StretchDocument, ...]
    windows: tuple[WindowDocument, ...] = ()


def show_place(
    region: str, title: str, standing: Standing, tallies: Iterable[DayTally], budget: BudgetDocument
) -> PlaceDowntime:
    """The sum of days."""
    days = list(tallies)
    up_s, degraded_s, down_s, maintenance_s = (
        sum(getattr(day, name) for day in days) for name in ("up_s", "degraded_s", "down_s", "maintenance_s")
    )
    known_s = up_s + degraded_s + down_s
    return PlaceDowntime(
        region=region,
        title=title,
        standing=standing.name.lower(),
        up_s=up_s,
        degraded_s=degraded_s,
        down_s=down_s,
        maintenance_s=maintenance_s,
        uptime=1.0 - down_s / known_s if known_s else None,
        budget=budget,
    )


def show_stretch(region: str, stretch: Stretch) -> StretchDocument:
    """One stretch."""
    return StretchDocument(
        region=region,
        standing=stretch.standing.name.lower(),
        began_at=stretch.began_at,
        ended_at=stretch.ended_at,
        requests=stretch.requests,
        lost=stretch.failed,
    )
