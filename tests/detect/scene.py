"""A platform of made-up services behind a few edges, played second by second into a watch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from holdfast.detect.tick_result import FindingKey, TickResult
from holdfast.detect.traits import UNWALLED, LocationTraits, ServiceTraits
from holdfast.detect.watch import Watch
from holdfast.model.finding import Finding  # noqa: TC001 - a dataclass tells its types at run time
from holdfast.model.platform import Capacity, InFlight
from holdfast.model.telemetry import METRICS, EdgeFigures, EdgeReport, Metric

TICK_S = 0.25
ROOMY = Capacity(in_flight=100_000, requests=1_000_000.0, connections=100_000)


@dataclass
class Client:
    """What one service's clients send: requests per second, and which share of them is refused, fails, or is slow."""

    rate_rps: float
    refused: float = 0.0
    failed: float = 0.0
    slow: Sequence[float] = (0.0, 0.0, 0.0)
    in_flight: int = 0


@dataclass
class Scene:
    """Services by name, edges by location. Clients come to every edge alike, or by `weights`."""

    capacities_rps: Mapping[str, float]
    edges: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"here": ("edge-1",)})
    capacity: Capacity = ROOMY
    in_flight: InFlight = UNWALLED
    weights: Mapping[str, float] = field(default_factory=dict)
    seed: int = 1
    now: float = 0.0

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.watch = Watch()
        self.processes = dict.fromkeys(self._all_edges(), 1)
        self.sequences = dict.fromkeys(self._all_edges(), 0)
        self.reported_at = dict.fromkeys(self._all_edges(), self.now)
        self.result = TickResult(self.now)
        self.seen: dict[FindingKey, Finding] = {}
        self.declare()

    def declare(self) -> None:
        """Hand the platform to the watch, as at each revision."""
        services = {
            name: ServiceTraits("acme", tuple(self.edges), capacity_rps=rps, in_flight=self.in_flight)
            for name, rps in self.capacities_rps.items()
        }
        locations = {name: LocationTraits(self.capacity, tuple(edges)) for name, edges in self.edges.items()}
        self.watch.set_platform(services, locations, self.now)

    def play(self, seconds: float, clients: Mapping[str, Client], mute: Iterable[str] = ()) -> TickResult:
        """Let clients come for a while; `mute` edges report nothing, and nobody comes to them.

        `seen` holds all findings of that time, as they were last.
        """
        self.seen = {}
        for _ in range(round(seconds / TICK_S)):
            self.now += TICK_S
            for report in self.count(clients, frozenset(mute)):
                self.watch.take(report)
            self.tick()
        return self.result

    def tick(self) -> TickResult:
        self.result = self.watch.tick(self.now)
        self.seen.update(self.result.findings)
        return self.result

    def count(self, clients: Mapping[str, Client], mute: frozenset[str] = frozenset()) -> list[EdgeReport]:
        """A report of each edge that isn't mute, of the tick that ends now."""
        speaking = [edge for edge in self._all_edges() if edge not in mute]
        total = sum(self.weights.get(edge, 1.0) for edge in speaking)
        return [self.report(edge, clients, self.weights.get(edge, 1.0) / total) for edge in speaking]

    def report(self, edge: str, clients: Mapping[str, Client], share: float = 1.0) -> EdgeReport:
        """What an edge counted since its last report."""
        covered_s = self.now - self.reported_at[edge]
        rows = [self._count(client, client.rate_rps * covered_s * share) for client in clients.values()]
        self.sequences[edge] += 1
        report = EdgeReport(
            edge=edge,
            process=f"run-{self.processes[edge]}",
            sequence=self.sequences[edge],
            began_at=self.reported_at[edge],
            ended_at=self.now,
            services=tuple(clients),
            counts=np.array(rows, np.int64).reshape(len(rows), METRICS),
            in_flight=np.array([round(client.in_flight * share) for client in clients.values()], np.int64),
            whole=EdgeFigures(
                requests=int(sum(row[Metric.OFFERED] for row in rows)),
                connections=10,
                in_flight=sum(client.in_flight for client in clients.values()),
                cpu_s=covered_s / 10,
            ),
        )
        self.reported_at[edge] = self.now
        return report

    def restart(self, edge: str) -> None:
        """Another Envoy process."""
        self.processes[edge] += 1
        self.sequences[edge] = 0
        self.reported_at[edge] = self.now

    def _count(self, client: Client, expected: float) -> list[int]:
        row = [0] * METRICS
        offered = int(self.rng.poisson(expected))
        refused = int(self.rng.binomial(offered, client.refused))
        admitted = offered - refused
        row[Metric.OFFERED], row[Metric.MITIGATED], row[Metric.ADMITTED] = offered, refused, admitted
        row[Metric.FAILED] = int(self.rng.binomial(admitted, client.failed))
        left, before = admitted, 1.0
        for metric, share in zip((Metric.SLOW, Metric.SLOWER, Metric.SLOWEST), client.slow, strict=True):
            left = int(self.rng.binomial(left, share / before if before else 0.0))
            row[metric], before = left, share
        return row

    def _all_edges(self) -> list[str]:
        return [edge for edges in self.edges.values() for edge in edges]
