"""What edges report, added up into counters that only ever rise."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.model.intent import Intent
from holdfast.model.platform import Criticality
from holdfast.model.telemetry import METRICS, EdgeReport, Metric

EDGES_MAX: Final = 2_000
"""Edges that are counted; reports of more are passed over."""
Counts = NDArray[np.int64]
"""Shape (METRICS,): requests since control started."""


@dataclass
class EdgeTally:
    """One edge's counters. `buckets` are by upper bound in seconds, not cumulative."""

    location: str
    counts: Counts = field(default_factory=lambda: np.zeros(METRICS, np.int64))
    reports: int = 0
    lost: int = 0
    unknown_hosts: int = 0
    new_connections: int = 0
    cpu_s: float = 0.0
    buckets: dict[float, int] = field(default_factory=dict)
    sampled_share: float = 0.0
    memory_bytes: int = 0
    in_flight: int = 0
    degraded: int = 0
    _sequence: int | None = None

    def take(self, report: EdgeReport, counts: Counts) -> None:
        """Add a report and the sum of its services' counts."""
        whole = report.whole
        self.counts += counts
        self.reports += 1
        if self._sequence is not None and report.sequence > self._sequence:
            self.lost += report.sequence - self._sequence - 1
        self._sequence = report.sequence
        self.unknown_hosts += whole.unknown_hosts
        self.new_connections += whole.new_connections
        self.cpu_s += whole.cpu_s
        for bound_s, count in zip(whole.latencies.bounds_s, whole.latencies.counts, strict=True):
            self.buckets[bound_s] = self.buckets.get(bound_s, 0) + count
        self.sampled_share, self.degraded = report.sampled_share, len(report.degraded)
        self.memory_bytes, self.in_flight = whole.memory_bytes, whole.in_flight


@dataclass(frozen=True, slots=True)
class Totals:
    """Counters of everything but services, at one moment."""

    edges: Mapping[str, EdgeTally]
    locations: Mapping[str, Counts]
    classes: Mapping[Criticality, Counts]


class TrafficTally:
    """Counters by edge, location, class of criticality and service. Services are those of the intent that it knows.

    What the platform no longer has is forgotten; what returns begins at zero. For any thread.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._edges: dict[str, EdgeTally] = {}
        self._locations: dict[str, Counts] = {}
        self._classes = {criticality: np.zeros(METRICS, np.int64) for criticality in Criticality}
        self._rows: dict[str, int] = {}
        self._counts = np.zeros((0, METRICS), np.int64)
        self._class_of = np.zeros(0, np.int8)
        self._location_of: Mapping[str, str] = {}

    def know(self, intent: Intent) -> None:
        """Have the platform that comes in force known: its services, their classes, and where edges stand."""
        places = intent.platform.locations
        rows = {name: row for row, name in enumerate(intent.services)}
        default, order = intent.platform.defaults.criticality, list(Criticality)
        classes = (order.index(owned.service.criticality or default) for owned in intent.services.values())
        with self._lock:
            counts = np.zeros((len(rows), METRICS), np.int64)
            stay = list(rows.keys() & self._rows.keys())
            counts[[rows[name] for name in stay]] = self._counts[[self._rows[name] for name in stay]]
            self._rows, self._counts = rows, counts
            self._class_of = np.fromiter(classes, np.int8, len(rows))
            self._location_of = {edge.name: name for name, place in places.items() for edge in place.edges}
            self._edges = {name: tally for name, tally in self._edges.items() if name in self._location_of}
            self._locations = {name: kept for name, kept in self._locations.items() if name in places}

    def take(self, report: EdgeReport) -> None:
        """Add a report. Services that aren't known are counted with the edge and its location only."""
        total = report.counts.sum(axis=0)
        with self._lock:
            edge = self._find_edge(report.edge)
            if edge is None:
                return
            edge.take(report, total)
            self._locations.setdefault(edge.location, np.zeros(METRICS, np.int64))[:] += total
            self._take_services(report)

    def totals(self) -> Totals:
        """A copy of all but services."""
        with self._lock:
            return Totals(deepcopy(self._edges), deepcopy(self._locations), deepcopy(self._classes))

    def offered(self) -> tuple[list[str], Counts]:
        """Every service, and what each was offered since control started: shape (services,)."""
        with self._lock:
            return list(self._rows), self._counts[:, Metric.OFFERED].copy()

    def counts_of(self, services: Iterable[str]) -> dict[str, Counts]:
        """The counts of those of the services that are known."""
        with self._lock:
            return {name: self._counts[self._rows[name]].copy() for name in services if name in self._rows}

    def _take_services(self, report: EdgeReport) -> None:
        rows = np.fromiter((self._rows.get(name, -1) for name in report.services), np.int64, len(report.services))
        known = rows >= 0
        rows, counts = rows[known], report.counts[known]
        self._counts[rows] += counts
        for number, criticality in enumerate(Criticality):
            self._classes[criticality] += counts[self._class_of[rows] == number].sum(axis=0)

    def _find_edge(self, name: str) -> EdgeTally | None:
        location, found = self._location_of.get(name), self._edges.get(name)
        if location is None or (found is None and len(self._edges) >= EDGES_MAX):
            return None
        if found is None or found.location != location:
            found = self._edges[name] = EdgeTally(location)
        return found
