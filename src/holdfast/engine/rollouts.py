"""Rollouts: a revision goes on to the next wave, stands still, goes to everybody, or goes back."""

from collections.abc import Iterator
from typing import assert_never

from holdfast.engine.command import (
    AdvanceRollout,
    FreezeChanges,
    PauseRollout,
    PromoteRollout,
    ResumeRollout,
    RollBackRollout,
    Rollouts,
    ThawChanges,
)
from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts, PlatformFacts
from holdfast.engine.maxima import REASON_CHARACTERS_MAX
from holdfast.engine.owners import reset_owner_limits
from holdfast.engine.reason import check_reason
from holdfast.model.event import (
    ChangesFrozen,
    ChangesThawed,
    Event,
    OwnerLimitsSet,
    RevisionInForce,
    RevisionRolledBack,
    RolloutPaused,
    RolloutPromoted,
    RolloutResumed,
    WaveBegan,
)
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.rollout import Rollout
from holdfast.model.state import State

EVIDENCE_MAX = 20


def decide_rollout(state: State, command: Rollouts, facts: Facts) -> Decision:  # noqa: PLR0911 - one for each command
    """What follows from a command about the revision on its way, or about whether any may be."""
    match command:
        case AdvanceRollout():
            return _advance(state, command, facts)
        case PauseRollout():
            return _pause(state, command, facts)
        case ResumeRollout():
            return _resume(state, command, facts)
        case PromoteRollout():
            return _promote(state, command, facts)
        case RollBackRollout():
            return _roll_back(state, command, facts)
        case FreezeChanges():
            return _freeze(command, facts)
        case ThawChanges():
            return _thaw(state, command, facts)
    assert_never(command)


def check_freeze(state: State, now: float) -> Refusal | None:
    """Whether changes are frozen now."""
    freeze = state.freeze
    if freeze is None or (freeze.until is not None and freeze.until <= now):
        return None
    return Refusal(RefusalCode.CHANGES_FROZEN, f"changes are frozen by {freeze.author}: {freeze.why}")


def put_in_force(state: State, rollout: Rollout, author: str, facts: Facts) -> tuple[Event, ...]:
    """What ends a rollout well: the revision is in force, and owners' choices that can't hold in it are ended."""
    in_force = RevisionInForce(at=facts.now, author=author, number=rollout.number, settled=dict(rollout.settled))
    return in_force, *_reset(state, author, facts.now, (facts.base, facts.coming))


def take_back(state: State, rollout: Rollout, command: RollBackRollout, facts: Facts) -> tuple[Event, ...]:
    """What ends a rollout badly: everybody has the revision before again, and no choice that can't hold in it."""
    rolled_back = RevisionRolledBack(
        at=facts.now,
        author=command.author,
        number=rollout.number,
        wave=rollout.wave,
        why=command.why.strip()[:REASON_CHARACTERS_MAX],
        evidence=command.evidence[:EVIDENCE_MAX],
    )
    return rolled_back, *_reset(state, command.author, facts.now, (facts.platform, facts.base))


def _reset(
    state: State, author: str, now: float, change: tuple[PlatformFacts | None, PlatformFacts | None]
) -> Iterator[Event]:
    before, after = change
    for service, why in reset_owner_limits(state.owner_limits, before, after) if after else ():
        yield OwnerLimitsSet(at=now, author=author, service=service, limits=None, why=why)


def _advance(state: State, command: AdvanceRollout, facts: Facts) -> Decision:
    rollout = state.rollout
    if rollout is None or rollout.number != command.number:
        return _find_none(state)
    if rollout.wave != command.wave:
        return Refusal(RefusalCode.ROLLOUT_ELSEWHERE, f"the rollout is at wave {rollout.wave}, not {command.wave}")
    if rollout.paused:
        return Refusal(RefusalCode.ROLLOUT_ELSEWHERE, f"the rollout stands still: {rollout.paused}")
    if refusal := check_freeze(state, facts.now):
        return refusal
    if rollout.is_last:
        return put_in_force(state, rollout, command.author, facts)
    why = command.why[:REASON_CHARACTERS_MAX]
    return (WaveBegan(at=facts.now, author=command.author, number=rollout.number, wave=rollout.wave + 1, why=why),)


def _pause(state: State, command: PauseRollout, facts: Facts) -> Decision:
    if refusal := check_reason(command.reason):
        return refusal
    rollout = state.rollout
    if rollout is None:
        return _find_none(state)
    if rollout.paused:
        return Refusal(RefusalCode.UNCHANGED, f"the rollout of revision {rollout.number} stands still already")
    why = command.reason.strip()
    return (RolloutPaused(at=facts.now, author=command.author, number=rollout.number, why=why),)


def _resume(state: State, command: ResumeRollout, facts: Facts) -> Decision:
    if command.reason and (refusal := check_reason(command.reason)):
        return refusal
    rollout = state.rollout
    if rollout is None:
        return _find_none(state)
    if not rollout.paused:
        return Refusal(RefusalCode.UNCHANGED, f"the rollout of revision {rollout.number} doesn't stand still")
    why = command.reason.strip()
    return (RolloutResumed(at=facts.now, author=command.author, number=rollout.number, why=why),)


def _promote(state: State, command: PromoteRollout, facts: Facts) -> Decision:
    if refusal := check_reason(command.reason) or check_freeze(state, facts.now):
        return refusal
    rollout = state.rollout
    if rollout is None:
        return _find_none(state)
    why = command.reason.strip()
    promoted = RolloutPromoted(at=facts.now, author=command.author, number=rollout.number, why=why)
    return promoted, *put_in_force(state, rollout, command.author, facts)


def _roll_back(state: State, command: RollBackRollout, facts: Facts) -> Decision:
    rollout = state.rollout
    if rollout is None or command.number not in {None, rollout.number}:
        return _find_none(state)
    return take_back(state, rollout, command, facts)


def _freeze(command: FreezeChanges, facts: Facts) -> Decision:
    if refusal := check_reason(command.reason):
        return refusal
    if command.for_s is not None and not command.for_s > 0:
        return Refusal(RefusalCode.DURATION_OUT_OF_BOUNDS, "a freeze lasts longer than nothing")
    until = None if command.for_s is None else facts.now + command.for_s
    return (ChangesFrozen(at=facts.now, author=command.author, why=command.reason.strip(), until=until),)


def _thaw(state: State, command: ThawChanges, facts: Facts) -> Decision:
    if command.reason and (refusal := check_reason(command.reason)):
        return refusal
    if state.freeze is None:
        return Refusal(RefusalCode.NOT_FROZEN, "changes aren't frozen")
    return (ChangesThawed(at=facts.now, author=command.author, why=command.reason.strip()),)


def _find_none(state: State) -> Refusal:
    if state.rollout is None:
        return Refusal(RefusalCode.ROLLOUT_NONE, "no revision is rolling out")
    return Refusal(RefusalCode.ROLLOUT_ELSEWHERE, f"it is revision {state.rollout.number} that is rolling out")
