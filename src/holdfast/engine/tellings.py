"""What tenants were told of what was done to their services."""

from holdfast.engine.command import NoteTenantTold
from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.model.event import TenantTold
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State


def note_told(state: State, command: NoteTenantTold, facts: Facts) -> Decision:
    """Note that somebody was told of a mitigation that was begun, be it over or not."""
    if int(command.mitigation.removeprefix("m-")) >= state.mitigation_next:
        return Refusal(RefusalCode.MITIGATION_UNKNOWN, f"there is no mitigation {command.mitigation}")
    return (
        TenantTold(
            at=facts.now,
            author=command.author,
            tenant=command.tenant,
            mitigation=command.mitigation,
            contact=command.contact,
            error=command.error,
        ),
    )
