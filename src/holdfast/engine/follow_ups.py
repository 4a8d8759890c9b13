"""What is promised after incidents: made, changed, kept, given up."""

from dataclasses import fields
from typing import Any

from pydantic import ValidationError

from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.incident_command import SetFollowUp
from holdfast.engine.known_incidents import find_incident
from holdfast.engine.maxima import FOLLOW_UPS_OPEN_MAX
from holdfast.engine.reason import check_reason
from holdfast.model.follow_up import FollowUp
from holdfast.model.incident_event import FollowUpSet
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State

_ASKED = tuple(f.name for f in fields(SetFollowUp) if f.name not in {"author", "incident", "id", "done", "why"})
_LINES = ("text", "owner", "public_text")


def set_follow_up(state: State, command: SetFollowUp, facts: Facts) -> Decision:
    """Make a promise, or change one."""
    before = None if command.id is None else state.follow_ups.get(command.id)
    if command.id is not None and before is None:
        return Refusal(RefusalCode.FOLLOW_UP_UNKNOWN, f"there is no follow-up {command.id}")
    wanted = _list_wanted(command, facts.now)
    if before is None:
        refusal = _check_new(state, command)
        if refusal:
            return refusal
        wanted |= {"id": f"u-{state.follow_up_next}", "incident": command.incident}
    else:
        wanted = {**before.model_dump(), **wanted}
    lines = [wanted[name] for name in _LINES if wanted.get(name) is not None]
    if refusal := next(filter(None, map(check_reason, lines)), None):
        return refusal
    try:
        follow_up = FollowUp.model_validate(wanted)
    except ValidationError as error:
        named = sorted({str(each["loc"][0]) for each in error.errors()})
        message = (
            f"a follow-up needs a text, an owner and a day on which it is due; wrong or missing: {', '.join(named)}"
        )
        return Refusal(RefusalCode.FOLLOW_UP_MALFORMED, message)
    if follow_up == before:
        return Refusal(RefusalCode.UNCHANGED, f"follow-up {follow_up.id} is so already")
    return (FollowUpSet(at=facts.now, author=command.author, follow_up=follow_up, why=command.why.strip()),)


def _check_new(state: State, command: SetFollowUp) -> Refusal | None:
    if command.incident is None:
        return Refusal(RefusalCode.INCIDENT_UNKNOWN, "say which incident the follow-up is of")
    found = find_incident(state, command.incident)
    if isinstance(found, Refusal):
        return found
    if sum(each.done_at is None and not each.dropped for each in state.follow_ups.values()) >= FOLLOW_UPS_OPEN_MAX:
        return Refusal(RefusalCode.FOLLOW_UPS_FULL, f"{FOLLOW_UPS_OPEN_MAX} follow-ups are open, which is the most")
    return None


def _list_wanted(command: SetFollowUp, now: float) -> dict[str, Any]:
    wanted = {name: value for name in _ASKED if (value := getattr(command, name)) is not None}
    wanted |= {name: wanted[name].strip() for name in _LINES if name in wanted}
    if command.done is not None:
        wanted["done_at"] = now if command.done else None
    return wanted
