"""Every edge's reports: which of them continue what was counted before, and which edges are blind spots."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.detect.findings import Sighting
from holdfast.detect.intake.latencies import LatencyMeter
from holdfast.detect.series.arrays import Rows, select_columns
from holdfast.detect.traits import LocationTraits
from holdfast.model.finding import Evidence, FindingKind, Tier
from holdfast.model.reading import EdgeReading
from holdfast.model.telemetry import EdgeFigures, EdgeReport

BLIND_S: Final = 3.0
"""An edge that hasn't reported for so long is a blind spot."""
GONE_S: Final = 30.0
"""An edge that hasn't reported for so long is taken to carry nothing: others have its traffic, or nobody."""
SETTLE_S: Final = 3.0
"""After Envoy began anew, the rush of what reconnects isn't judged for so long."""
REPORT_S_MAX: Final = 60.0
"""A report that claims to cover more than this isn't believed."""
_STALL_S: Final = 0.5
"""However long the watch itself was kept from ticking, edges were silent for no more than this in a tick."""
_AVERAGE_S: Final = 2.0


@dataclass(slots=True)
class Edge:
    """One edge, as its reports tell."""

    name: str
    location: int
    in_flight: NDArray[np.int64]
    """Shape (services,)."""
    process: str = ""
    sequence: int = -1
    ended_at: float = -inf
    settled_at: float = -inf
    silent_s: float = 0.0
    lost_reports: int = 0
    figures: EdgeFigures = field(default_factory=EdgeFigures)
    requests_per_s: float = 0.0
    connections_per_s: float = 0.0
    cpu: float = 0.0
    """Cores in use, averaged as the rates beside it."""
    unknown_hosts_per_s: float = 0.0
    latencies: LatencyMeter = field(default_factory=LatencyMeter)
    degraded: tuple[str, ...] = ()

    @property
    def heard(self) -> bool:
        """Whether it ever reported."""
        return bool(self.process)

    @property
    def blind(self) -> bool:
        """Whether its reports are missing."""
        return self.silent_s >= BLIND_S

    @property
    def gone(self) -> bool:
        """Whether it has been missing for so long that it is left out of all sums."""
        return self.silent_s >= GONE_S

    def believes(self, report: EdgeReport) -> bool:
        """Whether a report is new, and of a possible time.

        An agent that began anew counts its reports from the beginning, but its clock goes on.
        """
        covered_s = report.ended_at - report.began_at
        counted = report.process == self.process and report.sequence <= self.sequence
        return 0 < covered_s <= REPORT_S_MAX and not (counted and report.ended_at <= self.ended_at)

    def follow(self, report: EdgeReport) -> None:
        """Take note of a report that is to be believed."""
        if report.process != self.process:
            self.settled_at = report.ended_at + SETTLE_S if self.heard else self.settled_at
        elif report.sequence > self.sequence + 1:
            self.lost_reports += report.sequence - self.sequence - 1
        self.process, self.sequence, self.ended_at = report.process, report.sequence, report.ended_at
        self.silent_s = 0.0
        self.degraded = report.degraded
        self._average(report.whole, report.ended_at - report.began_at)

    def settling(self, report: EdgeReport) -> bool:
        """Whether a report is of the time just after Envoy began anew."""
        return report.began_at < self.settled_at <= report.ended_at + SETTLE_S

    def sight(self, location: str, now: float) -> Sighting:
        """That it is a blind spot: what happens there isn't known."""
        return Sighting(
            kind=FindingKind.BLINDNESS,
            tier=Tier.UNUSUAL,
            evidence=Evidence(now=round(self.silent_s, 2), usual=0.0, score=round(self.silent_s, 2), threshold=BLIND_S),
            began_at=now - self.silent_s,
            location=location,
            edge=self.name,
        )

    def read(self, location: str) -> EdgeReading:
        """The edge as people are shown it."""
        return EdgeReading(
            edge=self.name,
            location=location,
            age_s=self.silent_s if self.heard else None,
            blind=self.blind,
            offered_rps=self.requests_per_s,
            in_flight=self.figures.in_flight,
            connections=self.figures.connections,
            cpu=self.cpu,
            memory_bytes=self.figures.memory_bytes,
            lost_reports=self.lost_reports,
            degraded=self.degraded,
            unknown_hosts_per_s=self.unknown_hosts_per_s,
            p50_s=self.latencies.percentile(0.5),
            p99_s=self.latencies.percentile(0.99),
        )

    def _average(self, whole: EdgeFigures, covered_s: float) -> None:
        share = 1.0 if self.figures == EdgeFigures() else min(1.0, covered_s / _AVERAGE_S)
        self.figures = whole
        self.requests_per_s += share * (whole.requests / covered_s - self.requests_per_s)
        self.connections_per_s += share * (whole.new_connections / covered_s - self.connections_per_s)
        self.cpu += share * (whole.cpu_s / covered_s - self.cpu)
        self.unknown_hosts_per_s += share * (whole.unknown_hosts / covered_s - self.unknown_hosts_per_s)
        self.latencies.take(whole.latencies, covered_s)


class Edges:
    """All edges of the platform."""

    def __init__(self) -> None:
        self.by_name: dict[str, Edge] = {}

    def set_platform(self, locations: Mapping[str, LocationTraits], rows: Rows) -> None:
        """These edges, from now on; `rows` are the services' rows before."""
        before = self.by_name
        self.by_name = {
            name: before.get(name) or Edge(name, number, np.zeros(len(rows), np.int64))
            for number, location in enumerate(locations.values())
            for name in location.edges
        }
        for name, edge in self.by_name.items():
            if name in before:
                edge.in_flight = select_columns(edge.in_flight, rows)
        for number, location in enumerate(locations.values()):
            for name in location.edges:
                self.by_name[name].location = number

    def __iter__(self) -> Iterator[Edge]:
        return iter(self.by_name.values())

    def pass_time(self, tick_s: float) -> None:
        """A tick is over: whoever said nothing in it is silent for longer."""
        for edge in self:
            edge.silent_s += min(tick_s, _STALL_S)
