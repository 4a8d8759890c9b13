"""What a tick costs, beside the same statistic computed for one series after the other."""

from __future__ import annotations

from math import log, sqrt
from time import process_time

import numpy as np

from bench.detection.tenants import ROOMY, TICK_S
from holdfast.detect.series.windows import WINDOWS
from holdfast.detect.traits import LocationTraits, ServiceTraits
from holdfast.detect.watch import Watch
from holdfast.model.telemetry import METRICS, EdgeReport, Metric

METRICS_JUDGED = 4
"""Surges, errors, slow answers, silence."""
TICKS = 60


def time_ticks(services: int, edges: int) -> tuple[list[float], list[float]]:
    """CPU seconds of each tick, and of taking each report, with traffic in most services."""
    rng = np.random.default_rng(2)
    names = tuple(f"service-{i}" for i in range(services))
    rates = rng.lognormal(1, 1.5, services)
    watch = Watch()
    places = tuple(f"edge-{i}" for i in range(edges))
    traits = {name: ServiceTraits("tenant", ("here",), capacity_rps=1e6) for name in names}
    watch.set_platform(traits, {"here": LocationTraits(ROOMY, places)}, 0.0)
    ticks, takes = [], []
    for tick in range(1, TICKS + 1):
        for edge in places:
            report = _report(rng, edge, tick, names, rates / edges)
            began = process_time()
            watch.take(report)
            takes.append(process_time() - began)
        began = process_time()
        watch.tick(tick * TICK_S)
        ticks.append(process_time() - began)
    return ticks[TICKS // 3 :], takes[TICKS // 3 :]


def time_naive(series: int) -> float:
    """CPU seconds for a tick of one series, with the statistic as it is written down, in plain Python."""
    rng = np.random.default_rng(3)
    rings = [rng.poisson(5, WINDOWS[-1]).tolist() for _ in range(series)]
    rates = [5.0 / TICK_S] * series
    began = process_time()
    for row, ring in enumerate(rings):
        rate, ratio = rates[row], 0.0
        for window in WINDOWS:
            lower = max(sqrt(sum(ring[-window:])) - 1.5, 0.0) ** 2
            ratio = max(ratio, (lower + 1.5) / (rate * window * TICK_S + 1.5))
        score = log(ratio)
        gain = TICK_S / (3000 if score > 0.55 else 300)
        rates[row] = rate + gain * (ring[-1] / TICK_S - rate)
    return (process_time() - began) / series


def _report(rng: np.random.Generator, edge: str, tick: int, names: tuple[str, ...], rates: np.ndarray) -> EdgeReport:
    offered = rng.poisson(rates * TICK_S)
    active = np.flatnonzero(offered)
    counts = np.zeros((len(active), METRICS), np.int64)
    counts[:, Metric.OFFERED] = counts[:, Metric.ADMITTED] = offered[active]
    counts[:, Metric.FAILED] = rng.binomial(offered[active], 0.01)
    services = tuple(names[i] for i in active.tolist())
    none = np.zeros(len(active), np.int64)
    return EdgeReport(edge, "run", tick, (tick - 1) * TICK_S, tick * TICK_S, services, counts, none)
