"""Announced work: when it is reminded of, begins and ends by itself, and what it mutes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from holdfast.model.incident import Incident
from holdfast.model.maintenance import Maintenance, MaintenanceId, MaintenancePhase

REMINDERS_S: Final = (86_400.0, 3_600.0)
"""How long before it begins subscribers are reminded, the earliest first."""
SLACK_S: Final = 60.0
"""What begins so long before announced work does is still of it: clocks, and hands that were early."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is to become of a window now."""

    id: MaintenanceId
    why: str
    phase: MaintenancePhase | None = None
    reminders: int | None = None


def plan_maintenance(maintenances: Iterable[Maintenance], now: float) -> tuple[Due, ...]:
    """What is due at a Unix time, in seconds; a window that passed while nobody looked is begun first, then ended."""
    return tuple(due for window in maintenances for due in _plan(window, now))


def find_next_due(maintenances: Iterable[Maintenance], now: float) -> float | None:
    """When something is due next (Unix time, in seconds)."""
    times = (at for window in maintenances for at in _list_times(window))
    return min((at for at in times if at > now), default=None)


def is_muted(incident: Incident, maintenances: Iterable[Maintenance], now: float) -> bool:
    """Whether announced work in progress covers all that an incident is about, and it began in that time.

    What isn't known of an incident's components or regions counts as beyond a window that has such bounds.
    """
    windows = [window for window in maintenances if _is_in_progress(window, incident, now)]
    pairs = ((c, r) for c in incident.components or (None,) for r in incident.regions or (None,))
    return bool(windows) and all(any(window.covers(c, r) for window in windows) for c, r in pairs)


def _is_in_progress(window: Maintenance, incident: Incident, now: float) -> bool:
    is_now = window.phase is MaintenancePhase.IN_PROGRESS and now < window.ends_at
    return is_now and incident.began_at >= window.begins_at - SLACK_S


def _plan(window: Maintenance, now: float) -> Iterator[Due]:
    match window.phase:
        case MaintenancePhase.SCHEDULED if now >= window.begins_at:
            yield Due(window.id, "it is time", MaintenancePhase.IN_PROGRESS)
        case MaintenancePhase.SCHEDULED:
            due = sum(now >= at for at in _list_reminders(window))
            if due > window.reminders:
                yield Due(window.id, f"it begins in {(window.begins_at - now) / 60:,.0f} minutes", reminders=due)
        case MaintenancePhase.IN_PROGRESS if now >= window.ends_at:
            yield Due(window.id, "it is over", MaintenancePhase.COMPLETED)


def _list_reminders(window: Maintenance) -> tuple[float, ...]:
    """When its reminders are due; what was announced later than that needs none."""
    ahead = (window.begins_at - ahead_s for ahead_s in REMINDERS_S)
    return tuple(at for at in ahead if at > window.announced_at)


def _list_times(window: Maintenance) -> Iterator[float]:
    match window.phase:
        case MaintenancePhase.SCHEDULED:
            yield window.begins_at
            yield from _list_reminders(window)[window.reminders :]
        case MaintenancePhase.IN_PROGRESS:
            yield window.ends_at
