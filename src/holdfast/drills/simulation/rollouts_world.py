"""A platform while something is rolled out over it: what its edges report, step by step."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from holdfast.drills.simulation.population import RATE_MAX_RPS, RATE_MEDIAN_RPS, RATE_MIN_RPS, RATE_SIGMA, Floats
from holdfast.drills.simulation.rollouts_events import Event, Rows, add_shares
from holdfast.drills.simulation.rollouts_shapes import Shapes
from holdfast.model.telemetry import METRICS, EdgeReport, Metric

BEGINS_AT: Final = 1_700_000_000.0
_DRAWN: Final = (
    Metric.LIMITED,
    Metric.SHED,
    Metric.MITIGATED,
    Metric.REJECTED,
    Metric.FAILED,
    Metric.CLIENT_ERRORS,
    Metric.SLOW,
    Metric.SLOWER,
    Metric.SLOWEST,
    Metric.WALLED,
)
COLUMN_OF: Final = {metric: number for number, metric in enumerate(_DRAWN)}
_USUAL: Final = {
    Metric.LIMITED: (1e-4, 2.0),
    Metric.SHED: (1e-5, 1.0),
    Metric.MITIGATED: (1e-9, 0.1),
    Metric.REJECTED: (2e-3, 1.5),
    Metric.FAILED: (1e-3, 1.5),
    Metric.CLIENT_ERRORS: (1.5e-2, 1.2),
    Metric.SLOW: (2e-2, 1.5),
    Metric.SLOWER: (3e-3, 1.5),
    Metric.SLOWEST: (3e-4, 1.5),
    Metric.WALLED: (1e-5, 1.0),
}
"""Median and spread (of the logarithm) of the shares of services' requests that usually go wrong."""
LATE, LOST = 0.01, 0.002
RESTART_S: Final = 2.0


@dataclass(eq=False)
class RolloutWorld:
    """So many services and edges, from one seed. `drift` is how much all rates and shares change in 300 s."""

    services: int
    edges: int
    shapes: Shapes
    random: np.random.Generator
    drift: float = 0.0
    events: list[Event] = field(default_factory=list)
    restarts_s: tuple[float, float] | None = None
    """When one edge is restarted, and its number's draw."""
    now_s: float = 0.0

    def __post_init__(self) -> None:
        random, services = self.random, self.services
        self.names = tuple(f"s{number:05}" for number in range(services))
        self._names = np.array(self.names, object)
        self.tenant_of: Rows = np.sort(random.integers(0, max(1, round(services * 0.7)), services)).astype(np.intp)
        found, starts = np.unique(self.tenant_of, return_index=True)
        self.tenant_of = np.searchsorted(found, self.tenant_of)
        self.members = np.split(np.arange(services), starts[1:])
        self.mean_rps = np.clip(
            random.lognormal(np.log(RATE_MEDIAN_RPS), RATE_SIGMA, services), RATE_MIN_RPS, RATE_MAX_RPS
        )
        self._usual = np.stack(
            [np.clip(random.lognormal(np.log(m), s, services), 0, 0.6) for m, s in (_USUAL[d] for d in _DRAWN)], axis=1
        )
        self._arrival = random.integers(0, len(self.shapes.arrivals), services)
        self._error = random.integers(-2, len(self.shapes.errors), services)
        self._offset = random.random(services)
        self._wandering = np.zeros(services)
        self._underway: list[tuple[float, EdgeReport]] = []
        self._sequence = 0

    @property
    def now(self) -> float:
        """Unix time, in seconds."""
        return BEGINS_AT + self.now_s

    @property
    def tenants(self) -> dict[str, str]:
        """Each service's tenant."""
        return {name: f"t{tenant}" for name, tenant in zip(self.names, self.tenant_of.tolist(), strict=True)}

    def run(self, seconds: float, step_s: float) -> Iterator[list[EdgeReport]]:
        """Let so much time pass; the reports that come in with each step."""
        for _ in range(round(seconds / step_s)):
            self.now_s += step_s
            yield self._report(self._draw(step_s), step_s)

    def _draw(self, step_s: float) -> Floats:
        going = [event for event in self.events if event.covers(self.now_s)]
        shares = self._usual * self._vary_errors()[:, None] * (1 + self.drift * self.now_s / 300)
        shares[:, COLUMN_OF[Metric.LIMITED]] /= 1 + self.drift
        add_shares(shares, going, COLUMN_OF)
        rates = self._find_rates(step_s)
        for event in going:
            rates[event.rows] *= event.factor
        counts = np.zeros((self.services, METRICS))
        offered = self.random.poisson(rates * step_s).astype(np.float64)
        counts[:, _DRAWN] = np.minimum(self.random.poisson(offered[:, None] * np.clip(shares, 0, 1)), offered[:, None])
        counts[:, Metric.OFFERED] = offered
        for event in going:
            if event.extra_rps:
                extra = self.random.poisson(event.extra_rps * step_s, len(event.rows))
                counts[event.rows, Metric.OFFERED] += extra
                for metric in event.shares:
                    counts[event.rows, metric] += extra
        return self._settle(counts)

    @staticmethod
    def _settle(counts: Floats) -> Floats:
        """What was refused isn't admitted, and what isn't admitted neither fails nor is slow."""
        left = counts[:, Metric.OFFERED].copy()
        for metric in (Metric.REJECTED, Metric.LIMITED, Metric.MITIGATED, Metric.SHED):
            np.minimum(counts[:, metric], left, out=counts[:, metric])
            left -= counts[:, metric]
        counts[:, Metric.ADMITTED] = left
        for metric in (Metric.FAILED, Metric.CLIENT_ERRORS, Metric.SLOW):
            np.minimum(counts[:, metric], left, out=counts[:, metric])
        for less, more in ((Metric.SLOWER, Metric.SLOW), (Metric.SLOWEST, Metric.SLOWER), (Metric.WALLED, Metric.SHED)):
            np.minimum(counts[:, less], counts[:, more], out=counts[:, less])
        return counts

    def _find_rates(self, step_s: float) -> Floats:
        keep = np.exp(-step_s / 120.0)
        self._wandering *= keep
        self._wandering += self.random.normal(0, 0.15 * np.sqrt(1 - keep**2), self.services)
        factors = self._look_up(self.shapes.arrivals, self._arrival)
        return self.mean_rps * factors * np.exp(self._wandering) * (1 + self.drift * self.now_s / 300)

    def _vary_errors(self) -> Floats:
        return self._look_up(self.shapes.errors, self._error)

    def _look_up(self, series: tuple[Floats, ...], which: Rows) -> Floats:
        factors = np.ones(self.services)
        for number, values in enumerate(series):
            rows = np.flatnonzero(which == number)
            places = (self._offset[rows] * len(values) + self.now_s).astype(np.intp) % len(values)
            factors[rows] = values[places]
        return factors

    def _report(self, counts: Floats, step_s: float) -> list[EdgeReport]:
        self._sequence += 1
        whole = counts.astype(np.int64)
        each, left = whole // self.edges, whole % self.edges
        lucky = self.random.integers(0, self.edges, self.services)
        for edge in range(self.edges):
            mine = each + left * (lucky == edge)[:, None]
            if self._is_silent(edge) or self.random.random() < LOST:
                continue
            due_s = self.now_s + (self.random.uniform(0, 2.0) if self.random.random() < LATE else 0.0)
            self._underway.append((due_s, self._write(edge, mine, step_s)))
        due = [report for at_s, report in self._underway if at_s <= self.now_s]
        self._underway = [(at_s, report) for at_s, report in self._underway if at_s > self.now_s]
        return due

    def _is_silent(self, edge: int) -> bool:
        if self.restarts_s is None:
            return False
        began_s, draw = self.restarts_s
        return edge == int(draw * self.edges) and began_s <= self.now_s < began_s + RESTART_S

    def _write(self, edge: int, counts: np.ndarray[tuple[int, int], np.dtype[np.int64]], step_s: float) -> EdgeReport:
        rows = np.flatnonzero(counts[:, Metric.OFFERED])
        return EdgeReport(
            edge=f"e{edge}",
            process="1",
            sequence=self._sequence,
            began_at=self.now - step_s,
            ended_at=self.now,
            services=tuple(self._names[rows].tolist()),
            counts=counts[rows],
            in_flight=np.zeros(len(rows), np.int64),
        )
