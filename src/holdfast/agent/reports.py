"""From what an Envoy pushes to a report: what each service's counters say, in the model's metrics."""

import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.adapters.telemetry.otlp import Export
from holdfast.agent.upstreams import UpstreamTally
from holdfast.compile.counting import DOWNSTREAM_TIME, UNKNOWN_HOSTS, WEIGHTS, Kind, ServiceCount, read_count
from holdfast.compile.upstream_health import STATS_PREFIX
from holdfast.model.telemetry import Counts, EdgeFigures, Latencies, Metric

NAMES_MAX: Final = 500_000
"""Names of counters whose meaning is remembered; then all are read anew."""


class Tally:
    """Counts of services since the last report, gathered from one export or several."""

    def __init__(self) -> None:
        self.upstreams = UpstreamTally()
        self._meanings: dict[str, ServiceCount | None] = {}
        self._debts: dict[str, int] = {}
        self._counted: dict[str, NDArray[np.int64]] = {}
        self._edge: dict[str, int] = {}
        self._latencies: dict[float, int] = {}
        self._gauges: Mapping[str, int] = {}

    def add(self, export: Export) -> None:
        """Take in what an export says."""
        if len(self._meanings) > NAMES_MAX:
            self._meanings.clear()
        for name, rise in export.counters.items():
            if name.startswith(STATS_PREFIX):
                self.upstreams.count(name, rise)
            else:
                self._count(name, rise)
        self.upstreams.note_endpoints(export)
        bounds, counts = export.histograms.get(DOWNSTREAM_TIME, ((), ()))
        for bound, count in zip((*bounds, math.inf), counts, strict=False):
            self._latencies[bound / 1000] = self._latencies.get(bound / 1000, 0) + count
        self._gauges = export.gauges

    def take(self, in_flight: Mapping[str, int]) -> tuple[tuple[str, ...], Counts, NDArray[np.int64]]:
        """Services that anything changed of or that have requests in flight, their counts and those; then begin anew.

        A request that was refused late is taken from what is admitted later, so that nothing counted is below zero.
        """
        services = tuple(dict.fromkeys((*self._counted, *in_flight)))
        kinds = np.zeros((len(services), len(Kind)), np.int64)
        for row, service in enumerate(services):
            if (counted := self._counted.get(service)) is not None:
                kinds[row] = counted
        counts = kinds @ WEIGHTS
        self._settle_debts(services, counts)
        self._counted = {}
        return services, counts, np.fromiter((in_flight.get(s, 0) for s in services), np.int64, len(services))

    def take_figures(self, cpu_s: float, memory_bytes: int) -> EdgeFigures:
        """The edge as a whole; then begin anew."""
        counted, self._edge = self._edge, {}
        latencies, self._latencies = sorted(self._latencies.items()), {}
        return EdgeFigures(
            requests=counted.get("http.edge.downstream_rq_total", 0),
            new_connections=counted.get("http.edge.downstream_cx_total", 0),
            connections=self._gauges.get("http.edge.downstream_cx_active", 0),
            in_flight=self._gauges.get("http.edge.downstream_rq_active", 0),
            cpu_s=cpu_s,
            memory_bytes=memory_bytes,
            unknown_hosts=counted.get(UNKNOWN_HOSTS, 0),
            latencies=Latencies(tuple(b for b, _ in latencies), tuple(c for _, c in latencies)),
        )

    def _count(self, name: str, rise: int) -> None:
        meaning = self._meanings.get(name, _UNREAD)
        if meaning is _UNREAD:
            meaning = self._meanings[name] = read_count(name)
        if meaning is None:
            self._edge[name] = self._edge.get(name, 0) + rise
            return
        counted = self._counted.get(meaning.service)
        if counted is None:
            counted = self._counted[meaning.service] = np.zeros(len(Kind), np.int64)
        counted[meaning.kind] += rise

    def _settle_debts(self, services: tuple[str, ...], counts: Counts) -> None:
        admitted = counts[:, Metric.ADMITTED]
        for row in _rows_of(services, self._debts):
            admitted[row] -= self._debts.pop(services[row])
        for row in np.flatnonzero(admitted < 0).tolist():
            self._debts[services[row]] = -int(admitted[row])
            admitted[row] = 0


def _rows_of(services: tuple[str, ...], wanted: Mapping[str, int]) -> Iterator[int]:
    if wanted:
        yield from (row for row, service in enumerate(services) if service in wanted)


_UNREAD: Final = ServiceCount("", Kind.PASSED)
