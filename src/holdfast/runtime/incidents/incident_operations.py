"""What people may see of incidents and do about them, on a running control."""

import asyncio
from collections.abc import Sequence
from typing import Final

from holdfast.engine.incident_command import (
    AcknowledgeIncident,
    ChangeIncident,
    DiscardPost,
    DraftPost,
    Incidents,
    NoteIncident,
    OpenIncident,
    PublishPost,
)
from holdfast.incidents.drafting_titles import OTHERWISE, make_public_title
from holdfast.incidents.maintenance import is_muted
from holdfast.incidents.nagging import list_overdue
from holdfast.incidents.opening.phases import belongs_to, follow_course, suggest_phase
from holdfast.incidents.opening.signs import gather_signs
from holdfast.incidents.timeline import Dated, begin_timeline, make_timeline
from holdfast.model.day import find_day
from holdfast.model.incident import Incident, IncidentId, Occasion, Phase
from holdfast.model.incident_event import IncidentOpened
from holdfast.model.ports import JournalCorrupt, JournalUnavailable
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import IncidentRecord
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.opening.scene import SceneReader, forecast_nothing
from holdfast.runtime.ledger import Ledger
from holdfast.views.findings import FindingDocument, show_finding
from holdfast.views.follow_ups import show_follow_up
from holdfast.views.incidents import (
    IncidentDocument,
    IncidentRow,
    IncidentsDocument,
    TimelineDocument,
    show_moment,
    show_row,
)
from holdfast.views.incidents_wanted import IncidentChangeWanted, IncidentWanted, PostWanted, PublishWanted

RECORD_S: Final = 2.0
"""The longest that an answer waits for its record."""
FINDINGS_SHOWN_MAX: Final = 50
READ_MAX: Final = 100_000
"""Events before those that control remembers which a timeline looks up."""


class IncidentOperations:
    """Everything about incidents that the API offers. `author` is the name on the caller's token."""

    def __init__(self, control: Control, ledger: Ledger) -> None:
        self._control = control
        self._ledger = ledger
        self._scenes = SceneReader(control, forecast_nothing)

    def list_all(self, resolved_max: int) -> IncidentsDocument:
        """All open incidents, and the newest resolved ones."""
        newest = list(reversed(tuple(self._control.state.incidents.values())))
        resolved = [record for record in newest if not record.incident.is_open]
        opened = self._show_rows([record for record in newest if record.incident.is_open])
        return IncidentsDocument(
            now=self._control.world.clock(),
            open=opened,
            resolved=self._show_rows(resolved[:resolved_max]),
            left_out=max(0, len(resolved) - resolved_max),
        )

    async def show(self, id_: IncidentId) -> IncidentDocument | None:
        """One incident with all that belongs to it, if it is remembered."""
        document = self.glance(id_)
        if document is None:
            return None
        findings = await self._accuse(document.findings)
        return document.model_copy(update={"findings": findings})

    def glance(self, id_: IncidentId) -> IncidentDocument | None:
        """The same at once; suspects are named as far as they are known."""
        control, record = self._control, self._control.state.incidents.get(id_)
        if record is None:
            return None
        incident, now = record.incident, control.world.clock()
        phase, why = self._suggest(incident)
        found = {name: show_finding(control.state, name) for name in incident.findings}
        known = [document for document in found.values() if document is not None]
        return IncidentDocument(
            now=now,
            row=self._show_rows([record])[0],
            posts=record.posts,
            notes=record.notes,
            pages=record.pages,
            findings=self._ledger.accuse_some(known[:FINDINGS_SHOWN_MAX], None) + tuple(known[FINDINGS_SHOWN_MAX:]),
            forgotten=tuple(name for name, document in found.items() if document is None),
            mitigations=self._list_mitigations(incident),
            suggested=phase if phase is not incident.phase else None,
            suggested_why=why if phase is not incident.phase else "",
            follow_ups=tuple(
                show_follow_up(each, find_day(now))
                for each in control.state.follow_ups.values()
                if each.incident == incident.id
            ),
        )

    async def show_timeline(self, id_: IncidentId, *, everything: bool) -> TimelineDocument | None:
        """What the journal saw of an incident, or all that it saw meanwhile."""
        record = self._control.state.incidents.get(id_)
        if record is None:
            return None
        read = await self._read_events(begin_timeline(record.incident))
        return self._show_timeline(record.incident, read, everything=everything)

    def glance_timeline(self, id_: IncidentId) -> TimelineDocument | None:
        """The same at once, as far back as control remembers."""
        record = self._control.state.incidents.get(id_)
        if record is None:
            return None
        return self._show_timeline(record.incident, self._recall_events(begin_timeline(record.incident)))

    def _show_timeline(
        self, incident: Incident, read: tuple[list[Dated], bool], *, everything: bool = False
    ) -> TimelineDocument:
        (events, whole), now = read, self._control.world.clock()
        timeline = make_timeline(incident, events, self._find_services(incident), now, everything=everything)
        entries = tuple(show_moment(each.sequence, each.event, own=each.own) for each in timeline.moments)
        return TimelineDocument(id=incident.id, entries=entries, left_out=timeline.left_out, whole=whole)

    async def open(self, author: str, wanted: IncidentWanted) -> IncidentDocument | Refusal:
        """Open an incident; without a public title it gets one that says no more than where."""
        refusal = self._check_services(wanted.services)
        if refusal is not None:
            return refusal
        title = wanted.public_title or self._make_public_title(wanted)
        command = OpenIncident(author, occasion=Occasion.PERSON, **{**dict(wanted), "public_title": title})
        return await self._decide(command, None)

    async def change(self, author: str, id_: IncidentId, wanted: IncidentChangeWanted) -> IncidentDocument | Refusal:
        """Change what is known of an incident; resolve it, or open it again."""
        refusal = self._check_services(wanted.services or ())
        if refusal is not None:
            return refusal
        asked = dict(wanted)
        return await self._decide(ChangeIncident(author, id_, asked.pop("reason"), **asked), id_)

    async def acknowledge(self, author: str, id_: IncidentId) -> IncidentDocument | Refusal:
        """Say that one works on it."""
        return await self._decide(AcknowledgeIncident(author, id_), id_)

    async def note(self, author: str, id_: IncidentId, text: str) -> IncidentDocument | Refusal:
        """Write something down for those who work on it."""
        return await self._decide(NoteIncident(author, id_, text), id_)

    async def say(self, author: str, id_: IncidentId, wanted: PostWanted) -> IncidentDocument | Refusal:
        """Publish a public word, or write one that waits for somebody to publish it."""
        if not wanted.draft:
            return await self._decide(PublishPost(author, id_, None, wanted.phase, wanted.text), id_)
        record = self._control.state.incidents.get(id_)
        known = record.incident.phase if record else Phase.INVESTIGATING
        return await self._decide(DraftPost(author, id_, wanted.phase or known, wanted.text), id_)

    async def publish(
        self, author: str, id_: IncidentId, number: int, wanted: PublishWanted
    ) -> IncidentDocument | Refusal:
        """Publish a draft."""
        return await self._decide(PublishPost(author, id_, number, wanted.phase, wanted.text), id_)

    async def discard(self, author: str, id_: IncidentId, number: int) -> IncidentDocument | Refusal:
        """Throw a draft away."""
        return await self._decide(DiscardPost(author, id_, number), id_)

    async def _decide(self, command: Incidents, id_: IncidentId | None) -> IncidentDocument | Refusal:
        ticket = await self._control.submit(command, RECORD_S)
        if ticket.refusal is not None:
            return ticket.refusal
        opened = next((e.incident.id for e in ticket.events if isinstance(e, IncidentOpened)), id_)
        document = self.glance(opened) if opened else None
        if document is None:
            return Refusal(RefusalCode.FAILED, "what was done can't be shown")
        return document.model_copy(update={"recorded": ticket.recorded})

    def _check_services(self, services: tuple[str, ...]) -> Refusal | None:
        intent = self._control.intent
        stranger = next((name for name in services if intent is None or name not in intent.services), None)
        if stranger is None:
            return None
        return Refusal(RefusalCode.SERVICE_UNKNOWN, f"the platform in force has no service {stranger}")

    def _make_public_title(self, wanted: IncidentWanted) -> str:
        intent = self._control.intent
        return make_public_title((), wanted.components, wanted.regions, intent.platform) if intent else OTHERWISE

    def _show_rows(self, records: Sequence[IncidentRecord]) -> tuple[IncidentRow, ...]:
        control = self._control
        intent, now = control.intent, control.world.clock()
        overdue = list_overdue(control.state, intent.platform.status if intent else None, now)
        windows = tuple(control.state.maintenances.values())
        return tuple(
            show_row(
                record,
                (each.text for each in overdue if each.id == record.incident.id),
                muted=record.incident.is_open and is_muted(record.incident, windows, now),
            )
            for record in records
        )

    def _suggest(self, incident: Incident) -> tuple[Phase, str]:
        scene = self._scenes.read()
        if scene is None or not incident.is_open:
            return incident.phase, ""
        course = follow_course(incident, gather_signs(scene), scene)
        suggestion = suggest_phase(incident, course, scene)
        return (suggestion.phase, suggestion.why) if suggestion is not None else (incident.phase, "")

    def _list_mitigations(self, incident: Incident) -> tuple[str, ...]:
        state = self._control.state
        lately = (*state.mitigations.values(), *(each.mitigation for each in reversed(state.ended)))
        return tuple(each.id for each in lately if belongs_to(each, incident))

    async def _accuse(self, found: Sequence[FindingDocument]) -> tuple[FindingDocument, ...]:
        shown = [await self._ledger.accuse_one(document) for document in found[:FINDINGS_SHOWN_MAX]]
        return (*shown, *found[FINDINGS_SHOWN_MAX:])

    def _find_services(self, incident: Incident) -> frozenset[str]:
        """Its services, and those of its components."""
        intent = self._control.intent
        site = intent.platform.status if intent else None
        known = site.components if site else {}
        of_components = (known[name].services for name in incident.components if name in known)
        return frozenset(incident.services).union(*of_components)

    async def _read_events(self, begins_at: float) -> tuple[list[Dated], bool]:
        """What was decided since, oldest first; and whether that is all of it."""
        control = self._control
        remembered, is_whole = self._recall_events(begins_at)
        if is_whole:
            return remembered, True
        recent = tuple(control.recent)
        unrecorded: list[Dated] = [(None, event) for event in control.core.unrecorded]
        after = max(0, recent[0].sequence - 1 - READ_MAX)
        try:
            recorded = await asyncio.to_thread(control.world.journal.read, after)
        except (JournalUnavailable, JournalCorrupt):
            recorded, after = recent, recent[0].sequence - 1
        whole = after == 0 or recorded[0].event.at < begins_at
        return [*((each.sequence, each.event) for each in recorded), *unrecorded], whole

    def _recall_events(self, begins_at: float) -> tuple[list[Dated], bool]:
        """What control remembers of what was decided since, oldest first; and whether that is all of it."""
        recent = tuple(self._control.recent)
        unrecorded: list[Dated] = [(None, event) for event in self._control.core.unrecorded]
        is_whole = not recent or recent[0].sequence == 1 or recent[0].event.at < begins_at
        return [*((each.sequence, each.event) for each in recent), *unrecorded], is_whole
