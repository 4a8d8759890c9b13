"""What protects, and what it is for, event by event: mitigations, findings, who was told, what is switched on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar, assert_never

from holdfast.engine.evolve_incidents import evolve_incidents
from holdfast.engine.maxima import CLOSED_KEPT_MAX, ENDED_KEPT_MAX, TOLD_KEPT_MAX
from holdfast.model.event import (
    ChangeNoted,
    ComponentSwitched,
    FindingClosed,
    FindingEvent,
    FindingOpened,
    FindingUpdated,
    MitigationAdjusted,
    MitigationEnded,
    MitigationEvent,
    MitigationStarted,
    MitigationSuggested,
    ProtectiveEvent,
    TenantTold,
)
from holdfast.model.finding import FindingId
from holdfast.model.incident_event import IncidentEvent
from holdfast.model.mitigation import MitigationId
from holdfast.model.state import ClosedFinding, ComponentState, EndedMitigation, State, Suggestion, Telling

K = TypeVar("K")
V = TypeVar("V")


def evolve_protection(state: State, event: ProtectiveEvent) -> State:  # noqa: PLR0911 - one for each event
    """The state after an event that takes effect before it is recorded; it touches nothing that other events do."""
    if isinstance(event, MitigationEvent):
        return _evolve_mitigations(state, event)
    if isinstance(event, FindingEvent):
        return _evolve_findings(state, event)
    if isinstance(event, IncidentEvent):
        return evolve_incidents(state, event)
    match event:
        case MitigationSuggested():
            return _suggest(state, event)
        case TenantTold():
            telling = Telling(event.tenant, event.mitigation, event.contact, event.at, event.error)
            return replace(state, told=(*state.told, telling)[-TOLD_KEPT_MAX:])
        case ComponentSwitched():
            switched = ComponentState(event.on, event.component_version, event.at, event.author, event.why)
            return replace(state, components={**state.components, event.component: switched})
        case ChangeNoted():
            return state
    assert_never(event)


def without(mapping: Mapping[K, V], gone: K | None) -> dict[K, V]:
    """The same mapping but for one key, if it has it."""
    return {key: value for key, value in mapping.items() if key != gone}


def _evolve_mitigations(state: State, event: MitigationEvent) -> State:
    match event:
        case MitigationStarted():
            return _start(state, event)
        case MitigationAdjusted():
            return _adjust(state, event)
        case MitigationEnded():
            return _end(state, event)


def _start(state: State, event: MitigationStarted) -> State:
    mitigation = event.mitigation
    return replace(
        state,
        mitigations={**state.mitigations, mitigation.id: mitigation},
        mitigation_next=max(state.mitigation_next, _number(mitigation.id) + 1),
        suggestions=without(state.suggestions, mitigation.finding),
    )


def _adjust(state: State, event: MitigationAdjusted) -> State:
    changes = {"measure": event.measure, "edges": event.edges, "expires_at": event.expires_at}
    adjusted = state.mitigations[event.id].model_copy(update=changes)
    return replace(state, mitigations={**state.mitigations, event.id: adjusted})


def _end(state: State, event: MitigationEnded) -> State:
    ended = EndedMitigation(state.mitigations[event.id], event.at, event.author, event.why)
    mitigations = without(state.mitigations, event.id)
    return replace(state, mitigations=mitigations, ended=(*state.ended, ended)[-ENDED_KEPT_MAX:])


def _evolve_findings(state: State, event: FindingEvent) -> State:
    match event:
        case FindingOpened() | FindingUpdated():
            finding_next = max(state.finding_next, _number(event.id) + 1)
            return replace(state, findings={**state.findings, event.id: event.finding}, finding_next=finding_next)
        case FindingClosed():
            return _close(state, event)


def _close(state: State, event: FindingClosed) -> State:
    closed = ClosedFinding(event.id, state.findings[event.id], event.at, event.author, event.why)
    return replace(
        state,
        findings=without(state.findings, event.id),
        closed=(*state.closed, closed)[-CLOSED_KEPT_MAX:],
        suggestions=without(state.suggestions, event.id),
    )


def _suggest(state: State, event: MitigationSuggested) -> State:
    suggestion = Suggestion(event.finding, event.measure, event.edges, event.for_s, event.reason, event.at)
    return replace(state, suggestions={**state.suggestions, event.finding: suggestion})


def _number(id_: MitigationId | FindingId) -> int:
    return int(id_.partition("-")[2])
