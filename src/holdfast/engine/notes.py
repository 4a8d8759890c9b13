"""What people say they changed: noted, and nothing follows from it."""

from holdfast.engine.command import NoteChange
from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.maxima import NOTED_SERVICES_MAX
from holdfast.engine.reason import check_reason
from holdfast.model.event import ChangeNoted
from holdfast.model.refusal import Refusal, RefusalCode


def note_change(command: NoteChange, facts: Facts) -> Decision:
    """Note a change of services that there are."""
    if refusal := check_reason(command.why):
        return refusal
    services = tuple(dict.fromkeys(command.services))
    if len(services) > NOTED_SERVICES_MAX:
        return Refusal(RefusalCode.NOTE_TOO_WIDE, f"name {NOTED_SERVICES_MAX} services at most, or none for all")
    known = facts.platform.tenants if facts.platform else {}
    stranger = next((name for name in services if name not in known), None)
    if stranger is not None:
        return Refusal(RefusalCode.SERVICE_UNKNOWN, f"the platform in force has no service {stranger}")
    return (
        ChangeNoted(at=facts.now, author=command.author, kind=command.kind, services=services, why=command.why.strip()),
    )
