"""From reports to what is kept: slots are closed, judged, and named. Belongs to one thread, and reads no clock."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.adapters.accounts.sql_accounts import KeptStretch, Name, SlotTally
from holdfast.incidents.downtime.coverage import LOOK_BACK_SLOTS, Coverage, find_deaths
from holdfast.incidents.downtime.definition import COLUMNS, QUIET_SLOTS, SLOT_S, Column, Floats
from holdfast.incidents.downtime.intake import Dead, Intake, KnownTime, Moment, Watched
from holdfast.incidents.downtime.judge import Found, Judge
from holdfast.incidents.downtime.layout import DEAD_EDGE, EDGE, Layout, Subject
from holdfast.incidents.downtime.sparse import Place, Traffic
from holdfast.model.downtime import Standing, Stretch
from holdfast.model.telemetry import EdgeReport

SKIPPED_SLOTS_MAX: Final = 720
"""After a longer time without slots, everything is judged anew."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What a slot came to: counts, and the stretches that became final with it."""

    slots: Sequence[SlotTally] = ()
    stretches: Sequence[KeptStretch] = ()


@dataclass(slots=True)
class _Region:
    judge: Judge
    known: KnownTime


@dataclass(frozen=True, slots=True)
class Recounted:
    """A slot that was counted again."""

    number: int
    slot: SlotTally
    watched: Mapping[str, Watched]


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A region judged again from a Unix time on, in seconds: what became final since, and where to go on from."""

    region: str
    since: float
    slots: Sequence[SlotTally]
    stretches: Sequence[KeptStretch]
    state: _Region


Describe = Callable[[Sequence[Dead], float, float], Moment]
"""What else is to be known of the time between two others, given which edges were dead."""


class Measurer:
    """All regions of a platform. Times are Unix times, in seconds; slots are numbered by time over their length."""

    def __init__(self, layout: Layout, late_s: Mapping[str, float], first: int, slot_s: float = SLOT_S) -> None:
        self.slot_s = slot_s
        self.next = first
        """The number of the next slot."""
        self.layout = layout
        self.coverage = Coverage(slot_s)
        """How well edges were heard in the last hour."""
        self._intake = Intake(layout, slot_s)
        self._late_slots = self._find_late_slots(late_s)
        self._regions = {name: self._begin(first) for name in layout.regions}

    @property
    def needed_from(self) -> int:
        """The number of the first slot that nothing final is said of yet."""
        return min((region.judge.needed_from for region in self._regions.values()), default=self.next)

    def set_layout(self, layout: Layout, late_s: Mapping[str, float]) -> None:
        """Account for these from now on. `late_s` is how long a service's requests may wait for their answers."""
        rows = layout.find_rows(self.layout)
        self._intake.set_layout(layout)
        self.layout = layout
        self._late_slots = self._find_late_slots(late_s)
        kept = self._regions
        self._regions = {name: kept.get(name) or self._begin(self.next, len(rows)) for name in layout.regions}
        for name, region in self._regions.items():
            if name in kept:
                region.judge.select(rows)
                region.known.select(rows)

    def take(self, reports: Iterable[EdgeReport], now: float) -> None:
        """Count what edges report."""
        for report in reports:
            self._intake.take(report, now)

    def close(self, moment: Moment) -> Closed:
        """Close the next slot."""
        for name, region in self._regions.items():
            self._intake.learn_slow(name, region.judge.find_usually_slow(len(self.layout.services)))
        number, found = self.next, self._intake.close(self.next, moment)
        slots, stretches = [], list[KeptStretch]()
        for name, slot in found.items():
            counts = self.layout.gather(slot.counts)
            region = self._regions[name]
            counts[:, Column.KNOWN_S] = region.known.close_slot(counts[:, Column.OWED], measured=slot.measured)
            stretches += self._judge(name, counts, measured=slot.measured)
            if slot.measured:
                self.coverage.note(name, number, slot.watched)
                slots.append(self._name(name, number, counts, slot.watched))
        self.next += 1
        if self.next % LOOK_BACK_SLOTS == 0:
            self.coverage.forget(self.next - LOOK_BACK_SLOTS)
        return Closed(slots, stretches)

    def replay(self, region: str, counts: NDArray[np.float32] | None) -> Sequence[KeptStretch]:
        """Judge a slot of a region again that was kept, or (None) that wasn't measured; `skip_to` ends it."""
        if counts is None:
            nothing = np.zeros((len(self.layout.subjects), COLUMNS), np.float32)
            return self._judge(region, nothing, measured=False)
        self._regions[region].known.close_slot(counts[:, Column.OWED], measured=True)
        self._intake.learn(region, counts[: len(self.layout.services), Column.OWED])
        return self._judge(region, counts, measured=True)

    def skip_to(self, number: int) -> Closed:
        """Go on with this slot: nobody measured what lies between."""
        stretches = list[KeptStretch]()
        for name, region in self._regions.items():
            if number - region.judge.next > SKIPPED_SLOTS_MAX:
                stretches += self._conclude(name)
                self._regions[name] = self._begin(number)
            while region is self._regions[name] and region.judge.next < number:
                stretches += self.replay(name, None)
        self.next = number
        return Closed((), stretches)

    def recount(
        self, region: str, reports: Sequence[EdgeReport], numbers: Iterable[int], describe: Describe
    ) -> Iterator[Recounted]:
        """Count slots of a region again from what its edges remember: those that are known better so.

        `numbers` ascend. How long anything is known of whom is left to `rejudge`.
        """
        intake, waiting = self._intake.begin_again(), deque(sorted(reports, key=lambda report: report.began_at))
        deaths, speaking = find_deaths(reports), {report.edge for report in reports}
        last = max(report.ended_at for report in reports)
        for number in numbers:
            began_at, ended_at = number * self.slot_s, (number + 1) * self.slot_s
            while waiting and waiting[0].began_at < ended_at:
                report = waiting.popleft()
                if report.ended_at > began_at:
                    intake.take(report, report.ended_at)
            if not reports[0].began_at < ended_at or began_at >= last:
                continue
            dead = [*deaths, *self.coverage.list_dead(region, number, speaking)]
            slot = intake.recount(number, region, describe(dead, began_at, ended_at))
            if slot.measured and self.coverage.is_better(region, number, slot.watched):
                tally = self._name(region, number, self.layout.gather(slot.counts), slot.watched)
                yield Recounted(number, tally, slot.watched)

    def rejudge(
        self, region: str, first: int, recounted: Mapping[int, Recounted], slots: Iterable[Floats | None]
    ) -> Rejudged:
        """Judge a region again from slot `first` to the newest; None is a slot that wasn't measured.

        From the first that was recounted on, slots of which it is known for other times than was kept are given back.
        """
        count, found, renamed = len(self.layout.subjects), list[KeptStretch](), list[SlotTally]()
        judge, changed = self._regions[region].judge.begin_again(first), min(recounted)
        known, nothing = KnownTime(count, self.slot_s, QUIET_SLOTS), np.zeros((count, COLUMNS), np.float32)
        for number, counts in enumerate(slots, first):
            if counts is not None:
                seconds = known.close_slot(counts[:, Column.OWED], measured=True)
                if number >= changed and not np.array_equal(seconds, counts[:, Column.KNOWN_S]):
                    counts[:, Column.KNOWN_S] = seconds
                    own = recounted.get(number)
                    watched = own.watched if own else self.coverage.read(region, number)
                    renamed.append(self._name(region, number, counts, watched))
            told = nothing if counts is None else counts
            finals = judge.close_slot(told, self._late_slots, measured=counts is not None)
            found += [self._keep(region, each) for each in finals]
        return Rejudged(region, first * self.slot_s, renamed, found, _Region(judge, known))

    def adopt(self, rejudged: Rejudged) -> None:
        """Go on from there."""
        self._regions[rejudged.region] = rejudged.state

    def find_needed_from(self, region: str) -> int:
        """The number of the first slot that nothing final is said of in a region."""
        return self._regions[region].judge.needed_from

    def stand(self, subject: Subject, region: str) -> Standing:
        """How a subject does now."""
        row, found = self.layout.subject_row.get(subject), self._regions.get(region)
        return Standing.UNKNOWN if row is None or found is None else found.judge.stand(row)

    def read_traffic(self, services: Iterable[str]) -> dict[Place, Traffic]:
        """How many requests services usually get in each region, and who isn't, or lately wasn't, well."""
        rows = {service: self.layout.row_of[service] for service in services if service in self.layout.row_of}
        found = {}
        for name, region in self._regions.items():
            usual, troubled = self._intake.read_usual(name), frozenset(region.judge.list_troubled())
            for service, row in rows.items():
                found[Place(service, name)] = Traffic(float(usual[row]) / self.slot_s, row in troubled)
        return found

    def peek(self, subject: Subject, region: str) -> list[Stretch]:
        """Stretches of a subject that may still change."""
        row, found = self.layout.subject_row.get(subject), self._regions.get(region)
        return [] if row is None or found is None else [self._to_stretch(each) for each in found.judge.peek(row)]

    def list_troubled(self, region: str) -> list[Subject]:
        """The subjects that aren't, or lately weren't, well in a region."""
        found = self._regions.get(region)
        return [] if found is None else [self.layout.subjects[row] for row in found.judge.list_troubled()]

    def _begin(self, first: int, subjects: int | None = None) -> _Region:
        count = len(self.layout.subjects) if subjects is None else subjects
        return _Region(Judge(count, first), KnownTime(count, self.slot_s, QUIET_SLOTS))

    def _judge(self, region: str, counts: NDArray[np.float32], *, measured: bool) -> list[KeptStretch]:
        found = self._regions[region].judge.close_slot(counts, self._late_slots, measured=measured)
        return [self._keep(region, each) for each in found]

    def _conclude(self, region: str) -> Iterator[KeptStretch]:
        judge = self._regions[region].judge
        return (self._keep(region, each) for row in judge.list_troubled() for each in judge.peek(row))

    def _keep(self, region: str, found: Found) -> KeptStretch:
        return KeptStretch(Name(*self.layout.subjects[found.row]), region, self._to_stretch(found))

    def _to_stretch(self, found: Found) -> Stretch:
        began_at, ended_at = found.began * self.slot_s, found.ended * self.slot_s
        return Stretch(began_at, ended_at, found.standing, round(found.requests, 1), round(found.lost, 1))

    def _name(self, region: str, number: int, counts: NDArray[np.float32], watched: Mapping[str, Watched]) -> SlotTally:
        """A slot as it is kept: its subjects, and how well each edge was heard."""
        rows = np.flatnonzero(counts.any(axis=1))
        subjects = [Name(*self.layout.subjects[row]) for row in rows.tolist()]
        names = [Name(kind, edge) for kind in (EDGE, DEAD_EDGE) for edge in watched]
        heard = np.zeros((len(names), COLUMNS), np.float32)
        heard[:, Column.KNOWN_S] = [each[n] for n in (0, 1) for each in watched.values()]
        told = heard[:, Column.KNOWN_S] > 0
        names = [name for name, is_told in zip(names, told.tolist(), strict=True) if is_told]
        return SlotTally(region, number * self.slot_s, [*subjects, *names], np.concatenate([counts[rows], heard[told]]))

    def _find_late_slots(self, late_s: Mapping[str, float]) -> NDArray[np.int64]:
        """Groups wait as most of their services do."""
        own = [round(late_s.get(name, 0.0) / self.slot_s) for name in self.layout.services]
        usual = int(np.median(own)) if own else 0
        return np.array([*own, *([usual] * len(self.layout.groups))], np.int64)
