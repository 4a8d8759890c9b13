"""From edges' reports to slots: what was counted in each region, how well it was watched, what dead edges missed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from holdfast.incidents.downtime.definition import COLUMNS, SLOT_S, Column, Floats, count_slot
from holdfast.incidents.downtime.layout import Layout
from holdfast.model.telemetry import METRICS, EdgeReport, Metric

REPORT_S_MAX: Final = 60.0
"""A report that claims to cover more isn't believed."""
CLOCK_S_MAX: Final = 30.0
"""An edge whose clock is further off is believed to speak of now."""
MEASURED_SHARE: Final = 0.5
"""A slot counts as measured if reports, and edges known to be dead, make up so much of the region's usual traffic."""
USUAL_SLOTS: Final = 120
"""Over so many slots the usual traffic is averaged that a dead edge is taken to miss."""
Kind = TypeVar("Kind", bound=np.generic)
_MISSED_MIN: Final = 0.01
_WEIGHT_MIN: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Dead:
    """That an edge served nobody for a while (Unix times, in seconds; `ended_at` infinite: still)."""

    edge: str
    began_at: float
    ended_at: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What else is to be known of a slot: services switched off or read-only, edges that were dead."""

    switched_off: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()
    dead: Sequence[Dead] = ()


class Watched(NamedTuple):
    """Of how many of a slot's seconds an edge reported, and in how many it was dead."""

    covered_s: float = 0.0
    dead_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """One slot of one region: counts of services, shape (services, COLUMNS), and how well it was watched."""

    counts: Floats
    measured: bool
    watched: Mapping[str, Watched] = field(default_factory=dict)
    """By edge; those that weren't heard of at all are left out."""


@dataclass(slots=True)
class _Open:
    """What came in for a slot so far."""

    raw: NDArray[np.float64]
    covered_s: dict[str, float] = field(default_factory=dict)


class Intake:
    """Stateful and pure. Slots are numbered by Unix time over their length."""

    def __init__(self, layout: Layout, slot_s: float = SLOT_S) -> None:
        self.slot_s = slot_s
        self._layout = layout
        self._open: dict[tuple[int, str], _Open] = {}
        self._closed = -1
        self._usual = {region: np.zeros(len(layout.services), np.float32) for region in layout.regions}
        self._learned = dict.fromkeys(layout.regions, 0)
        self._usually_slow = {region: np.zeros(len(layout.services), np.bool_) for region in layout.regions}
        self._weights: dict[str, float] = {}
        self._refused_writes: set[tuple[str, str]] = set()

    def set_layout(self, layout: Layout) -> None:
        """Count for these services and edges from now on."""
        rows = np.array([self._layout.row_of.get(name, -1) for name in layout.services], np.intp)
        nothing = np.zeros(len(self._layout.services), np.float32)
        self._usual = {region: select_rows(self._usual.get(region, nothing), rows) for region in layout.regions}
        fast = np.zeros(len(self._layout.services), np.bool_)
        self._usually_slow = {
            region: select_rows(self._usually_slow.get(region, fast), rows) for region in layout.regions
        }
        self._open = {key: slot for key, slot in self._open.items() if key[1] in layout.regions}
        for slot in self._open.values():
            slot.raw = select_rows(slot.raw, rows)
        self._learned = {region: self._learned.get(region, 0) for region in layout.regions}
        self._weights = {edge: weight for edge, weight in self._weights.items() if edge in layout.region_of}
        self._layout = layout

    def take(self, report: EdgeReport, now: float) -> None:
        """Count what an edge reports at a Unix time, in seconds; what belongs to a closed slot is too late."""
        region = self._layout.region_of.get(report.edge)
        covered_s = report.ended_at - report.began_at
        if region is None or not 0 < covered_s <= REPORT_S_MAX:
            return
        ended_at = report.ended_at if abs(report.ended_at - now) <= CLOCK_S_MAX else now
        row_of = self._layout.row_of
        rows = np.array([row_of.get(name, -1) for name in report.services], np.intp)
        known = rows >= 0
        counts = report.counts[known].astype(np.float64)
        for number, within_s in self._split(ended_at - covered_s, ended_at):
            slot = self._get(number, region)
            slot.raw[rows[known]] += counts * (within_s / covered_s)
            slot.covered_s[report.edge] = slot.covered_s.get(report.edge, 0.0) + within_s
        self._weigh(report.edge, report.whole.requests / covered_s, covered_s)

    def close(self, number: int, moment: Moment) -> Mapping[str, Slot]:
        """Close a slot: what was counted in every region."""
        self._closed = max(self._closed, number)
        return {region: self._close(number, region, moment) for region in self._layout.regions}

    def begin_again(self) -> "Intake":
        """Another one that knows what is usual, and has counted nothing yet."""
        again = Intake(self._layout, self.slot_s)
        again._usual = {region: usual.copy() for region, usual in self._usual.items()}
        again._learned = dict(self._learned)
        again._usually_slow = dict(self._usually_slow)
        again._weights = dict(self._weights)
        return again

    def recount(self, number: int, region: str, moment: Moment) -> Slot:
        """Close a slot of one region only."""
        self._closed = max(self._closed, number)
        return self._close(number, region, moment)

    def learn(self, region: str, owed: Floats) -> None:
        """That a slot of a region was as usual: requests owed an answer, by service."""
        self._learned[region] = min(USUAL_SLOTS, self._learned[region] + 1)
        self._usual[region] += (owed - self._usual[region]) / self._learned[region]

    def read_usual(self, region: str) -> Floats:
        """Requests owed an answer in a usual slot of a region, by service."""
        return self._usual[region]

    def learn_slow(self, region: str, usually_slow: NDArray[np.bool_]) -> None:
        """Which services usually take so long in a region that not to wait for them says nothing; shape (services,)."""
        self._usually_slow[region] = usually_slow

    def _split(self, began_at: float, ended_at: float) -> Iterator[tuple[int, float]]:
        """The open slots that a time is in, and how much of it."""
        for number in range(int(began_at // self.slot_s), int(ended_at // self.slot_s) + 1):
            within_s = min(ended_at, (number + 1) * self.slot_s) - max(began_at, number * self.slot_s)
            if number > self._closed and within_s > 0:
                yield number, within_s

    def _get(self, number: int, region: str) -> _Open:
        found = self._open.get((number, region))
        if found is None:
            found = self._open[number, region] = _Open(np.zeros((len(self._layout.services), METRICS)))
        return found

    def _weigh(self, edge: str, requests_per_s: float, covered_s: float) -> None:
        before = self._weights.get(edge)
        share = min(1.0, covered_s / (USUAL_SLOTS * self.slot_s))
        self._weights[edge] = requests_per_s if before is None else before + share * (requests_per_s - before)

    def _close(self, number: int, region: str, moment: Moment) -> Slot:
        found = self._open.pop((number, region), None)
        counts = np.zeros((len(self._layout.services), COLUMNS), np.float32)
        if found is not None:
            rows = np.flatnonzero(found.raw.any(axis=1))
            names = [self._layout.services[row] for row in rows.tolist()]
            read_only = self._note_writes(region, names, found.raw[rows, Metric.MITIGATED], moment.read_only)
            flags = (_flag(names, moment.switched_off), _flag(names, read_only), self._usually_slow[region][rows])
            counts[rows] = count_slot(found.raw[rows], *flags)
        watched = self._watch(number, region, found.covered_s if found else {}, moment.dead)
        covered, dead = self._share(region, watched)
        measured = covered + dead >= MEASURED_SHARE
        if dead > 0:
            self._add_missed(region, counts, dead)
        elif measured:
            self.learn(region, counts[:, Column.OWED])
        return Slot(counts, measured, {edge: each for edge, each in watched.items() if any(each)})

    def _note_writes(
        self, region: str, names: Sequence[str], mitigated: NDArray[np.float64], read_only: frozenset[str]
    ) -> frozenset[str]:
        """The services that are read-only, and of which a write was refused since."""
        refused = {(region, name) for name, count in zip(names, mitigated, strict=True) if count and name in read_only}
        kept = {(place, name) for place, name in self._refused_writes if place != region or name in read_only}
        self._refused_writes = kept | refused
        return frozenset(name for place, name in self._refused_writes if place == region)

    def _watch(
        self, number: int, region: str, covered_s: Mapping[str, float], dead: Iterable[Dead]
    ) -> dict[str, Watched]:
        """How every edge of a region was heard."""
        dead_s = dict.fromkeys(self._layout.edges[region], 0.0)
        for each in dead:
            if each.edge in dead_s:
                began, ended = number * self.slot_s, (number + 1) * self.slot_s
                dead_s[each.edge] += max(0.0, min(ended, each.ended_at) - max(began, each.began_at))
        return {edge: Watched(min(self.slot_s, covered_s.get(edge, 0.0)), dead_s[edge]) for edge in dead_s}

    def _share(self, region: str, watched: Mapping[str, Watched]) -> tuple[float, float]:
        """The shares of the region's usual traffic that were reported, and that came to dead edges."""
        edges = self._layout.edges[region]
        weights = {edge: max(_WEIGHT_MIN, self._weights.get(edge, 0.0)) for edge in edges}
        whole = sum(weights.values()) * self.slot_s
        if not whole:
            return 0.0, 0.0
        covered, dead = (sum(weights[edge] * watched[edge][n] for edge in edges) / whole for n in (0, 1))
        return covered, dead

    def _add_missed(self, region: str, counts: Floats, dead: float) -> None:
        """What dead edges would have been asked for and no other edge was: owed, and lost."""
        usual = self._usual[region]
        missed = np.clip(usual - counts[:, Column.OWED], 0.0, usual * np.float32(min(1.0, dead)))
        missed[missed < _MISSED_MIN] = 0.0
        counts[:, Column.OWED] += missed
        counts[:, Column.LOST] += missed


def select_rows(array: NDArray[Kind], rows: NDArray[np.intp]) -> NDArray[Kind]:
    """These rows (first axis) of an array, in this order; -1 stands for a new one, which is zero."""
    chosen = np.zeros((len(rows), *array.shape[1:]), array.dtype)
    there = rows >= 0
    chosen[there] = array[rows[there]]
    return chosen


def _flag(names: Sequence[str], wanted: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([name in wanted for name in names], np.bool_)


class KnownTime:
    """For how long something is known of each subject of a region: time with requests, and short pauses between."""

    def __init__(self, subjects: int, slot_s: float, quiet_slots: int) -> None:
        self._slot_s = slot_s
        self._quiet_slots = quiet_slots
        self._measured = 0
        self._asked = np.full(subjects, -quiet_slots - 1, np.int64)

    def select(self, rows: NDArray[np.intp]) -> None:
        """Keep the subjects of these rows, in this order; -1 stands for a new one."""
        before = self._asked[np.maximum(rows, 0)] if len(self._asked) else np.zeros(len(rows), np.int64)
        self._asked = np.where(rows >= 0, before, self._measured - self._quiet_slots - 1)

    def close_slot(self, owed: Floats, *, measured: bool) -> Floats:
        """Seconds that become known with a slot; shape (subjects,)."""
        known = np.zeros(len(owed), np.float32)
        if not measured:
            return known
        self._measured += 1
        asked = owed > 0
        pause = self._measured - self._asked[asked]
        known[asked] = np.where(pause <= self._quiet_slots, pause, 1) * self._slot_s
        self._asked[asked] = self._measured
        return known
