"""Events into states. Every event ever journalled is folded here again when control starts."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import assert_never

from holdfast.engine.entries import forget_oldest, set_status
from holdfast.engine.evolve_protection import evolve_protection, without
from holdfast.engine.evolve_rollout import evolve_rollout
from holdfast.model.event import (
    Event,
    OwnerLimitsSet,
    ProtectiveEvent,
    RevisionInForce,
    RevisionProposed,
    RevisionRefused,
    RolloutEvent,
)
from holdfast.model.revision import RevisionNumber, RevisionStatus
from holdfast.model.state import RevisionEntry, State


def evolve(state: State, event: Event) -> State:
    """The state after an event."""
    if isinstance(event, ProtectiveEvent):
        return evolve_protection(state, event)
    if isinstance(event, RolloutEvent):
        return evolve_rollout(state, event)
    match event:
        case RevisionProposed():
            return _propose(state, event)
        case RevisionRefused():
            return _refuse(state, event)
        case RevisionInForce():
            return _put_in_force(state, event)
        case OwnerLimitsSet():
            return _set_owner_limits(state, event)
    assert_never(event)


def replay(events: Iterable[Event]) -> State:
    """The state that a journal's events add up to."""
    return reduce(evolve, events, State())


def _propose(state: State, event: RevisionProposed) -> State:
    number = event.revision.number
    entry = RevisionEntry(event.revision, RevisionStatus.PROVING, event.at)
    revisions = forget_oldest({**state.revisions, number: entry}, (state.in_force, state.before))
    return replace(state, revisions=revisions, proving=number, revision_next=number + 1)


def _refuse(state: State, event: RevisionRefused) -> State:
    revisions = set_status(state.revisions, event.number, RevisionStatus.REFUSED, event.at, event.why)
    return replace(state, revisions=revisions, proving=None)


def _put_in_force(state: State, event: RevisionInForce) -> State:
    revisions = set_status(state.revisions, event.number, RevisionStatus.IN_FORCE, event.at)
    if state.in_force is not None:
        revisions = set_status(revisions, state.in_force, RevisionStatus.SUPERSEDED, event.at)
    return replace(
        state,
        revisions=revisions,
        in_force=event.number,
        before=state.before if _is_recompiled(state, event.number) else state.in_force,
        proving=None,
        rollout=None,
        settled=dict(event.settled),
    )


def _is_recompiled(state: State, number: RevisionNumber) -> bool:
    """Whether this is the revision in force, compiled anew: going back means the one before both."""
    return state.in_force is not None and state.revisions[number].revision.recompiles == state.in_force


def _set_owner_limits(state: State, event: OwnerLimitsSet) -> State:
    if event.limits is None:
        return replace(state, owner_limits=without(state.owner_limits, event.service))
    return replace(state, owner_limits={**state.owner_limits, event.service: event.limits})
