"""Drills and maintenance, as control knows them now; what is over is kept with the accounts."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from pydantic import TypeAdapter

from holdfast.incidents.downtime.windows import Window, WindowKind
from holdfast.incidents.noted_drills import NotedDrill, find_drill_ends, list_noted_drills
from holdfast.model.incident import Incident
from holdfast.model.maintenance import Maintenance, MaintenancePhase
from holdfast.model.ports import Recorded
from holdfast.model.state import State

OPEN: Final = 1e12
"""When what isn't over ends (Unix time, in seconds)."""
_WINDOW: Final = TypeAdapter(Window)


def find_windows(state: State, recent: Iterable[Recorded], known: dict[str, Window], now: float) -> Iterator[Window]:
    """The windows that are new, or otherwise than they are known, at a Unix time (in seconds)."""
    found = [_from_incident(record.incident, known) for record in state.incidents.values()]
    found += [_from_maintenance(each, known, now) for each in state.maintenances.values()]
    noted = [(each.sequence, each.event) for each in recent]
    found += [_from_note(each) for each in list_noted_drills(noted)]
    found += [_end(known.get(_name(number)), at) for number, at in find_drill_ends(noted).items()]
    return (window for window in found if window is not None and known.get(window.id) != window)


def write_window(window: Window) -> str:
    """A window as JSON."""
    return _WINDOW.dump_json(window).decode()


def read_window(text: str) -> Window:
    """A window from JSON; ValueError if it is none."""
    return _WINDOW.validate_json(text)


def _from_incident(incident: Incident, known: dict[str, Window]) -> Window | None:
    """An incident that isn't a drill any more leaves nothing."""
    if not incident.drill and incident.id not in known:
        return None
    ended_at = incident.resolved_at if incident.resolved_at is not None else OPEN
    return Window(
        incident.id,
        WindowKind.DRILL,
        incident.began_at,
        ended_at if incident.drill else incident.began_at,
        frozenset(incident.services),
        frozenset(incident.components),
        frozenset(incident.regions),
        incident.title,
    )


def _from_maintenance(each: Maintenance, known: dict[str, Window], now: float) -> Window | None:
    """From when it was begun to when it was ended, whatever was announced."""
    before = known.get(each.id)
    if before is None and each.phase is not MaintenancePhase.IN_PROGRESS:
        return None
    began_at = before.began_at if before else min(now, each.begins_at)
    ended_at = OPEN
    if each.is_over:
        ended_at = before.ended_at if before and before.ended_at < OPEN else min(now, each.ends_at)
    regions, components = frozenset(each.regions), frozenset(each.components)
    return Window(each.id, WindowKind.MAINTENANCE, began_at, ended_at, frozenset(), components, regions, each.title)


def _from_note(drill: NotedDrill) -> Window:
    assert drill.number is not None  # noqa: S101 - all of them are recorded
    return Window(_name(drill.number), WindowKind.DRILL, drill.began_at, drill.ends_at, drill.services, title=drill.why)


def _end(window: Window | None, at: float) -> Window | None:
    """A noted drill that is known from before, over early."""
    return None if window is None or window.ended_at <= at else replace(window, ended_at=at)


def _name(number: int) -> str:
    return f"note-{number}"
