"""What edges report of a tick: split among them, late, lost, or with a gap where one was restarted."""

from dataclasses import dataclass, field

import numpy as np

from holdfast.drills.simulation.edges import Passed
from holdfast.drills.simulation.population import EDGES, Floats, Population
from holdfast.model.telemetry import EdgeFigures, EdgeReport, Metric


@dataclass(frozen=True, slots=True)
class Mishaps:
    """How often reports go astray: the chance of each report to be late or lost, and of each edge to be restarted."""

    late: float = 0.02
    late_s_max: float = 2.0
    lost: float = 0.002
    restart_per_day: float = 1.0
    restart_s: float = 2.0


@dataclass(eq=False)
class Reporter:
    """Makes reports, and hands them over when they arrive."""

    population: Population
    random: np.random.Generator
    step_s: float
    mishaps: Mishaps = field(default_factory=Mishaps)
    restarts: int = 0
    _underway: list[tuple[float, EdgeReport]] = field(default_factory=list)
    _run: dict[str, int] = field(default_factory=lambda: dict.fromkeys(EDGES, 1))
    _sequence: int = 0
    _silent_until: dict[str, float] = field(default_factory=dict)

    def report(self, passed: Passed, now: float) -> list[EdgeReport]:
        """The reports that arrive in the tick that ends now."""
        self._sequence += 1
        for edge, counts in zip(EDGES, self._split(passed.counts), strict=True):
            if self._is_silent(edge, now):
                continue
            report = self._write(edge, counts, passed.in_flight / len(EDGES), now)
            if self.random.random() >= self.mishaps.lost:
                is_late = self.random.random() < self.mishaps.late
                self._underway.append((now + self.random.uniform(0, self.mishaps.late_s_max) * is_late, report))
        due = [report for at, report in self._underway if at <= now]
        self._underway = [(at, report) for at, report in self._underway if at > now]
        return due

    def _split(self, counts: Floats) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.int64]], ...]:
        """Whole numbers that add up, on average, to what was counted."""
        whole = np.floor(counts + self.random.random(counts.shape)).astype(np.int64)
        half = whole // 2 + (whole % 2) * self.random.integers(0, 2, counts.shape)
        return half, whole - half

    def _is_silent(self, edge: str, now: float) -> bool:
        """Restarting takes a moment, in which nothing is reported; what was counted meanwhile is lost."""
        if now < self._silent_until.get(edge, 0.0):
            return True
        if self.random.random() < self.mishaps.restart_per_day * self.step_s / 86_400:
            self._silent_until[edge] = now + self.mishaps.restart_s
            self._run[edge] += 1
            self.restarts += 1
            return True
        return False

    def _write(
        self, edge: str, counts: np.ndarray[tuple[int, int], np.dtype[np.int64]], in_flight: Floats, now: float
    ) -> EdgeReport:
        rows = np.flatnonzero(counts.any(axis=1))
        names = self.population.names
        return EdgeReport(
            edge=edge,
            process=f"{edge}-{self._run[edge]}",
            sequence=self._sequence,
            began_at=now - self.step_s,
            ended_at=now,
            services=names if len(rows) == len(names) else tuple(names[row] for row in rows.tolist()),
            counts=counts[rows],
            in_flight=in_flight[rows].astype(np.int64),
            whole=EdgeFigures(
                requests=int(counts[:, Metric.OFFERED].sum()),
                in_flight=int(in_flight.sum()),
                cpu_s=0.1 * self.step_s,
                connections=100,
            ),
        )
