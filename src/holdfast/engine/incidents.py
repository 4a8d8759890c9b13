"""Whether an incident may be opened, changed, acknowledged; and what is noted of it."""

from dataclasses import fields
from typing import Any, assert_never

from holdfast.engine.decision import Decision
from holdfast.engine.facts import Facts
from holdfast.engine.follow_ups import set_follow_up
from holdfast.engine.incident_command import (
    AcknowledgeIncident,
    ChangeIncident,
    DiscardPost,
    DraftPost,
    Incidents,
    NoteIncident,
    NotePage,
    OpenIncident,
    PublishPost,
    SetFollowUp,
    SetMaintenance,
)
from holdfast.engine.known_incidents import check_public_places, find_incident
from holdfast.engine.maintenances import set_maintenance
from holdfast.engine.maxima import INCIDENTS_OPEN_MAX, NOTE_CHARACTERS_MAX
from holdfast.engine.posts import discard_post, draft_post, publish_post
from holdfast.engine.reason import check_reason
from holdfast.engine.words import check_text
from holdfast.model.incident import TITLE_CHARACTERS_MAX, Incident, Occasion, Page, Phase
from holdfast.model.incident_event import (
    IncidentAcknowledged,
    IncidentChanged,
    IncidentNoted,
    IncidentOpened,
    PersonPaged,
)
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State
from holdfast.model.token import SYSTEM

_CHANGING = tuple(field.name for field in fields(ChangeIncident) if field.name not in {"author", "id", "why", "leads"})
_LED = ("phase", "impact")
"""Whoever sets one of these leads from then on."""


def decide_incident(  # noqa: C901, PLR0911 - one for each command
    state: State, command: Incidents, facts: Facts
) -> Decision:
    """What follows from a command about incidents or announced work."""
    match command:
        case OpenIncident():
            return _open(state, command, facts)
        case ChangeIncident():
            return _change(state, command, facts)
        case AcknowledgeIncident():
            return _acknowledge(state, command, facts)
        case NoteIncident():
            return _note(state, command, facts)
        case NotePage():
            return _note_page(state, command, facts)
        case DraftPost():
            return draft_post(state, command, facts)
        case PublishPost():
            return publish_post(state, command, facts)
        case DiscardPost():
            return discard_post(state, command, facts)
        case SetFollowUp():
            return set_follow_up(state, command, facts)
        case SetMaintenance():
            return set_maintenance(state, command, facts)
    assert_never(command)


def _open(state: State, command: OpenIncident, facts: Facts) -> Decision:
    refusal = (
        _check_title(command.title)
        or _check_title(command.public_title)
        or check_public_places(command.components, command.regions, facts)
        or _check_room(state)
    )
    if refusal:
        return refusal
    incident = Incident(
        id=f"i-{state.incident_next}",
        title=command.title.strip(),
        public_title=command.public_title.strip(),
        occasion=command.occasion,
        impact=command.impact,
        began_at=facts.now if command.began_at is None else min(command.began_at, facts.now),
        opened_at=facts.now,
        components=command.components,
        regions=command.regions,
        services=command.services,
        findings=command.findings,
        mitigations=command.mitigations,
        revision=command.revision,
        alert=command.alert,
        drill=command.drill,
        led_by=command.author if command.occasion is Occasion.PERSON and command.author != SYSTEM else None,
    )
    return (IncidentOpened(at=facts.now, author=command.author, incident=incident),)


def _change(state: State, command: ChangeIncident, facts: Facts) -> Decision:
    record = find_incident(state, command.id)
    if isinstance(record, Refusal):
        return record
    incident = record.incident
    refusal = (
        check_reason(command.why)
        or (None if command.title is None else _check_title(command.title))
        or (None if command.public_title is None else _check_title(command.public_title))
        or check_public_places(command.components or (), command.regions or (), facts)
        or (None if incident.is_open else _check_reopening(state, command))
    )
    if refusal:
        return refusal
    wanted = _list_changes(incident, command, facts.now) | _reopen(incident, command, facts.now)
    changed = incident.model_copy(update=wanted)
    if changed == incident:
        return Refusal(RefusalCode.UNCHANGED, f"incident {incident.id} is so already")
    if not wanted.keys().isdisjoint(_LED) and command.leads and command.author != SYSTEM:
        changed = changed.model_copy(update={"led_by": command.author})
    return (IncidentChanged(at=facts.now, author=command.author, incident=changed, why=command.why.strip()),)


def _list_changes(incident: Incident, command: ChangeIncident, now: float) -> dict[str, Any]:
    wanted = {name: value for name in _CHANGING if (value := getattr(command, name)) is not None}
    if "phase" in wanted and wanted["phase"] is not incident.phase:
        wanted["resolved_at"] = now if wanted["phase"] is Phase.RESOLVED else None
    return wanted


def _reopen(incident: Incident, command: ChangeIncident, now: float) -> dict[str, Any]:
    """Who worked on it before doesn't any more, unless they open it again themselves."""
    if incident.is_open:
        return {}
    if incident.acknowledged_by == command.author:
        return {"acknowledged_at": now}
    return {"acknowledged_by": None, "acknowledged_at": None, "reopened_at": now}


def _check_reopening(state: State, command: ChangeIncident) -> Refusal | None:
    if command.phase in (None, Phase.RESOLVED):
        message = f"incident {command.id} is resolved: reopen it, or open another"
        return Refusal(RefusalCode.INCIDENT_RESOLVED, message)
    return _check_room(state)


def _acknowledge(state: State, command: AcknowledgeIncident, facts: Facts) -> Decision:
    record = find_incident(state, command.id, must_be_open=True)
    if isinstance(record, Refusal):
        return record
    if record.incident.acknowledged_by is not None:
        message = f"{record.incident.acknowledged_by} acknowledged {command.id} already"
        return Refusal(RefusalCode.INCIDENT_ACKNOWLEDGED, message)
    return (IncidentAcknowledged(at=facts.now, author=command.author, id=command.id),)


def _note(state: State, command: NoteIncident, facts: Facts) -> Decision:
    record = find_incident(state, command.id)
    if isinstance(record, Refusal):
        return record
    if refusal := check_text(command.text, "a note", NOTE_CHARACTERS_MAX):
        return refusal
    return (IncidentNoted(at=facts.now, author=command.author, id=command.id, text=command.text.strip()),)


def _note_page(state: State, command: NotePage, facts: Facts) -> Decision:
    record = find_incident(state, command.id)
    if isinstance(record, Refusal):
        return record
    page = Page(at=facts.now, person=command.person, channel=command.channel, step=command.step, error=command.error)
    return (PersonPaged(at=facts.now, author=command.author, id=command.id, page=page),)


def _check_room(state: State) -> Refusal | None:
    if sum(record.incident.is_open for record in state.incidents.values()) < INCIDENTS_OPEN_MAX:
        return None
    message = f"{INCIDENTS_OPEN_MAX} incidents are open, which is the most: resolve some"
    return Refusal(RefusalCode.INCIDENTS_FULL, message)


def _check_title(title: str) -> Refusal | None:
    text = title.strip()
    if text and len(text) <= TITLE_CHARACTERS_MAX and text.isprintable():
        return None
    message = f"give a title: one line of 1 to {TITLE_CHARACTERS_MAX} printable characters"
    return Refusal(RefusalCode.TEXT_MALFORMED, message)
