"""Revisions: proposed, proved or refused, in force, rolled back."""

from holdfast.engine.command import CanaryAnswered, ProposeRevision, Rollback
from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.owners import reset_owner_limits
from holdfast.engine.reason import check_reason
from holdfast.model.event import Event, OwnerLimitsSet, RevisionInForce, RevisionProposed, RevisionRefused
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.revision import Revision, RevisionNumber
from holdfast.model.state import RevisionEntry, State


def propose(state: State, command: ProposeRevision, facts: Facts) -> Decision:
    """Put a checked file to proof, in place of any other that is being proved."""
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


def roll_back(state: State, command: Rollback, facts: Facts) -> Decision:
    """Put an older revision's file to proof."""
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


def answer(state: State, command: CanaryAnswered, facts: Facts) -> Decision:
    """Put a proved revision in force, and end owners' choices that can't hold in it; or refuse it."""
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
