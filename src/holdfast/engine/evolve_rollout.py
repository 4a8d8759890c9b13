"""Events of rollouts into states."""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from holdfast.engine.entries import set_status
from holdfast.model.event import (
    ChangesFrozen,
    ChangesThawed,
    RevisionRolledBack,
    RolloutBegan,
    RolloutEvent,
    RolloutPaused,
    RolloutPromoted,
    RolloutResumed,
    WaveBegan,
)
from holdfast.model.revision import RevisionStatus
from holdfast.model.rollout import Freeze, Rollout
from holdfast.model.state import State


def evolve_rollout(state: State, event: RolloutEvent) -> State:  # noqa: PLR0911 - one for each event
    """The state after something became of a revision on its way."""
    match event:
        case RolloutBegan():
            return _begin(state, event)
        case WaveBegan():
            return _change(state, lambda rollout: replace(rollout, wave=event.wave, since=event.at))
        case RolloutPaused():
            return _change(state, lambda rollout: replace(rollout, paused=event.why))
        case RolloutResumed():
            return _change(state, lambda rollout: replace(rollout, paused="", since=event.at))
        case RolloutPromoted():
            return state
        case RevisionRolledBack():
            revisions = set_status(state.revisions, event.number, RevisionStatus.ROLLED_BACK, event.at, event.why)
            return replace(state, revisions=revisions, rollout=None)
        case ChangesFrozen():
            return replace(state, freeze=Freeze(event.at, event.author, event.why, event.until))
        case ChangesThawed():
            return replace(state, freeze=None)
    assert_never(event)


def _begin(state: State, event: RolloutBegan) -> State:
    if state.in_force is None:
        raise ValueError(f"revision {event.number} rolls out, but nothing is in force that it could take over from")
    rollout = Rollout(
        number=event.number,
        base=state.in_force,
        cohorts=event.cohorts,
        waves=event.waves,
        wave=0,
        began_at=event.at,
        since=event.at,
        settled=dict(event.settled),
    )
    revisions = set_status(state.revisions, event.number, RevisionStatus.ROLLING_OUT, event.at)
    return replace(state, revisions=revisions, proving=None, rollout=rollout)


def _change(state: State, change: Callable[[Rollout], Rollout]) -> State:
    return state if state.rollout is None else replace(state, rollout=change(state.rollout))
