"""What the journal saw while an incident went on, and what of it was of the incident itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from holdfast.incidents.opening.phases import belongs_to
from holdfast.incidents.opening.signs import SWITCHED_OFF
from holdfast.model.event import (
    ChangeNoted,
    ComponentSwitched,
    Event,
    FindingEvent,
    MitigationAdjusted,
    MitigationEnded,
    MitigationStarted,
    MitigationSuggested,
    OwnerLimitsSet,
    RevisionInForce,
    RevisionProposed,
    RevisionRefused,
    RolloutEvent,
    TenantTold,
)
from holdfast.model.incident import Incident
from holdfast.model.incident_event import (
    FollowUpSet,
    IncidentChanged,
    IncidentEvent,
    IncidentOpened,
    MaintenanceSet,
)
from holdfast.model.mitigation import MitigationId

LEAD_S: Final = 900.0
"""How long before it began its timeline does."""
MOMENTS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Moment:
    """One event, with its place in the journal (None while it isn't recorded); `own` if it is of the incident."""

    sequence: int | None
    event: Event
    own: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Moments, oldest first; so many of the middle were left out."""

    moments: tuple[Moment, ...]
    left_out: int = 0


Dated = tuple[int | None, Event]


def begin_timeline(incident: Incident) -> float:
    """When an incident's timeline begins (Unix time, in seconds)."""
    return min(incident.began_at, incident.opened_at) - LEAD_S


def make_timeline(
    incident: Incident, events: Iterable[Dated], services: frozenset[str], now: float, *, everything: bool = False
) -> Timeline:
    """What was of an incident, or all that was decided meanwhile; `services` are those of its components as well.

    `events` are oldest first; now is a Unix time, in seconds. What is written of it after its end belongs to it too.
    """
    begins_at, ends_at = begin_timeline(incident), incident.resolved_at or now
    events = [(sequence, event) for sequence, event in events if event.at >= begins_at]
    mitigations = _find_mitigations(incident, events)
    moments = []
    for sequence, event in events:
        own = _is_own(event, incident, mitigations, services)
        is_meanwhile = event.at <= ends_at
        if (own and (is_meanwhile or isinstance(event, IncidentEvent))) or (everything and is_meanwhile):
            moments.append(Moment(sequence, event, own))
    return _cut(moments)


def _cut(moments: Sequence[Moment]) -> Timeline:
    """The beginning and the end say most."""
    if len(moments) <= MOMENTS_MAX:
        return Timeline(tuple(moments))
    half = MOMENTS_MAX // 2
    return Timeline((*moments[:half], *moments[-half:]), len(moments) - 2 * half)


def _find_mitigations(incident: Incident, events: Iterable[Dated]) -> frozenset[MitigationId]:
    started = (event.mitigation for _, event in events if isinstance(event, MitigationStarted))
    return frozenset((*incident.mitigations, *(each.id for each in started if belongs_to(each, incident))))


def _is_own(  # noqa: PLR0911 - one for each kind of event
    event: Event, incident: Incident, mitigations: frozenset[MitigationId], services: frozenset[str]
) -> bool:
    if isinstance(event, IncidentEvent):
        return _is_of(event, incident)
    if isinstance(event, FindingEvent):
        return event.id in incident.findings
    match event:
        case MitigationStarted(mitigation=mitigation):
            return mitigation.id in mitigations
        case MitigationAdjusted() | MitigationEnded():
            return event.id in mitigations
        case MitigationSuggested():
            return event.finding in incident.findings
        case TenantTold():
            return event.mitigation in mitigations
        case ChangeNoted():
            return not event.services or not services.isdisjoint(event.services)
        case OwnerLimitsSet():
            return event.service in services
        case _:
            return _is_of_cause(event, incident)


def _is_of(event: IncidentEvent, incident: Incident) -> bool:
    match event:
        case FollowUpSet(follow_up=follow_up):
            return follow_up.incident == incident.id
        case MaintenanceSet():
            return False
        case IncidentOpened() | IncidentChanged():
            return event.incident.id == incident.id
        case _:
            return event.id == incident.id


def _is_of_cause(event: Event, incident: Incident) -> bool:
    """Whether it is of the revision that was taken back, or of the part of Holdfast that was switched off."""
    match event:
        case ComponentSwitched():
            return incident.alert is not None and incident.alert.startswith(f"{SWITCHED_OFF}{event.component}:")
        case RevisionProposed(revision=revision):
            return revision.number == incident.revision
        case RevisionRefused() | RevisionInForce():
            return event.number == incident.revision
        case _:
            return isinstance(event, RolloutEvent) and getattr(event, "number", None) == incident.revision
