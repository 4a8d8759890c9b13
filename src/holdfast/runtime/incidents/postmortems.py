"""Postmortems of a running control: gathered from the journal, the ledger and the accounts, and made on demand."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from holdfast.adapters.postmortem.press import Press, RenderingFailed
from holdfast.incidents.postmortem.making import make_postmortem
from holdfast.incidents.postmortem.sight import PostmortemSight, find_services, find_window, list_held
from holdfast.incidents.timeline import begin_timeline, make_timeline
from holdfast.model.downtime import Accounts
from holdfast.model.event import Event, FindingOpened, FindingUpdated
from holdfast.model.finding import Finding, FindingId
from holdfast.model.incident import Incident, IncidentId
from holdfast.model.ports import JournalCorrupt, JournalUnavailable
from holdfast.model.postmortem import Postmortem, PostmortemFormat, SuspectedChange, TimelineEntry
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import IncidentRecord
from holdfast.runtime.control import Control
from holdfast.runtime.ledger import Ledger
from holdfast.views.event_words import tell_event
from holdfast.views.findings import FindingDocument, FindingState
from holdfast.views.measures import describe_measure

LOG: Final = logging.getLogger(__name__)
FINDINGS_MAX: Final = 5
"""Findings of one incident that suspects are named for: the first."""


class Postmortems:
    """Makes postmortems. Belongs to control's event loop. `find_accounts` gives nothing where nothing is measured."""

    def __init__(self, control: Control, ledger: Ledger, find_accounts: Callable[[], Accounts | None]) -> None:
        self._control = control
        self._ledger = ledger
        self._find_accounts = find_accounts
        self._press = Press()

    async def make(self, id_: IncidentId, *, public: bool = False) -> Postmortem | Refusal:
        """What is known of an incident now, or what of it everybody may know."""
        record = self._control.state.incidents.get(id_)
        if record is None:
            return Refusal(RefusalCode.INCIDENT_UNKNOWN, f"there is no incident {id_}, or it is no longer remembered")
        return make_postmortem(await self._gather(record), public=public)

    async def render(self, id_: IncidentId, form: PostmortemFormat, *, public: bool = False) -> str | Refusal:
        """The same as a document."""
        made = await self.make(id_, public=public)
        if isinstance(made, Refusal):
            return made
        try:
            return await self._press.render(made, form)
        except RenderingFailed as error:
            return Refusal(RefusalCode.BUSY, str(error))

    async def _gather(self, record: IncidentRecord) -> PostmortemSight:
        control, incident = self._control, record.incident
        now = control.world.clock()
        window = find_window(incident, now)
        events = await self._read_events(min(window.shown_from, begin_timeline(incident)))
        findings = self._recall_findings(incident, events)
        suspects, ruled_out = await self._name_suspects(incident, findings)
        state, intent, facts = control.state, control.intent, control.publisher.facts
        return PostmortemSight(
            now=now,
            record=record,
            events=events,
            timeline=self._tell_timeline(incident, events, now),
            findings=findings,
            held=list_held(events, tuple(state.mitigations.values()), state.ended, window),
            suspects=suspects,
            ruled_out=ruled_out,
            follow_ups=tuple(each for each in state.follow_ups.values() if each.incident == incident.id),
            platform=intent.platform if intent else None,
            owners=facts.tenants if facts else {},
            accounts=self._find_accounts(),
            describe=describe_measure,
        )

    def _tell_timeline(self, incident: Incident, events: Sequence[Event], now: float) -> tuple[TimelineEntry, ...]:
        intent = self._control.intent
        services = frozenset(find_services(incident, intent.platform if intent else None))
        timeline = make_timeline(incident, ((None, event) for event in events), services, now)
        return tuple(_tell(moment.event) for moment in timeline.moments)

    async def _read_events(self, since: float) -> tuple[Event, ...]:
        """All that was decided since (Unix time, in seconds), oldest first: from memory, or else from the journal."""
        recent = tuple(self._control.recent)
        if recent and recent[0].sequence > 1 and recent[0].event.at > since:
            try:
                recent = tuple(await asyncio.to_thread(self._control.world.journal.read))
            except (JournalUnavailable, JournalCorrupt) as error:
                LOG.warning("a postmortem has to do without the beginning of the journal: %s", error)
        events = (*(each.event for each in recent), *self._control.core.unrecorded)
        return tuple(event for event in events if event.at >= since)

    def _recall_findings(self, incident: Incident, events: Sequence[Event]) -> dict[FindingId, Finding]:
        """The incident's findings as they were known at last."""
        wanted, state = frozenset(incident.findings), self._control.state
        known = {e.id: e.finding for e in events if isinstance(e, FindingOpened | FindingUpdated) and e.id in wanted}
        known |= {each.id: each.finding for each in state.closed if each.id in wanted}
        return known | {id_: state.findings[id_] for id_ in wanted if id_ in state.findings}

    async def _name_suspects(
        self, incident: Incident, findings: dict[FindingId, Finding]
    ) -> tuple[tuple[SuspectedChange, ...], tuple[SuspectedChange, ...]]:
        """Changes that may be why, the likeliest first, and those made shortly before that aren't why."""
        suspected = dict[object, SuspectedChange]()
        cleared = dict[object, SuspectedChange]()
        for id_ in [each for each in incident.findings if each in findings][:FINDINGS_MAX]:
            finding = findings[id_]
            for key, each in await self._accuse(id_, finding):
                if key not in suspected or (suspected[key].weight or 0.0) < (each.weight or 0.0):
                    suspected[key] = each
            for key, each in await self._rule_out(finding):
                cleared.setdefault(key, each)
        ranked = sorted(suspected.values(), key=lambda each: -(each.weight or 0.0))
        return tuple(ranked), tuple(each for key, each in cleared.items() if key not in suspected)

    async def _accuse(self, id_: FindingId, finding: Finding) -> list[tuple[object, SuspectedChange]]:
        document = FindingDocument(
            id=id_, finding=finding, state=FindingState.OPEN, since=finding.seen_at, mitigations=()
        )
        accused = await self._ledger.accuse_one(document)
        return [
            (
                (each.kind, each.subject, each.reached_at if each.sequence is None else each.sequence),
                SuspectedChange(
                    title=each.title,
                    author=each.author,
                    why=each.why,
                    at=each.reached_at,
                    weight=each.weight,
                    evidence=each.evidence,
                    finding=_name(finding),
                ),
            )
            for each in accused.suspects
        ]

    async def _rule_out(self, finding: Finding) -> list[tuple[object, SuspectedChange]]:
        return [
            (
                (each.kind, each.subject, each.at if each.sequence is None else each.sequence),
                SuspectedChange(title=each.title, author=each.author, why=each.why, at=each.at, evidence=each.evidence),
            )
            for each in await self._ledger.rule_out(finding)
        ]


def _tell(event: Event) -> TimelineEntry:
    told = tell_event(event)
    title = f"{told.subject}: {told.title}" if told.subject not in told.title else told.title
    return TimelineEntry(at=event.at, kind=told.kind.value, title=title, detail=told.detail, author=event.author)


def _name(finding: Finding) -> str:
    about = finding.service or finding.edge or finding.location or finding.site or "the platform"
    return f"{finding.kind} of {about}"
