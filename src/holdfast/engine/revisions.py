"""Revisions: proposed, proved or refused, in force, rolled back."""

from holdfast.engine.command import CanaryAnswered, ProposeRevision, Recompile, Rollback, RollBackRollout
from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.owners import reset_owner_limits
from holdfast.engine.reason import check_reason
from holdfast.engine.rollouts import check_freeze, take_back
from holdfast.model.event import (
    Event,
    OwnerLimitsSet,
    RevisionInForce,
    RevisionProposed,
    RevisionRefused,
    RolloutBegan,
)
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.revision import Revision, RevisionNumber, RevisionStatus
from holdfast.model.state import RevisionEntry, State


def propose(state: State, command: ProposeRevision, facts: Facts) -> Decision:
    """Put a checked file to proof, in place of any other that is being proved."""
    if command.reason and (refusal := check_reason(command.reason)):
        return refusal
    if refusal := check_under_way(state) or check_freeze(state, facts.now) or _check_change(state, command.content):
        return refusal
    if refusal := _check_base(state, command.onto):
        return refusal
    revision = Revision(
        number=state.revision_next,
        content=command.content,
        author=command.author,
        reason=command.reason.strip(),
        proposed_at=facts.now,
        file=command.file,
        commit=command.commit,
        at_once=command.at_once,
        confirmed=command.confirmed,
    )
    return _put_to_proof(state, revision)


def roll_back(state: State, command: Rollback, facts: Facts) -> Decision:
    """Put an older revision's file to proof; or end a rollout, where it is back to what that began from."""
    if command.reason and (refusal := check_reason(command.reason)):
        return refusal
    rollout = state.rollout
    if rollout is not None and command.to in {None, rollout.base}:
        why = command.reason.strip() or "rolled back"
        return take_back(state, rollout, RollBackRollout(command.author, why), facts)
    if refusal := check_under_way(state):
        return refusal
    found = _find_rollback(state, command.to)
    if isinstance(found, Refusal):
        return found
    if refusal := _check_change(state, found.revision.content):
        return refusal
    revision = Revision(
        number=state.revision_next,
        content=found.revision.content,
        author=command.author,
        reason=command.reason.strip(),
        proposed_at=facts.now,
        rollback_of=found.revision.number,
        file=found.revision.file,
        commit=found.revision.commit,
    )
    return _put_to_proof(state, revision)


def recompile(state: State, command: Recompile, facts: Facts) -> Decision:
    """Put the revision in force to proof again, as this version compiles it. A freeze doesn't hold it up: it waits."""
    if state.in_force is None:
        return Refusal(RefusalCode.NOTHING_IN_FORCE, "no revision is in force yet")
    if state.rollout is not None or state.proving is not None:
        return Refusal(RefusalCode.ROLLOUT_UNDER_WAY, "another revision is on its way")
    old = state.revisions[state.in_force].revision
    revision = old.model_copy(
        update={
            "number": state.revision_next,
            "author": command.author,
            "reason": command.reason,
            "proposed_at": facts.now,
            "rollback_of": None,
            "recompiles": old.number,
            "at_once": False,
        }
    )
    return _put_to_proof(state, revision)


def answer(state: State, command: CanaryAnswered, facts: Facts) -> Decision:
    """Put a proved revision in force, and end owners' choices that can't hold in it; or refuse it."""
    if state.proving != command.number:
        return Refusal(RefusalCode.NOT_PROVING, f"revision {command.number} is not being proved")
    if command.platform is None:
        return (RevisionRefused(at=facts.now, author=command.author, number=command.number, why=command.why),)
    settled = dict(command.settled)
    if command.waves and not _goes_at_once(state, command.number):
        began = RolloutBegan(
            at=facts.now,
            author=command.author,
            number=command.number,
            cohorts=command.cohorts,
            waves=command.waves,
            settled=settled,
        )
        return (began,)
    in_force = RevisionInForce(at=facts.now, author=command.author, number=command.number, settled=settled)
    resets = reset_owner_limits(state.owner_limits, facts.platform, command.platform)
    return (
        in_force,
        *(OwnerLimitsSet(at=facts.now, author=command.author, service=s, limits=None, why=why) for s, why in resets),
    )


def _goes_at_once(state: State, number: RevisionNumber) -> bool:
    """The first of all; what somebody wanted so; and the way back to what was everywhere before."""
    revision = state.revisions[number].revision
    old = state.revisions.get(revision.rollback_of) if revision.rollback_of is not None else None
    was_in_force = old is not None and old.status is RevisionStatus.SUPERSEDED
    return state.in_force is None or revision.at_once or was_in_force


def check_under_way(state: State) -> Refusal | None:
    """Whether another revision is on its way, so that none can begin."""
    rollout = state.rollout
    if rollout is None:
        return None
    where = f"wave {rollout.wave + 1} of {len(rollout.waves)}"
    message = f"revision {rollout.number} is rolling out ({where}): wait for it, promote it, or roll it back first"
    return Refusal(RefusalCode.ROLLOUT_UNDER_WAY, message)


def _check_base(state: State, onto: RevisionNumber | None) -> Refusal | None:
    """Who may change a part only must have seen all the rest, as it is: else the change would take that back."""
    if onto is None or (state.in_force == onto and state.proving is None):
        return None
    message = f"revision {state.proving or state.in_force} came in between: begin again from what is in force"
    return Refusal(RefusalCode.OVERTAKEN, message)


def _check_change(state: State, content: str) -> Refusal | None:
    if state.proving is not None:
        if state.revisions[state.proving].revision.content == content:
            return Refusal(RefusalCode.ALREADY_PROVING, f"revision {state.proving} is this file; it is being proved")
        return None
    if state.in_force is not None and state.revisions[state.in_force].revision.content == content:
        return Refusal(RefusalCode.UNCHANGED, f"revision {state.in_force}, which is in force, is this file already")
    return None


def _find_rollback(state: State, to: RevisionNumber | None) -> RevisionEntry | Refusal:
    if to is None and state.before is None:
        return Refusal(RefusalCode.NOTHING_TO_ROLL_BACK_TO, "no other revision was in force before this one")
    number = state.before if to is None else to
    entry = state.revisions.get(number) if number is not None else None
    return entry or Refusal(RefusalCode.REVISION_UNKNOWN, f"revision {number} is not among those remembered")


def _put_to_proof(state: State, revision: Revision) -> tuple[Event, ...]:
    at, author = revision.proposed_at, revision.author
    proposed = RevisionProposed(at=at, author=author, revision=revision)
    if state.proving is None:
        return (proposed,)
    why = f"overtaken by revision {revision.number}"
    return RevisionRefused(at=at, author=author, number=state.proving, why=why), proposed
