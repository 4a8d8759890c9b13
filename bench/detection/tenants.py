"""Made-up traffic of tenants, tick by tick, and a watch that looks at it through one edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from holdfast.detect.traits import LocationTraits, ServiceTraits
from holdfast.detect.watch import Watch
from holdfast.model.platform import Capacity
from holdfast.model.telemetry import METRICS, EdgeReport, Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from holdfast.detect.tick_result import TickResult

TICK_S = 0.25
ROOMY = Capacity(in_flight=1_000_000, requests=10_000_000.0, connections=1_000_000)


def draw_counts(
    rng: np.random.Generator, rates: NDArray[np.float64], dispersion: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Requests of a tick: negative binomial, with means `rates` and variances `dispersion` times as large."""
    excess = dispersion - 1
    scale = np.maximum(excess, 1e-9)
    gamma = rng.gamma(np.maximum(rates, 1e-12) / scale, scale)
    return rng.poisson(np.where(excess > 1e-6, gamma, rates))


@dataclass
class Stand:
    """A watch over services behind one edge, fed with counts of what is offered."""

    names: tuple[str, ...]
    watch: Watch
    now: float = 0.0
    sequence: int = 0

    def __post_init__(self) -> None:
        self.row_of = {name: row for row, name in enumerate(self.names)}

    def tick(self, offered: NDArray[np.int64], tick_s: float = TICK_S) -> TickResult:
        self.now += tick_s
        self.sequence += 1
        counts = np.zeros((len(self.names), METRICS), np.int64)
        counts[:, Metric.OFFERED] = counts[:, Metric.ADMITTED] = offered
        none = np.zeros(len(self.names), np.int64)
        self.watch.take(EdgeReport("edge", "run", self.sequence, self.now - tick_s, self.now, self.names, counts, none))
        return self.watch.tick(self.now)


def build_stand(capacities_rps: Sequence[float]) -> Stand:
    names = tuple(f"tenant-{i}" for i in range(len(capacities_rps)))
    watch = Watch()
    services = {
        name: ServiceTraits(tenant=name, locations=("here",), capacity_rps=float(capacity))
        for name, capacity in zip(names, capacities_rps, strict=True)
    }
    watch.set_platform(services, {"here": LocationTraits(ROOMY, ("edge",))}, 0.0)
    return Stand(names, watch)
