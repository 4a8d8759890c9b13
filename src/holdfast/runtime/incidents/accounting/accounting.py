"""Accounts for downtime: beside control, from what edges report, in a thread of its own. It decides nothing.

If it dies, lags or its disk is full, nothing else does; what is measured meanwhile is missing, and counts as unknown.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holdfast.adapters.accounts.schema import Grain
from holdfast.adapters.accounts.sql_accounts import Batch, KeptStretch, SlotTally, SqlAccounts
from holdfast.adapters.accounts.sqlite import AccountsUnavailable
from holdfast.incidents.downtime.coverage import LOOK_BACK_SLOTS, list_runs
from holdfast.incidents.downtime.definition import SLOT_S
from holdfast.incidents.downtime.intake import USUAL_SLOTS, Dead
from holdfast.incidents.downtime.layout import lay_out
from holdfast.model.intent import Intent
from holdfast.model.telemetry import EdgeReport
from holdfast.runtime.control import Control
from holdfast.runtime.incidents.accounting.asking import find_probed
from holdfast.runtime.incidents.accounting.book import Book
from holdfast.runtime.incidents.accounting.doors import Doors, list_doors
from holdfast.runtime.incidents.accounting.measure import Describe, Measurer
from holdfast.runtime.incidents.accounting.moment import Lasted, describe_moment, list_lasted, list_waits
from holdfast.runtime.incidents.accounting.rebuilding import Missed, read_tally, rebuild
from holdfast.runtime.incidents.accounting.recalling import Agents, Recaller
from holdfast.runtime.incidents.accounting.windows import find_windows, read_window, write_window

if TYPE_CHECKING:
    from holdfast.incidents.downtime.sparse import Place, Traffic
    from holdfast.incidents.downtime.windows import Window
    from holdfast.model.platform import Platform

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 0.5
LAG_S: Final = 4.0
"""A slot is closed so long after its end: reports are late, and whoever is silent must have been asked."""
REPORTS_MAX: Final = 8_000
"""Reports that may wait for a look; the oldest are dropped, and counted."""
REPLAYED_SLOTS_MAX: Final = 1_440
APART_SLOTS: Final = 60
"""Missed slots that are further apart are asked for one after the other."""
TIDY_S: Final = 60.0
UNWRITTEN_MAX: Final = 2_000
"""Slots that are kept in memory while the store can't be written; more are lost."""
MARK: Final = "closed"
"""Up to where the store has slots (Unix time, in seconds)."""
MARK_NEEDED: Final = "needed"
"""From where slots must be judged again by whoever takes over."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What one look hands to the thread."""

    now: float
    intent: Intent
    reports: Sequence[EdgeReport]
    lasted: tuple[Lasted, ...]
    dead: tuple[Dead, ...]


class Accounting:
    """Runs it. All but the work in its thread belongs to the event loop that `run` is awaited in.

    Raises AccountsUnavailable when made, if the store at `path` can't be had.
    """

    def __init__(self, control: Control, path: Path, agents: Agents | None = None, slot_s: float = SLOT_S) -> None:
        self.dropped = 0
        """Reports that came faster than they could be counted."""
        self.traffic: Mapping[Place, Traffic] = {}
        """How much traffic services that have probes have in each region, as of the newest slot."""
        self._control = control
        self._slot_s = slot_s
        self._store = SqlAccounts(path)
        self.book = Book(self._store, control.world.clock, slot_s)
        """What was measured, for those who ask."""
        self.book.note_windows(read_window(text) for text in self._store.read_windows())
        self._doors = Doors()
        self._recaller = Recaller(agents, slot_s) if agents is not None else None
        self._recalling: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._reports: deque[EdgeReport] = deque()
        self._laid_out: Platform | None = None
        self._slots: list[SlotTally] = []
        self._stretches: list[KeptStretch] = []
        self._windows: list[Window] = []
        self._probed: frozenset[str] = frozenset()
        self._tidied_at = 0.0
        self._thread = ThreadPoolExecutor(1, "accounting")

    def take_report(self, report: EdgeReport) -> None:
        """Keep an edge's report for the next look."""
        self._doors.hear(report.edge, report.began_at, report.ended_at)
        if self._recaller is not None:
            self._recaller.hear(report.edge, report.process)
        if len(self._reports) >= REPORTS_MAX:
            self._reports.popleft()
            self.dropped += 1
        self._reports.append(report)

    async def run(self) -> None:
        """Look until cancelled. A look that fails is noted, and the next one is tried."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except Exception:
                LOG.exception("a look at downtime failed")

    async def look(self) -> None:
        """Look once: ask who is silent, and have counted what came in."""
        intent = self._control.intent
        if intent is None:
            return
        now = self._control.world.clock()
        self._ask_silent(intent, now)
        since = now - 2 * (LAG_S + self._slot_s)
        work = _Work(
            now, intent, tuple(self._reports), list_lasted(self._control.state, since), self._doors.list_dead()
        )
        self._reports.clear()
        windows = list(find_windows(self._control.state, tuple(self._control.recent), self.book.windows, now))
        self.book.note_windows(windows)
        self._windows += windows
        await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)
        self._doors.forget(since)
        self._recall_missed(intent, now)

    def _recall_missed(self, intent: Intent, now: float) -> None:
        """Have agents asked for what was missed, unless they are just being."""
        measurer = self.book.measurer
        if self._recaller is None or measurer is None or (self._recalling and not self._recalling.done()):
            return
        missed = self._recaller.find_missed(measurer.layout, measurer.coverage, measurer.next, now)
        if missed:
            self._recalling = asyncio.create_task(self._rebuild(self._recaller, measurer, intent, missed))

    async def _rebuild(
        self, recaller: Recaller, measurer: Measurer, intent: Intent, missed: Mapping[str, Sequence[int]]
    ) -> None:
        """Put what agents remember where it belongs, run by run."""
        for region, numbers in missed.items():
            for first, after in list_runs(numbers, APART_SLOTS):
                began_at, ended_at = first * self._slot_s, after * self._slot_s
                reports = await recaller.ask(measurer.layout.edges.get(region, ()), began_at, ended_at)
                own = [number for number in numbers if first <= number < after]
                lasted = list_lasted(self._control.state, began_at)
                describe = partial(describe_moment, intent, lasted)
                work = partial(self._place, Missed(region, own, reports), describe)
                if reports and not await asyncio.get_running_loop().run_in_executor(self._thread, work):
                    recaller.ask_again()

    def _place(self, missed: Missed, describe: Describe) -> bool:
        """Whether that could be written, or needn't be."""
        measurer = self.book.measurer
        self._write()
        if measurer is None or self._slots or self._stretches or missed.region not in measurer.layout.regions:
            return measurer is None
        try:
            better = rebuild(self._store, self.book, measurer, missed, describe)
        except AccountsUnavailable as error:
            LOG.warning("what agents remember can't be written down now: %s", error)
            return False
        if better:
            LOG.info("%d slots of %s are known better from what its edges remember", better, missed.region)
        return True

    def close(self) -> None:
        """Measure no more; what was closed is kept."""
        for task in (self._asking, self._recalling):
            if task is not None:
                task.cancel()
        self._thread.shutdown(wait=True, cancel_futures=True)
        with suppress(AccountsUnavailable):
            self._write()
        self._store.close()

    def _ask_silent(self, intent: Intent, now: float) -> None:
        """Have silent edges asked, unless they are just being."""
        if self._asking is not None and not self._asking.done():
            return
        edges = [edge for location in intent.platform.locations.values() for edge in location.edges]
        doors = list_doors((edge.name, edge.listen) for edge in edges)
        self._asking = asyncio.create_task(self._doors.ask_silent(doors, now))

    def _work(self, work: _Work) -> None:
        with self.book.lock:
            measurer = self._prepare(work)
            measurer.take(work.reports, work.now)
            due = int((work.now - LAG_S) // self._slot_s)
            if due - measurer.next > REPLAYED_SLOTS_MAX:
                self._note(measurer.skip_to(due).stretches)
            while (measurer.next + 1) * self._slot_s + LAG_S <= work.now:
                began_at = measurer.next * self._slot_s
                moment = describe_moment(work.intent, work.lasted, work.dead, began_at, began_at + self._slot_s)
                closed = measurer.close(moment)
                self._slots += closed.slots
                self._note(closed.stretches)
            self.traffic = measurer.read_traffic(self._probed)
        self._write()
        if work.now - self._tidied_at >= TIDY_S:
            self._tidied_at = work.now
            self._store.tidy(work.now - LAG_S - self._slot_s)

    def _prepare(self, work: _Work) -> Measurer:
        """The measurer, made for this platform: the first one takes up what its predecessor left."""
        measurer = self.book.measurer
        if measurer is not None and self._laid_out is work.intent.platform:
            return measurer
        if measurer is None:
            measurer = self._take_up(work, int((work.now - LAG_S) // self._slot_s))
        else:
            measurer.set_layout(lay_out(work.intent), list_waits(work.intent))
        self.book.begin(work.intent, measurer)
        self._laid_out, self._probed = work.intent.platform, find_probed(work.intent)
        return measurer

    def _take_up(self, work: _Work, number: int) -> Measurer:
        """A measurer that knows what was measured last, and that nothing was since."""
        layout, waits = lay_out(work.intent), list_waits(work.intent)
        marks = self._store.read_marks()
        closed = round(marks.get(MARK, number * self._slot_s) / self._slot_s)
        number = max(number, closed)
        needed = round(marks.get(MARK_NEEDED, 0.0) / self._slot_s)
        first = min(max(needed, closed - REPLAYED_SLOTS_MAX), closed - USUAL_SLOTS)
        measurer = Measurer(layout, waits, first, self._slot_s)
        self.book.begin(work.intent, measurer)
        for region in layout.regions:
            self._replay(measurer, region, first, closed)
        measurer.next = closed
        self._note(measurer.skip_to(number).stretches)
        return measurer

    def _replay(self, measurer: Measurer, region: str, first: int, closed: int) -> None:
        oldest = min(first, closed - LOOK_BACK_SLOTS)
        kept = self._store.read_tallies(Grain.SLOT, region, oldest * self._slot_s, closed * self._slot_s)
        by_number = {round(at / self._slot_s): tally for at, tally in kept}
        for number in range(oldest, closed):
            tally = by_number.get(number)
            counts = None
            if tally is not None:
                counts, watched = read_tally(self._store, measurer.layout, tally)
                measurer.coverage.note(region, number, watched)
            if number >= first:
                self._note(measurer.replay(region, counts))

    def _note(self, stretches: Sequence[KeptStretch]) -> None:
        new = [each for each in stretches if not self.book.has(each)]
        self.book.note_stretches(new)
        self._stretches += new

    def _write(self) -> None:
        """Write what became final; what can't be written now is tried again."""
        measurer = self.book.measurer
        if measurer is None or not (self._slots or self._stretches or self._windows):
            return
        marks = {MARK: measurer.next * self._slot_s, MARK_NEEDED: measurer.needed_from * self._slot_s}
        with self.book.lock:
            try:
                for window in self._windows:
                    self._store.write_window(window.id, window.ended_at, write_window(window))
                self._store.write(Batch(self._slots, self._stretches, marks))
            except AccountsUnavailable as error:
                LOG.warning("downtime can't be written down now: %s", error)
                del self._slots[:-UNWRITTEN_MAX]
                return
            for slot in self._slots:
                self.book.note_slot(slot)
        self._slots, self._stretches, self._windows = [], [], []
