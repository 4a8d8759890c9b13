"""Commands into events: the one place where it is decided whether something may happen."""

from typing import assert_never

from holdfast.engine.command import (
    CanaryAnswered,
    Command,
    EndMitigation,
    Mitigate,
    ProposeRevision,
    Rollback,
    SetOwnerLimits,
    Tick,
)
from holdfast.engine.facts import Facts
from holdfast.engine.mitigations import check_measure, check_reason, check_room
from holdfast.engine.owners import check_owner_limits, reset_owner_limits
from holdfast.model.event import (
    Event,
    MitigationEnded,
    MitigationStarted,
    OwnerLimitsSet,
    RevisionInForce,
    RevisionProposed,
    RevisionRefused,
)
from holdfast.model.mitigation import Mitigation
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.revision import Revision, RevisionNumber
from holdfast.model.state import RevisionEntry, State

Decision = tuple[Event, ...] | Refusal
"""What is to be recorded, in order; or why nothing is."""


def decide(state: State, command: Command, facts: Facts) -> Decision:  # noqa: PLR0911 - one for each command
    """What follows from a command in this state; never raises for what a person may ask."""
    match command:
        case ProposeRevision():
            return _propose(state, command, facts)
        case Rollback():
            return _roll_back(state, command, facts)
        case CanaryAnswered():
            return _answer(state, command, facts)
        case Mitigate():
            return _mitigate(state, command, facts)
        case EndMitigation():
            return _end(state, command, facts)
        case SetOwnerLimits():
            return _set_owner_limits(state, command, facts)
        case Tick():
            return _tick(state, command, facts)
    assert_never(command)


def _propose(state: State, command: ProposeRevision, facts: Facts) -> Decision:
    if command.reason and (refusal := check_reason(command.reason)):
        return refusal
    if refusal := _check_change(state, command.content):
        return refusal
    revision = Revision(
        number=state.revision_next,
        content=command.content,
        author=command.author,
        reason=command.reason.strip(),
        proposed_at=facts.now,
        file=command.file,
    )
    return _put_to_proof(state, revision)


def _roll_back(state: State, command: Rollback, facts: Facts) -> Decision:
    if command.reason and (refusal := check_reason(command.reason)):
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
    )
    return _put_to_proof(state, revision)


def _answer(state: State, command: CanaryAnswered, facts: Facts) -> Decision:
    if state.proving != command.number:
        return Refusal(RefusalCode.NOT_PROVING, f"revision {command.number} is not being proved")
    if command.platform is None:
        return (RevisionRefused(at=facts.now, author=command.author, number=command.number, why=command.why),)
    settled = dict(command.settled)
    in_force = RevisionInForce(at=facts.now, author=command.author, number=command.number, settled=settled)
    resets = reset_owner_limits(state.owner_limits, facts.platform, command.platform)
    return (
        in_force,
        *(OwnerLimitsSet(at=facts.now, author=command.author, service=s, limits=None, why=why) for s, why in resets),
    )


def _mitigate(state: State, command: Mitigate, facts: Facts) -> Decision:
    refusal = (
        check_reason(command.reason)
        or check_measure(command.measure, command.for_s, facts.platform)
        or check_room(state.mitigations, command.measure)
    )
    if refusal:
        return refusal
    mitigation = Mitigation(
        id=f"m-{state.mitigation_next}",
        measure=command.measure,
        reason=command.reason.strip(),
        author=command.author,
        started_at=facts.now,
        expires_at=facts.now + command.for_s,
    )
    return (MitigationStarted(at=facts.now, author=command.author, mitigation=mitigation),)


def _end(state: State, command: EndMitigation, facts: Facts) -> Decision:
    if command.id in state.mitigations:
        return (MitigationEnded(at=facts.now, author=command.author, id=command.id, why="ended"),)
    if int(command.id.removeprefix("m-")) < state.mitigation_next:
        return Refusal(RefusalCode.MITIGATION_ENDED, f"mitigation {command.id} has already ended")
    return Refusal(RefusalCode.MITIGATION_UNKNOWN, f"there is no mitigation {command.id}")


def _set_owner_limits(state: State, command: SetOwnerLimits, facts: Facts) -> Decision:
    if refusal := check_owner_limits(command.service, command.limits, facts.platform):
        return refusal
    if state.owner_limits.get(command.service) == command.limits:
        return Refusal(RefusalCode.UNCHANGED, f"the limits of {command.service} are these already")
    return (OwnerLimitsSet(at=facts.now, author=command.author, service=command.service, limits=command.limits),)


def _tick(state: State, command: Tick, facts: Facts) -> Decision:
    expired = (m.id for m in state.mitigations.values() if m.expires_at <= facts.now)
    return tuple(MitigationEnded(at=facts.now, author=command.author, id=id_, why="expired") for id_ in expired)


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
