"""What people say they changed: noted, and nothing follows from it."""

from holdfast.engine.command import NoteChange
from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.maxima import NOTED_SERVICES_MAX
from holdfast.engine.reason import check_reason
from holdfast.model.day import format_span
from holdfast.model.event import ChangeNoted
from holdfast.model.note import DRILL_S, DRILL_S_MAX, NoteKind
from holdfast.model.refusal import Refusal, RefusalCode


def note_change(command: NoteChange, facts: Facts) -> Decision:
    """Note a change of services that there are."""
    if refusal := check_reason(command.why) or _check_span(command):
        return refusal
    services = tuple(dict.fromkeys(command.services))
    if len(services) > NOTED_SERVICES_MAX:
        return Refusal(RefusalCode.NOTE_TOO_WIDE, f"name {NOTED_SERVICES_MAX} services at most, or none for all")
    known = facts.platform.tenants if facts.platform else {}
    stranger = next((name for name in services if name not in known), None)
    if stranger is not None:
        return Refusal(RefusalCode.SERVICE_UNKNOWN, f"the platform in force has no service {stranger}")
    begins_drill = command.kind is NoteKind.DRILL and command.ends is None
    noted = ChangeNoted(
        at=facts.now,
        author=command.author,
        kind=command.kind,
        services=services,
        why=command.why.strip(),
        until=facts.now + (command.lasts_s or DRILL_S) if begins_drill else None,
        ends=command.ends,
    )
    return (noted,)


def _check_span(command: NoteChange) -> Refusal | None:
    if command.lasts_s is None:
        return None
    if command.kind is NoteKind.DRILL and 0 < command.lasts_s <= DRILL_S_MAX:
        return None
    longest = format_span(DRILL_S_MAX)
    return Refusal(RefusalCode.DURATION_OUT_OF_BOUNDS, f"a drill may last up to {longest}, and only a drill lasts")
