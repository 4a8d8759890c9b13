"""Announced work: made, changed, begun, ended, cancelled."""

from dataclasses import fields
from typing import Any, Final

from pydantic import ValidationError

from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.incident_command import SetMaintenance
from holdfast.engine.known_incidents import check_public_places
from holdfast.engine.maxima import (
    MAINTENANCE_AHEAD_S_MAX,
    MAINTENANCE_S_MAX,
    MAINTENANCE_S_MIN,
    MAINTENANCES_OPEN_MAX,
)
from holdfast.engine.reason import check_reason
from holdfast.engine.words import check_text
from holdfast.model.incident import POST_CHARACTERS_MAX
from holdfast.model.incident_event import MaintenanceSet
from holdfast.model.maintenance import Maintenance, MaintenancePhase
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State

_ASKED = tuple(field.name for field in fields(SetMaintenance) if field.name not in {"author", "id", "why"})


def set_maintenance(state: State, command: SetMaintenance, facts: Facts) -> Decision:
    """Announce work, or change what was announced."""
    before = None if command.id is None else state.maintenances.get(command.id)
    refusal = (
        _check_known(state, command, before)
        or (check_reason(command.title) if command.title is not None else None)
        or (check_text(command.text, "a text", POST_CHARACTERS_MAX) if command.text else None)
        or check_public_places(command.components or (), command.regions or (), facts)
    )
    if refusal:
        return refusal
    wanted = {name: value for name in _ASKED if (value := getattr(command, name)) is not None}
    if before is not None:
        wanted |= _keep_time(before, command.phase, facts.now)
    made = _make(state, before, wanted, facts.now)
    if isinstance(made, Refusal):
        return made
    if made == before:
        return Refusal(RefusalCode.UNCHANGED, f"maintenance {made.id} is so already")
    return (MaintenanceSet(at=facts.now, author=command.author, maintenance=made, why=command.why.strip()),)


def _check_known(state: State, command: SetMaintenance, before: Maintenance | None) -> Refusal | None:
    if before is None and command.id is not None:
        return Refusal(RefusalCode.MAINTENANCE_UNKNOWN, f"there is no maintenance {command.id}")
    if before is not None and before.is_over:
        return Refusal(RefusalCode.MAINTENANCE_OVER, f"maintenance {before.id} is {before.phase}: announce another")
    if before is None and sum(not each.is_over for each in state.maintenances.values()) >= MAINTENANCES_OPEN_MAX:
        message = f"{MAINTENANCES_OPEN_MAX} maintenance windows are announced, which is the most"
        return Refusal(RefusalCode.MAINTENANCES_FULL, message)
    instead = _INSTEAD.get((before.phase, command.phase)) if before and command.phase else None
    if instead is not None:
        return Refusal(RefusalCode.MAINTENANCE_MALFORMED, f"maintenance {command.id} {instead}")
    return None


_INSTEAD: Final = {
    (MaintenancePhase.SCHEDULED, MaintenancePhase.COMPLETED): "hasn't begun: cancel it",
    (MaintenancePhase.IN_PROGRESS, MaintenancePhase.CANCELLED): "is in progress: end it",
    (MaintenancePhase.IN_PROGRESS, MaintenancePhase.SCHEDULED): "is in progress: end it, and announce another",
}


def _keep_time(before: Maintenance, phase: MaintenancePhase | None, now: float) -> dict[str, float]:
    """What begins or ends ahead of its time does so now: what is muted and counted apart is no more than what was."""
    if phase is MaintenancePhase.IN_PROGRESS and now < before.begins_at:
        return {"begins_at": now}
    if phase is MaintenancePhase.COMPLETED and now < before.ends_at:
        return {"ends_at": max(now, before.begins_at + MAINTENANCE_S_MIN)}
    return {}


def _make(state: State, before: Maintenance | None, wanted: dict[str, Any], now: float) -> Maintenance | Refusal:
    if before is None:
        wanted = {"id": f"w-{state.maintenance_next}", "announced_at": now, **wanted}
    else:
        wanted = {**before.model_dump(), **wanted}
    try:
        made = Maintenance.model_validate(wanted)
    except ValidationError as error:
        named = sorted({str(each["loc"][0]) for each in error.errors()})
        message = f"a maintenance needs a title, a beginning and an end; wrong or missing: {', '.join(named)}"
        return Refusal(RefusalCode.MAINTENANCE_MALFORMED, message)
    return _check_times(made, before, now) or made


def _check_times(made: Maintenance, before: Maintenance | None, now: float) -> Refusal | None:
    lasts_s = made.ends_at - made.begins_at
    if not 0 < lasts_s <= MAINTENANCE_S_MAX:
        message = f"it must end after it begins, and within {MAINTENANCE_S_MAX / 86_400:.0f} days"
        return Refusal(RefusalCode.MAINTENANCE_MALFORMED, message)
    is_moved = before is None or (made.begins_at, made.ends_at) != (before.begins_at, before.ends_at)
    if is_moved and made.phase is MaintenancePhase.SCHEDULED and made.ends_at <= now:
        return Refusal(RefusalCode.MAINTENANCE_MALFORMED, "it would be over already")
    if made.begins_at > now + MAINTENANCE_AHEAD_S_MAX:
        message = f"it begins more than {MAINTENANCE_AHEAD_S_MAX / 86_400:.0f} days from now"
        return Refusal(RefusalCode.MAINTENANCE_MALFORMED, message)
    return None
