"""Judges one region slot by slot: whoever loses nothing costs nothing, of the others a course is kept until they do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.incidents.downtime import chain
from holdfast.incidents.downtime.cut import Evidence, Span, cut
from holdfast.incidents.downtime.definition import BRIDGE_SLOTS, QUIET_SLOTS, SLOW_USUAL_MAX, Column, Floats
from holdfast.model.downtime import Standing

OPEN_SLOTS: Final = 13
"""The newest slots: what was lost after a wait is still booked in them when it was asked for."""
LOST_NOTICED: Final = 0.02
SLOW_NOTICED: Final = 0.1
"""Shares of the open slots together from which a course is kept."""
COURSE_SLOTS_MAX: Final = 1440
"""A course that is longer is settled up to its middle."""
WELL_REQUESTS: Final = 200.0
WELL_SLOTS: Final = 120
"""A course ends after so many requests, or so long, without trouble; before, a pause between losses isn't their end."""
YOUNG_SLOTS: Final = 360
"""Of whom less is known isn't judged by how slow it is: it may always be."""
USUAL_SLOTS: Final = 4320
"""Over so many slots it is averaged how slow is usual."""
_KEPT: Final = (Column.OWED, Column.LOST, Column.SLOW, Column.READ_ONLY)
_OWED, _LOST, _SLOW, _READ_ONLY = range(4)


@dataclass(frozen=True, slots=True)
class Found:
    """That a subject wasn't up for a while: times in slots, requests in all."""

    row: int
    began: float
    ended: float
    standing: Standing
    requests: float
    lost: float


@dataclass(slots=True)
class _Course:
    """What is kept of one subject: since slot `first`; the open slots aren't in it yet.

    `lost` and `slow` are the scores before the open slots.
    """

    first: int
    lost: NDArray[np.float64]
    slow: NDArray[np.float64]
    judge_slow: bool
    well_requests: float = 0.0
    well_slots: int = 0
    """Since anything was lost or late."""
    counts: list[tuple[float, float, float, float]] = field(default_factory=list)
    measured: list[bool] = field(default_factory=list)
    lost_came: list[int] = field(default_factory=list)
    slow_came: list[int] = field(default_factory=list)


class Judge:
    """Stateful and pure: the same slots give the same findings. Slots are numbered, and none is left out."""

    def __init__(self, subjects: int, first: int) -> None:
        self.next = first
        """The number of the next slot."""
        self._open: Floats = np.zeros((OPEN_SLOTS, subjects, len(_KEPT)), np.float32)
        self._measured = np.ones(OPEN_SLOTS, np.bool_)
        self._courses: dict[int, _Course] = {}
        self._slow_usual: Floats = np.zeros(subjects, np.float32)
        self._busy_slots = np.zeros(subjects, np.int64)
        self._standing = np.zeros(subjects, np.int8)
        self._asked = np.full(subjects, first - QUIET_SLOTS - 1, np.int64)

    def begin_again(self, first: int) -> "Judge":
        """Another one that knows how slow is usual, for slots from this one on."""
        again = Judge(len(self._standing), first)
        again._slow_usual[:], again._busy_slots[:] = self._slow_usual, self._busy_slots
        return again

    @property
    def troubled(self) -> int:
        """Subjects of which a course is kept."""
        return len(self._courses)

    @property
    def needed_from(self) -> int:
        """The number of the first slot that nothing final is said of yet."""
        return min((course.first for course in self._courses.values()), default=self.next - OPEN_SLOTS)

    def select(self, rows: NDArray[np.intp]) -> None:
        """Keep the subjects of these rows, in this order; -1 stands for a new one."""
        there = rows >= 0
        for name in ("_open", "_slow_usual", "_busy_slots", "_standing", "_asked"):
            old = getattr(self, name)
            axis = 1 if old.ndim == 3 else 0
            new = np.take(old, np.maximum(rows, 0), axis=axis)
            fill = self.next - QUIET_SLOTS - 1 if name == "_asked" else 0
            new[(slice(None), ~there) if axis else ~there] = fill
            setattr(self, name, new)
        place = {int(old): new for new, old in enumerate(rows.tolist()) if old >= 0}
        self._courses = {place[row]: course for row, course in self._courses.items() if row in place}

    def close_slot(self, counts: Floats, late_slots: NDArray[np.int64], *, measured: bool) -> list[Found]:
        """Take in the next slot: counts of shape (subjects, COLUMNS); what became final.

        By so many slots of each subject, what was lost after a wait is booked back.
        """
        self._settle()
        self._open = np.roll(self._open, -1, axis=0)
        self._measured = np.roll(self._measured, -1)
        self._open[-1] = counts[:, _KEPT]
        self._measured[-1] = measured
        if not measured:
            self._open[-1] = 0
        else:
            self._book_back(counts[:, Column.LATE], late_slots)
        self.next += 1
        self._asked[counts[:, Column.OWED] > 0] = self.next - 1
        self._notice()
        return list(self._conclude())

    def find_usually_slow(self, subjects: int) -> NDArray[np.bool_]:
        """Which of the first so many subjects are known to take long usually."""
        return np.asarray(self._slow_usual[:subjects] >= SLOW_USUAL_MAX)

    def stand(self, row: int) -> Standing:
        """How a subject does now, as far as can be told."""
        if self.next - 1 - self._asked[row] > QUIET_SLOTS or not self._measured[-BRIDGE_SLOTS:].any():
            return Standing.UNKNOWN
        return Standing(int(self._standing[row])) if row in self._courses else Standing.UP

    def peek(self, row: int) -> list[Found]:
        """What is found of a subject so far, and may still change."""
        course = self._courses.get(row)
        return [] if course is None else list(self._tell(row, course, *self._look(row, course)))

    def list_troubled(self) -> list[int]:
        """The rows of which a course is kept."""
        return list(self._courses)

    def _book_back(self, late: Floats, late_slots: NDArray[np.int64]) -> None:
        """What was lost after a wait is counted among those that were asked for then, as far as there were any."""
        for row in np.flatnonzero((late > 0) & (late_slots > 0)).tolist():
            left = float(late[row])
            self._open[-1, row, _LOST] -= left
            for slot in range(max(0, OPEN_SLOTS - 1 - int(late_slots[row])), OPEN_SLOTS):
                room = max(0.0, float(self._open[slot, row, _OWED] - self._open[slot, row, _LOST]))
                part = min(left, room)
                self._open[slot, row, _LOST] += part
                left -= part
            self._open[-1, row, _LOST] += left
        self._open[-1, :, _OWED] = np.maximum(self._open[-1, :, _OWED], self._open[-1, :, _LOST])

    def _settle(self) -> None:
        """The oldest open slot becomes part of the courses."""
        if not self._courses:
            return
        rows = list(self._courses)
        courses = list(self._courses.values())
        counts = self._open[0, rows].astype(np.float64)
        lost, lost_came = chain.advance(np.stack([c.lost for c in courses]), counts[:, _OWED], counts[:, _LOST])
        slow, slow_came = chain.advance(np.stack([c.slow for c in courses]), counts[:, _OWED], _slow(courses, counts))
        measured = bool(self._measured[0])
        told, came, came_slow = counts.tolist(), lost_came.tolist(), slow_came.tolist()
        for n, course in enumerate(courses):
            course.lost, course.slow = lost[n], slow[n]
            course.counts.append(tuple(told[n]))
            course.measured.append(measured)
            course.lost_came.append(came[n])
            course.slow_came.append(came_slow[n])

    def _notice(self) -> None:
        """Begin courses of those that lose something, and learn what is usual of the others."""
        owed, lost, slow, read_only = self._open.sum(axis=0).T
        usually_slow = (self._slow_usual >= SLOW_USUAL_MAX) | (self._busy_slots < YOUNG_SLOTS)
        noticed = (lost > 0) & (lost >= LOST_NOTICED * owed)
        noticed |= (slow > 0) & (slow >= SLOW_NOTICED * owed) & ~usually_slow
        noticed |= read_only > 0
        for row in np.flatnonzero(noticed).tolist():
            if row not in self._courses:
                first = self.next - OPEN_SLOTS
                begun = chain.begin_up(1)[0]
                self._courses[row] = _Course(first, begun, begun.copy(), not usually_slow[row])
        self._noticed = noticed
        self._learn_slow()

    def _learn_slow(self) -> None:
        """Learn how slow is usual, of those that do well or are new."""
        newest = self._open[-1]
        is_learned = (self._standing <= Standing.UP) | (self._busy_slots < YOUNG_SLOTS)
        busy = np.flatnonzero((newest[:, _OWED] > 0) & is_learned)
        self._busy_slots[busy] += 1
        share = newest[busy, _SLOW] / newest[busy, _OWED]
        self._slow_usual[busy] += (share - self._slow_usual[busy]) / np.minimum(self._busy_slots[busy], USUAL_SLOTS)

    def _conclude(self) -> Iterator[Found]:
        """Say how the troubled stand, and what became final."""
        if not self._courses:
            return
        rows, courses = list(self._courses), list(self._courses.values())
        lost, slow = self._look_at_all(rows, courses)
        lost_levels, slow_levels = lost.argmax(axis=1), slow.argmax(axis=1)
        for n, row in enumerate(rows):
            self._standing[row] = self._judge_now(row, int(lost_levels[n]), int(slow_levels[n]))
            course = courses[n]
            if self._is_over(row, course):
                yield from self._tell(row, course, *self._look(row, course))
                del self._courses[row]
                self._standing[row] = Standing.UP
            elif len(course.counts) >= COURSE_SLOTS_MAX:
                yield from self._settle_half(row, course)

    def _judge_now(self, row: int, lost_level: int, slow_level: int) -> Standing:
        if chain.IS_DOWN[lost_level]:
            return Standing.DOWN
        read_only = self._open[-BRIDGE_SLOTS:, row, _READ_ONLY]
        is_degraded = chain.IS_DEGRADED[lost_level] or chain.IS_SLOW[slow_level] or bool(read_only[-2:].any())
        return Standing.DEGRADED if is_degraded else Standing.UP

    def _is_over(self, row: int, course: _Course) -> bool:
        """Whether it does well and nothing was noticed for a while, or nobody asked for long."""
        if self.next - 1 - self._asked[row] > QUIET_SLOTS:
            return True
        owed, *troubles = self._open[-1, row].tolist()
        if any(troubles[:2] if course.judge_slow else troubles[:1]):
            course.well_requests, course.well_slots = 0.0, 0
        course.well_requests += owed
        course.well_slots += 1
        if self._standing[row] != Standing.UP or self._noticed[row] or not course.counts:
            return False
        seen = max(course.well_requests, float(self._open[:, row, _OWED].sum()))
        return seen >= WELL_REQUESTS or course.well_slots >= WELL_SLOTS

    def _look_at_all(self, rows: list[int], courses: list[_Course]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The scores after the open slots, shape (courses, levels)."""
        lost = np.stack([course.lost for course in courses])
        slow = np.stack([course.slow for course in courses])
        for counts in self._open[:, rows].astype(np.float64):
            lost, _ = chain.advance(lost, counts[:, _OWED], counts[:, _LOST])
            slow, _ = chain.advance(slow, counts[:, _OWED], _slow(courses, counts))
        return lost, slow

    def _look(self, row: int, course: _Course) -> tuple[list[int], list[int]]:
        """The likeliest levels of all its slots, the open ones included."""
        lost, slow = course.lost[None], course.slow[None]
        lost_came, slow_came = list(course.lost_came), list(course.slow_came)
        for counts in self._open[:, [row]].astype(np.float64):
            lost, came = chain.advance(lost, counts[:, _OWED], counts[:, _LOST])
            lost_came.append(int(came[0]))
            slow, came = chain.advance(slow, counts[:, _OWED], _slow([course], counts))
            slow_came.append(int(came[0]))
        return chain.trace(int(lost.argmax()), lost_came), chain.trace(int(slow.argmax()), slow_came)

    def _tell(self, row: int, course: _Course, lost_levels: list[int], slow_levels: list[int]) -> Iterator[Found]:
        evidence = self._gather(row, course)
        for span in cut(evidence, lost_levels, slow_levels):
            if span.standing > Standing.UP and span.ended > span.began:
                yield _find(row, span, evidence)

    def _gather(self, row: int, course: _Course) -> Evidence:
        settled = np.array(course.counts, np.float64).reshape(-1, len(_KEPT))
        counts = np.concatenate([settled, self._open[:, row].astype(np.float64)])
        measured = np.concatenate([np.array(course.measured, np.bool_), self._measured])
        owed, lost, slow, read_only = counts.T
        return Evidence(course.first, owed, lost, slow, read_only, measured)

    def _settle_half(self, row: int, course: _Course) -> Iterator[Found]:
        """Say for good how the first half of a long course was, and keep the rest."""
        lost_levels, slow_levels = self._look(row, course)
        evidence, half = self._gather(row, course), len(course.counts) // 2
        for span in cut(evidence, lost_levels, slow_levels):
            ended = min(span.ended, float(half))
            if span.standing > Standing.UP and ended > span.began:
                yield _find(row, Span(span.began, ended, span.standing), evidence)
        course.first += half
        del course.counts[:half], course.measured[:half], course.lost_came[:half], course.slow_came[:half]


def _slow(courses: list[_Course], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    judged = np.array([course.judge_slow for course in courses])
    return np.where(judged, counts[:, _SLOW], 0.0)


def _find(row: int, span: Span, evidence: Evidence) -> Found:
    middles = np.arange(len(evidence.owed)) + 0.5
    within = (middles >= span.began) & (middles <= span.ended)
    return Found(
        row,
        evidence.first + span.began,
        evidence.first + span.ended,
        span.standing,
        float(evidence.owed[within].sum()),
        float(evidence.lost[within].sum()),
    )
