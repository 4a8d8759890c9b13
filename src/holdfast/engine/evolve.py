"""Events into states. Every event ever journalled is folded here again when control starts."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from typing import assert_never

from holdfast.engine.evolve_protection import evolve_protection, without
from holdfast.engine.maxima import REVISIONS_KEPT_MAX
from holdfast.model.event import (
    Event,
    OwnerLimitsSet,
    ProtectiveEvent,
    RevisionInForce,
    RevisionProposed,
    RevisionRefused,
)
from holdfast.model.revision import RevisionNumber, RevisionStatus
from holdfast.model.state import RevisionEntry, State


def evolve(state: State, event: Event) -> State:
    """The state after an event."""
    if isinstance(event, ProtectiveEvent):
        return evolve_protection(state, event)
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
    revisions = _forget_oldest({**state.revisions, number: entry}, (state.in_force, state.before))
    return replace(state, revisions=revisions, proving=number, revision_next=number + 1)


def _refuse(state: State, event: RevisionRefused) -> State:
    revisions = _set_status(state.revisions, event.number, RevisionStatus.REFUSED, event.at, event.why)
    return replace(state, revisions=revisions, proving=None)


def _put_in_force(state: State, event: RevisionInForce) -> State:
    revisions = _set_status(state.revisions, event.number, RevisionStatus.IN_FORCE, event.at)
    if state.in_force is not None:
        revisions = _set_status(revisions, state.in_force, RevisionStatus.SUPERSEDED, event.at)
    return replace(
        state,
        revisions=revisions,
        in_force=event.number,
        before=state.in_force,
        proving=None,
        settled=dict(event.settled),
    )


def _set_owner_limits(state: State, event: OwnerLimitsSet) -> State:
    if event.limits is None:
        return replace(state, owner_limits=without(state.owner_limits, event.service))
    return replace(state, owner_limits={**state.owner_limits, event.service: event.limits})


def _set_status(
    revisions: Mapping[RevisionNumber, RevisionEntry],
    number: RevisionNumber,
    status: RevisionStatus,
    since: float,
    why: str = "",
) -> dict[RevisionNumber, RevisionEntry]:
    entry = replace(revisions[number], status=status, since=since, why=why)
    return {**revisions, number: entry}


def _forget_oldest(
    revisions: dict[RevisionNumber, RevisionEntry], kept: tuple[RevisionNumber | None, ...]
) -> dict[RevisionNumber, RevisionEntry]:
    surplus = len(revisions) - REVISIONS_KEPT_MAX
    oldest = [number for number in revisions if number not in kept][: max(0, surplus)]
    return {number: entry for number, entry in revisions.items() if number not in oldest}
