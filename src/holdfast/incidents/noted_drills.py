"""Drills that somebody noted: for how long each goes on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from holdfast.model.event import ChangeNoted, Event
from holdfast.model.note import DRILL_S, NoteKind

Dated = tuple[int | None, Event]
"""What was decided, with its place in the journal; None while it isn't recorded."""


@dataclass(frozen=True, slots=True)
class NotedDrill:
    """A drill of these services (none: all), noted at a place in the journal. Times are Unix times, in seconds."""

    number: int | None
    began_at: float
    ends_at: float
    services: frozenset[str]
    why: str


def list_noted_drills(events: Iterable[Dated]) -> Iterator[NotedDrill]:
    """Those among what was decided, each until its time is over, or somebody said so."""
    events = tuple(events)
    ended = find_drill_ends(events)
    for number, event in events:
        if isinstance(event, ChangeNoted) and event.kind is NoteKind.DRILL and event.ends is None:
            until = event.at + DRILL_S if event.until is None else event.until
            ends_at = until if number is None else min(until, ended.get(number, until))
            yield NotedDrill(number, event.at, ends_at, frozenset(event.services), event.why)


def find_drill_ends(events: Iterable[Dated]) -> Mapping[int, float]:
    """When somebody said that noted drills are over, by their places in the journal: Unix times, in seconds."""
    ended: dict[int, float] = {}
    for _, event in events:
        if isinstance(event, ChangeNoted) and event.ends is not None:
            ended[event.ends] = min(event.at, ended.get(event.ends, event.at))
    return ended
