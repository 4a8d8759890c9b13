"""The change ledger of a running control: what was changed, which edges have it, and what is suspected of what."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, Final

from holdfast.engine.command import NoteChange
from holdfast.incidents.noted_drills import list_noted_drills
from holdfast.model.finding import Finding
from holdfast.model.note import NoteKind
from holdfast.model.ports import JournalCorrupt, JournalUnavailable, Recorded
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.revision import RevisionNumber
from holdfast.model.suspect import RuledOut
from holdfast.runtime.change_book import ChangeBook
from holdfast.runtime.comparing import SMALL_CHARACTERS_MAX, RevisionComparer
from holdfast.runtime.control import Control
from holdfast.runtime.suspecting import Accuser
from holdfast.views.findings import FindingDocument, FindingsDocument
from holdfast.views.ledger import (
    CHANGES_TOLD_MAX,
    LedgerDocument,
    LedgerEntry,
    LedgerEntryDocument,
    LedgerQuery,
)
from holdfast.views.ledger_entries import (
    Dated,
    LedgerSight,
    find_subject,
    list_edges,
    narrow_changes,
    show_entry,
    show_ledger,
)
from holdfast.views.ledger_standing import find_revision_number

RECORD_S: Final = 2.0
"""The longest that a note waits for its record."""
COURSE_MAX: Final = 200
COMPARED_MAX: Final = 10
"""Revisions that are compared for one page without being asked for."""
NOTES_MAX: Final = 60
NOTES_S: Final = 60.0
"""So many notes in so many seconds from one author."""


class Ledger:
    """What was changed, over a running control. Belongs to control's event loop."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._book = ChangeBook()
        self._comparer = RevisionComparer(control, self._book)
        self._is_whole = False
        self._working: set[asyncio.Task[None]] = set()
        self._noted: dict[str, deque[float]] = defaultdict(deque)
        self._accuser = Accuser(control)

    async def page(self, query: LedgerQuery) -> LedgerDocument:
        """The newest changes that are asked for, with what revisions say otherwise where that is quickly told."""
        await self._read_all()
        await self._prepare(query)
        return self.glance(query)

    def glance(self, query: LedgerQuery) -> LedgerDocument:
        """The same at once, as far as it is known; more is found out meanwhile."""
        self._catch_up()
        self._in_background(self._learn(query))
        return show_ledger(self._newest_first(query.before), self._see(), query)

    async def entry(self, sequence: int, tenant: str | None) -> LedgerEntryDocument | None:
        """One change in full; None if there is no such one, or not for a tenant's eyes."""
        await self._read_all()
        found = self._book.find(sequence)
        if found is None:
            return None
        number = find_revision_number(found.event)
        changes = await self._comparer.compare(number) if number is not None else None
        sight = self._see()
        entry = show_entry(found.sequence, found.event, sight, tenant)
        if entry is None:
            return None
        return LedgerEntryDocument(
            now=sight.now,
            entry=entry,
            course=tuple(self._follow(found, sight, tenant)),
            edges=list_edges(found.event, sight) if tenant is None else (),
            changes=narrow_changes(changes, tenant, CHANGES_TOLD_MAX) if changes else None,
        )

    async def note(
        self,
        author: str,
        kind: NoteKind,
        services: tuple[str, ...],
        why: str,
        tenant: str | None,
        *,
        lasts_s: float | None = None,
    ) -> LedgerEntry | Refusal:
        """Enter what somebody changed beside Holdfast; a tenant's owner for its own services only."""
        return await self._enter(NoteChange(author, kind, why, services, lasts_s), tenant)

    async def end_drill(self, author: str, number: int, why: str, tenant: str | None) -> LedgerEntry | Refusal:
        """Say that a drill is over that was noted at a place in the ledger; an owner those of its own services."""
        self._catch_up()
        control = self._control
        drills = list_noted_drills([(each.sequence, each.event) for each in control.recent])
        now = control.world.clock()
        drill = next((each for each in drills if each.number == number and each.ends_at > now), None)
        if drill is None:
            return Refusal(RefusalCode.DRILL_UNKNOWN, f"no noted drill {number} goes on")
        services = tuple(sorted(drill.services))
        return await self._enter(NoteChange(author, NoteKind.DRILL, why, services, ends=number), tenant)

    async def accuse(self, findings: FindingsDocument) -> FindingsDocument:
        """Findings with the changes that are suspected of each."""
        await self._know_suspects()
        return FindingsDocument(open=self._accuse(findings.open, None), closed=self._accuse(findings.closed, None))

    async def accuse_one(self, document: FindingDocument) -> FindingDocument:
        """A finding with the changes that are suspected of it."""
        await self._know_suspects()
        return self._accuse([document], None)[0]

    async def rule_out(self, finding: Finding) -> tuple[RuledOut, ...]:
        """The other changes made shortly before what was found, with why each isn't why."""
        await self._know_suspects()
        return self._accuser.rule_out(finding, self._book, self._comparer)

    def accuse_some(self, documents: Sequence[FindingDocument], tenant: str | None) -> tuple[FindingDocument, ...]:
        """The same at once, as far as it is known; for a tenant, only changes of its own services are named."""
        self._catch_up()
        self._in_background(self._know_suspects())
        return self._accuse(documents, tenant)

    async def _enter(self, note: NoteChange, tenant: str | None) -> LedgerEntry | Refusal:
        refusal = self._check_note(note.author, note.services, tenant)
        if refusal is not None:
            return refusal
        ticket = await self._control.submit(note, RECORD_S)
        if ticket.refusal is not None:
            return ticket.refusal
        event = ticket.events[0]
        self._catch_up()
        sequence = next((r.sequence for r in reversed(self._control.recent) if r.event is event), None)
        entry = show_entry(sequence, event, self._see(), tenant)
        return entry or Refusal(RefusalCode.FAILED, "what was noted can't be shown")

    def _accuse(self, documents: Sequence[FindingDocument], tenant: str | None) -> tuple[FindingDocument, ...]:
        return self._accuser.accuse(documents, tenant, self._book, self._comparer)

    async def _know_suspects(self) -> None:
        """Have it known whom the newest revisions touched."""
        self._catch_up()
        for number in list(self._book.revisions)[-COMPARED_MAX:]:
            await self._comparer.load_cohorts(number)
            if number not in self._book.cohorts:
                await self._comparer.compare(number, SMALL_CHARACTERS_MAX)

    async def _learn(self, query: LedgerQuery) -> None:
        await self._read_all()
        await self._prepare(query)

    async def _prepare(self, query: LedgerQuery) -> None:
        """Compare the revisions on a page that are quickly compared."""
        numbers = dict[RevisionNumber, None]()
        for recorded in self._book.newest_first(query.before):
            number = find_revision_number(recorded.event)
            if number is not None:
                numbers[number] = None
            if len(numbers) >= COMPARED_MAX:
                break
        for number in numbers:
            await self._comparer.compare(number, SMALL_CHARACTERS_MAX)

    async def _read_all(self) -> None:
        """Read the journal to its beginning, once: control remembers its end only."""
        self._catch_up()
        recent = self._control.recent
        if self._is_whole or not recent:
            return
        if recent[0].sequence == 1:
            self._is_whole = True
            return
        try:
            recorded = await asyncio.to_thread(self._control.world.journal.read)
        except (JournalUnavailable, JournalCorrupt):
            return
        self._book = ChangeBook()
        self._book.take(recorded)
        self._comparer = RevisionComparer(self._control, self._book)
        self._is_whole = True

    def _catch_up(self) -> None:
        """Take in what was recorded since, without going to the disk."""
        new = []
        for recorded in reversed(self._control.recent):
            if recorded.sequence <= self._book.known:
                break
            new.append(recorded)
        if new and self._book.known and new[-1].sequence > self._book.known + 1:
            self._is_whole = False
        self._book.take(reversed(new))

    def _newest_first(self, before: int | None) -> Iterator[Dated]:
        if before is None:
            yield from ((None, event) for event in reversed(self._control.core.unrecorded))
        yield from ((each.sequence, each.event) for each in self._book.newest_first(before))

    def _follow(self, found: Recorded, sight: LedgerSight, tenant: str | None) -> Iterator[LedgerEntry]:
        """Everything else that became of what a change is about, oldest first; notes are about nothing lasting."""
        number, subject = find_revision_number(found.event), find_subject(found.event)
        if number is None and not subject.startswith("mitigation "):
            return
        shown = []
        for each in self._book.newest_first():
            if each.sequence != found.sequence and find_subject(each.event) == subject:
                shown.append(show_entry(each.sequence, each.event, sight, tenant))
            if len(shown) >= COURSE_MAX:
                break
        yield from (entry for entry in reversed(shown) if entry is not None)

    def _see(self) -> LedgerSight:
        control = self._control
        return LedgerSight(
            now=control.world.clock(),
            state=control.state,
            statuses=control.world.fleet.statuses(),
            tenants=self._tenants(),
            changes=self._comparer.changes,
            measures=self._book.measures,
        )

    def _tenants(self) -> Mapping[str, str]:
        facts = self._control.publisher.facts
        return facts.tenants if facts else {}

    def _check_note(self, author: str, services: tuple[str, ...], tenant: str | None) -> Refusal | None:
        owners = self._tenants()
        if tenant is not None and (not services or any(owners.get(name) != tenant for name in services)):
            return Refusal(RefusalCode.SERVICE_UNKNOWN, f"name services of {tenant}: this token is for those only")
        now, noted = self._control.world.clock(), self._noted[author]
        while noted and now - noted[0] > NOTES_S:
            noted.popleft()
        if len(noted) >= NOTES_MAX:
            return Refusal(RefusalCode.BUSY, f"{NOTES_MAX} notes in {NOTES_S:.0f} s from one author is the most")
        noted.append(now)
        return None

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        if self._working:
            work.close()
            return
        task = asyncio.ensure_future(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
