"""How often ordinary traffic alarms the watch: made-up tenants with days, noise, and surges that mean well."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from bench.detection.tenants import TICK_S, build_stand, draw_counts

from holdfast.model.finding import Tier

HOURS_A_MONTH = 720.0
SURGES_A_DAY = 11.0
SETTLED_S = 900.0
"""Findings of the first minutes, while everything is new, aren't counted."""
RATES_STEP_S = 5.0


@dataclass
class FalseAlarms:
    tenant_months: float
    tier_1: int = 0
    tier_2: int = 0
    surges: int = 0
    told: list[str] = field(default_factory=list)
    by_kind: dict[str, int] = field(default_factory=dict)


@dataclass
class _Tenants:
    """Rates follow a day, a slow random walk, and now and then a surge: up within a minute, down within many."""

    rng: np.random.Generator
    mean_rps: np.ndarray
    dispersion: np.ndarray
    phase: np.ndarray
    walk: np.ndarray
    surge: np.ndarray
    target: np.ndarray
    surges: int = 0

    def rates(self, now: float) -> np.ndarray:
        day = 1 + 0.6 * np.sin(2 * np.pi * now / 86_400 + self.phase)
        keep = np.exp(-RATES_STEP_S / 1_800)
        self.walk = self.walk * keep + self.rng.normal(0, 0.15 * np.sqrt(1 - keep**2), len(self.walk))
        begins = self.rng.random(len(self.walk)) < SURGES_A_DAY * RATES_STEP_S / 86_400
        self.surges += int(begins.sum())
        self.target = np.where(begins, self.rng.uniform(2.5, 4.0, len(begins)), self.target)
        rising = self.target > 1
        self.surge = np.where(
            rising,
            self.surge
            + (self.target - self.surge) * (1 - np.exp(-RATES_STEP_S / self.rng.uniform(5, 60, len(begins)))),
            1 + (self.surge - 1) * np.exp(-RATES_STEP_S / 300),
        )
        self.target = np.where(self.surge > 0.95 * self.target, 0, self.target)
        return self.mean_rps * day * np.exp(self.walk) * self.surge


def run(tenants: int, hours: float, seed: int, headroom: float = 8.0, tick_s: float = TICK_S) -> FalseAlarms:
    """`headroom` is over the mean: days and surges together reach 6.4 times it, and the walk a little more."""
    rng = np.random.default_rng(seed)
    mean = np.exp(rng.uniform(np.log(0.5), np.log(200), tenants))
    world = _Tenants(
        rng,
        mean,
        rng.uniform(1, 4, tenants),
        rng.uniform(0, 2 * np.pi, tenants),
        rng.normal(0, 0.15, tenants),
        np.ones(tenants),
        np.zeros(tenants),
    )
    stand = build_stand(mean * headroom)
    alarms = FalseAlarms(tenants * hours / HOURS_A_MONTH)
    every = round(RATES_STEP_S / tick_s)
    rates = mean
    for tick in range(round((hours * 3600 + SETTLED_S) / tick_s)):
        if tick % every == 0:
            rates = world.rates(tick * tick_s)
        result = stand.tick(draw_counts(rng, rates * tick_s, world.dispersion), tick_s)
        if stand.now < SETTLED_S:
            continue
        for key in result.opened:
            finding = result.findings[key]
            alarms.by_kind[f"{finding.kind} {int(finding.tier)}"] = (
                alarms.by_kind.get(f"{finding.kind} {int(finding.tier)}", 0) + 1
            )
            alarms.tier_1 += finding.tier is Tier.UNUSUAL
            alarms.tier_2 += finding.tier is Tier.HARMFUL
            if finding.tier is Tier.HARMFUL or len(alarms.told) < 5:
                alarms.told.append(f"{stand.now:.0f} {key} {finding.evidence}")
    alarms.surges = world.surges
    return alarms


if __name__ == "__main__":
    import sys
    import time

    t = time.process_time()
    a = run(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
    print(
        a.tenant_months,
        "tenant months; tier 1 per month",
        a.tier_1 / a.tenant_months,
        "tier2",
        a.tier_2,
        a.tier_2 / a.tenant_months,
        "surges",
        a.surges,
        a.by_kind,
        time.process_time() - t,
    )
    print("\n".join(a.told[:8]))
