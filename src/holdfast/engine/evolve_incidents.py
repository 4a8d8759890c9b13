"""Incidents and what belongs to them, event by event."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar, assert_never

from holdfast.engine.maxima import (
    FOLLOW_UPS_KEPT_MAX,
    INCIDENTS_KEPT_MAX,
    MAINTENANCES_KEPT_MAX,
    NOTES_KEPT_MAX,
    PAGES_KEPT_MAX,
)
from holdfast.model.follow_up import FollowUp
from holdfast.model.incident import Incident, IncidentNote, Post
from holdfast.model.incident_event import (
    FollowUpSet,
    IncidentAcknowledged,
    IncidentChanged,
    IncidentEvent,
    IncidentNoted,
    IncidentOpened,
    MaintenanceSet,
    PersonPaged,
    PostWritten,
)
from holdfast.model.maintenance import Maintenance
from holdfast.model.state import IncidentRecord, State

V = TypeVar("V")


def evolve_incidents(state: State, event: IncidentEvent) -> State:  # noqa: PLR0911 - one for each event
    """The state after an event about incidents or announced work; it touches nothing that other events do."""
    match event:
        case FollowUpSet():
            return _set_follow_up(state, event.follow_up)
        case MaintenanceSet():
            return _set_maintenance(state, event.maintenance)
        case IncidentOpened():
            number = int(event.incident.id.partition("-")[2])
            opened = _keep(state, IncidentRecord(event.incident))
            return replace(opened, incident_next=max(state.incident_next, number + 1))
        case IncidentChanged():
            return _keep(state, replace(state.incidents[event.incident.id], incident=event.incident))
    record = state.incidents[event.id]
    match event:
        case IncidentAcknowledged():
            acknowledged = {"acknowledged_by": event.author, "acknowledged_at": event.at}
            return _keep(state, replace(record, incident=record.incident.model_copy(update=acknowledged)))
        case IncidentNoted():
            note = IncidentNote(at=event.at, author=event.author, text=event.text)
            return _keep(state, replace(record, notes=(*record.notes, note)[-NOTES_KEPT_MAX:]))
        case PersonPaged():
            return _keep(state, replace(record, pages=(*record.pages, event.page)[-PAGES_KEPT_MAX:]))
        case PostWritten():
            return _keep(state, replace(record, posts=_place(record.posts, event.post)))
    assert_never(event)


def _place(posts: tuple[Post, ...], post: Post) -> tuple[Post, ...]:
    others = [other for other in posts if other.number != post.number]
    return tuple(sorted((*others, post), key=lambda each: each.number))


def _keep(state: State, record: IncidentRecord) -> State:
    incidents = {**state.incidents, record.incident.id: record}
    return replace(state, incidents=_forget(incidents, INCIDENTS_KEPT_MAX, lambda each: _is_over(each.incident)))


def _is_over(incident: Incident) -> bool:
    return not incident.is_open


def _set_follow_up(state: State, follow_up: FollowUp) -> State:
    follow_ups = {**state.follow_ups, follow_up.id: follow_up}
    return replace(
        state,
        follow_ups=_forget(follow_ups, FOLLOW_UPS_KEPT_MAX, lambda each: each.dropped or each.done_at is not None),
        follow_up_next=max(state.follow_up_next, int(follow_up.id.partition("-")[2]) + 1),
    )


def _set_maintenance(state: State, maintenance: Maintenance) -> State:
    maintenances = {**state.maintenances, maintenance.id: maintenance}
    return replace(
        state,
        maintenances=_forget(maintenances, MAINTENANCES_KEPT_MAX, lambda each: each.is_over),
        maintenance_next=max(state.maintenance_next, int(maintenance.id.partition("-")[2]) + 1),
    )


def _forget(known: Mapping[str, V], kept_max: int, is_over: Callable[[V], bool]) -> dict[str, V]:
    """All that aren't over, and the newest that are."""
    over = [id_ for id_, each in known.items() if is_over(each)]
    gone = frozenset(over[: max(0, len(over) - kept_max)])
    return {id_: each for id_, each in known.items() if id_ not in gone}
