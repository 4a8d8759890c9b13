"""How often ordinary traffic alarms the watch: made-up tenants with days, noise, and surges that mean well."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bench.detection.tenants import TICK_S, Stand, build_stand, draw_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from holdfast.detect.tick_result import TickResult

HOURS_A_MONTH = 720.0
SURGES_A_DAY = 11.0
SURGE_FACTORS = (2.5, 4.0)
RISES_S, FALLS_S = (5.0, 60.0), 300.0
DAY_SWING, WALK_DEVIATION, WALK_S = 0.6, 0.15, 1_800.0
RATES_RPS = (0.5, 200.0)
DISPERSION = (1.0, 4.0)
HEADROOM = 12.0
"""Over the mean rate: days and surges together reach 6.4 times it, and the walk sometimes half as much again."""
STEP_S = 5.0
SETTLED_S = 900.0
"""Findings of the first minutes, while everything is new, aren't counted."""


@dataclass
class Alarms:
    """Findings that opened, by kind and tier, in so many tenant-months; `late` those of the second half."""

    tenant_months: float
    surges: int = 0
    opened: Counter[str] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)
    harmful: list[str] = field(default_factory=list)

    def note(self, result: TickResult, *, late: bool) -> None:
        """Count what opened at a tick."""
        for key in result.opened:
            finding = result.findings[key]
            name = f"{finding.kind} tier {int(finding.tier)}"
            self.opened[name] += 1
            self.late[name] += late
            if finding.tier > 1:
                self.harmful.append(f"{finding.kind} of {finding.service} at {result.at:.0f} s: {finding.evidence}")


class _Tenants:
    """Rates follow a day, a slow random walk, and now and then a surge: up within a minute, down within many."""

    def __init__(self, rng: np.random.Generator, mean_rps: NDArray[np.float64]) -> None:
        tenants = len(mean_rps)
        self.rng, self.mean_rps, self.surges = rng, mean_rps, 0
        self.phase = rng.uniform(0, 2 * np.pi, tenants)
        self.walk = rng.normal(0, WALK_DEVIATION, tenants)
        self.surge, self.target = np.ones(tenants), np.zeros(tenants)
        self.rise_s = rng.uniform(*RISES_S, tenants)

    def move(self, now: float) -> NDArray[np.float64]:
        """The rates of the next `STEP_S`."""
        keep = np.exp(-STEP_S / WALK_S)
        self.walk = self.walk * keep + self.rng.normal(0, WALK_DEVIATION * np.sqrt(1 - keep**2), len(self.walk))
        begins = self.rng.random(len(self.walk)) < SURGES_A_DAY * STEP_S / 86_400
        self.surges += int(begins.sum())
        self.target = np.where(begins, self.rng.uniform(*SURGE_FACTORS, len(begins)), self.target)
        rise = self.surge + (self.target - self.surge) * (1 - np.exp(-STEP_S / self.rise_s))
        fall = 1 + (self.surge - 1) * np.exp(-STEP_S / FALLS_S)
        self.surge = np.where(self.target > 1, rise, fall)
        self.target[self.surge > 0.95 * self.target] = 0
        day = 1 + DAY_SWING * np.sin(2 * np.pi * now / 86_400 + self.phase)
        return self.mean_rps * day * np.exp(self.walk) * self.surge


def count_alarms(tenants: int, hours: float, seed: int, tick_s: float = TICK_S) -> Alarms:
    """Play so many tenants for so long."""
    rng = np.random.default_rng(seed)
    mean = RATES_RPS[0] * (RATES_RPS[1] / RATES_RPS[0]) ** rng.random(tenants)
    world, dispersion = _Tenants(rng, mean), rng.uniform(*DISPERSION, tenants)
    stand, alarms, rates = build_stand((mean * HEADROOM).tolist()), Alarms(tenants * hours / HOURS_A_MONTH), mean
    for tick in range(round((hours * 3600 + SETTLED_S) / tick_s)):
        if tick % round(STEP_S / tick_s) == 0:
            rates = world.move(tick * tick_s)
        result = stand.tick(draw_counts(rng, rates * tick_s, dispersion), tick_s)
        if stand.now > SETTLED_S:
            alarms.note(result, late=stand.now > SETTLED_S + hours * 1800)
    alarms.surges = world.surges
    return alarms


def play_counts(stand: Stand, counts: NDArray[np.int64], tick_s: float, tenant_months: float) -> Alarms:
    """Play counts of shape (ticks, services); the first minutes aren't counted."""
    alarms = Alarms(tenant_months)
    for tick, row in enumerate(counts):
        result = stand.tick(row, tick_s)
        if stand.now > SETTLED_S:
            alarms.note(result, late=tick > len(counts) / 2)
    return alarms
