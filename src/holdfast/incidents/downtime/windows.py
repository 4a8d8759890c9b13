"""What counts apart: drills and announced maintenance. They take effect in the reading; what was measured stays."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from holdfast.incidents.downtime.layout import COMPONENT, Subject
from holdfast.model.day import DAY_S, Day, begin_day
from holdfast.model.downtime import DayTally, Standing, Stretch

Interval = tuple[float, float]


class WindowKind(StrEnum):
    """Why something counts apart."""

    DRILL = "drill"
    """It counts as up."""
    MAINTENANCE = "maintenance"
    """It counts as maintenance."""


@dataclass(frozen=True, slots=True)
class Window:
    """A time (Unix, in seconds) that counts apart, for what it names; what it doesn't name, it is about all of."""

    id: str
    kind: WindowKind
    began_at: float
    ended_at: float
    services: frozenset[str] = frozenset()
    components: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    title: str = ""

    def covers(self, subject: Subject, members: Collection[str], region: str) -> bool:
        """Whether it is about a subject, made of these services, in a region: one of them in it is enough."""
        if self.regions and region not in self.regions:
            return False
        if subject.kind == COMPONENT and subject.name in self.components:
            return True
        return not (self.services or self.components) or not self.services.isdisjoint(members)


def clip(stretches: Iterable[Stretch], began_at: float, ended_at: float) -> Iterator[Stretch]:
    """The parts within a time; requests are shared out evenly."""
    for each in stretches:
        began, ended = max(each.began_at, began_at), min(each.ended_at, ended_at)
        if ended > began:
            part = (ended - began) / (each.ended_at - each.began_at)
            yield Stretch(began, ended, each.standing, each.requests * part, each.failed * part)


def take_out(stretches: Iterable[Stretch], windows: Sequence[Interval]) -> Iterator[Stretch]:
    """What is left of stretches outside some times, which are in order and apart."""
    for each in stretches:
        at = each.began_at
        for began, ended in windows:
            yield from clip([each], at, min(began, each.ended_at))
            at = max(at, ended)
        yield from clip([each], at, each.ended_at)


def join(intervals: Iterable[Interval]) -> list[Interval]:
    """Times in order, and those that touch as one."""
    joined: list[Interval] = []
    for began, ended in sorted(intervals):
        if joined and began <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ended))
        elif ended > began:
            joined.append((began, ended))
    return joined


def bridge(stretches: Iterable[Stretch], bridge_s: float) -> list[Stretch]:
    """Stretches in order; those of one standing that are at most `bridge_s` apart as one."""
    joined: list[Stretch] = []
    for each in sorted(stretches, key=lambda stretch: stretch.began_at):
        last = joined[-1] if joined else None
        if last and last.standing is each.standing and each.began_at - last.ended_at <= bridge_s:
            requests, failed = last.requests + each.requests, last.failed + each.failed
            joined[-1] = Stretch(last.began_at, max(last.ended_at, each.ended_at), last.standing, requests, failed)
        else:
            joined.append(each)
    return joined


def find_worst(courses: Sequence[Sequence[Stretch]]) -> list[Stretch]:
    """Of several courses the worst at each moment, as where no region is named; requests are of all together."""
    if len(courses) <= 1:
        return list(courses[0]) if courses else []
    edges = sorted({at for course in courses for each in course for at in (each.began_at, each.ended_at)})
    found: list[Stretch] = []
    for began, ended in pairwise(edges):
        parts = [part for course in courses for part in clip(course, began, ended)]
        if parts:
            standing = max(part.standing for part in parts)
            requests, failed = sum(part.requests for part in parts), sum(part.failed for part in parts)
            found.append(Stretch(began, ended, standing, requests, failed))
    return bridge(found, 0.0)


def tally_day(
    day: Day, stretches: Sequence[Stretch], known_s: float, maintained: Sequence[Interval], now: float
) -> DayTally:
    """One day: stretches outside drills and maintenance, seconds of which anything is known, times of maintenance."""
    began = begin_day(day)
    ended = min(began + DAY_S, now)
    down_s, degraded_s = (
        sum(part.ended_at - part.began_at for part in clip(stretches, began, ended) if part.standing is standing)
        for standing in (Standing.DOWN, Standing.DEGRADED)
    )
    maintenance_s = sum(max(0.0, min(end, ended) - max(begin, began)) for begin, end in maintained)
    open_s = max(0.0, min(known_s, ended - began - maintenance_s))
    return DayTally(day, max(0.0, open_s - down_s - degraded_s), degraded_s, down_s, maintenance_s)
