"""How long it takes to see a step in a tenant's traffic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bench.detection.tenants import TICK_S, build_stand, draw_counts

from holdfast.model.finding import FindingKind, Tier

REPORT_LAG_S = 0.25
"""From the end of what a report covers until the watch has it."""
LEARN_S = 150.0
WATCH_S = 60.0


@dataclass(frozen=True)
class Step:
    """Tenants whose traffic is multiplied: rates from and to, dispersions, and headroom over the usual rate."""

    name: str
    rate_rps: tuple[float, float]
    factor: float
    dispersion: tuple[float, float]
    headroom: tuple[float, float]
    tier: Tier
    goal: str = ""


STEPS = (
    Step("10x, 5 rps", (5, 5), 10, (1, 2), (1.5, 4), Tier.HARMFUL, "p50 <= 1.2, p95 <= 2"),
    Step("10x, 20 rps", (20, 20), 10, (1, 2), (1.5, 4), Tier.HARMFUL, "p50 <= 1.2, p95 <= 2"),
    Step("10x, 60 rps", (60, 60), 10, (1, 2), (1.5, 4), Tier.HARMFUL, "p50 <= 1.2, p95 <= 2"),
    Step("10x, 5 rps, headroom 7.7x", (5, 5), 10, (1, 2), (7.7, 7.7), Tier.HARMFUL, ""),
    Step("10x, 20 rps, headroom 7.7x", (20, 20), 10, (1, 2), (7.7, 7.7), Tier.HARMFUL, ""),
    Step("10x, 5 rps, bursty", (5, 5), 10, (3, 6), (1.5, 4), Tier.HARMFUL, ""),
    Step("10x, 20 rps, bursty", (20, 20), 10, (6, 12), (1.5, 4), Tier.HARMFUL, ""),
    Step("3x, >= 500 rps", (500, 2000), 3, (1, 2), (1.2, 1.5), Tier.UNUSUAL, "p95 <= 2"),
    Step("3x, 6-64 rps", (6, 64), 3, (1, 2), (1.2, 1.5), Tier.UNUSUAL, "p95 <= 30"),
    Step("3x, 6-64 rps, tier 2", (6, 64), 3, (1, 2), (1.2, 1.5), Tier.HARMFUL, ""),
)


@dataclass(frozen=True)
class Delays:
    seconds: np.ndarray
    missed: int
    false: int


def run_step(step: Step, seeds: int, first_seed: int) -> Delays:
    rng = np.random.default_rng(first_seed)
    rates = rng.uniform(*step.rate_rps, seeds)
    dispersion = rng.uniform(*step.dispersion, seeds)
    stand = build_stand(rates * rng.uniform(*step.headroom, seeds))
    onset = LEARN_S + rng.uniform(0, 30, seeds)
    seen = np.full(seeds, np.inf)
    false = 0
    for tick in range(round((LEARN_S + 30 + WATCH_S) / TICK_S)):
        begins = tick * TICK_S
        share = np.clip((begins + TICK_S - onset) / TICK_S, 0, 1)
        means = rates * TICK_S * (1 + (step.factor - 1) * share)
        result = stand.tick(draw_counts(rng, means, dispersion))
        for finding in result.findings.values():
            if finding.kind is not FindingKind.SURGE or finding.tier < step.tier or not finding.service:
                continue
            row = int(finding.service.split("-")[1])
            if stand.now < onset[row]:
                false += result.opened >= {finding.key}
            else:
                seen[row] = min(seen[row], stand.now + REPORT_LAG_S)
    delays = seen - onset
    return Delays(delays, int(np.isinf(delays).sum()), false)


if __name__ == "__main__":
    import sys

    n = int(sys.argv[1])
    for step in STEPS:
        d = run_step(step, n, 7)
        p = np.percentile(d.seconds, [50, 95, 99])
        print(
            f"{step.name:28s} p50 {p[0]:.2f} p95 {p[1]:.2f} p99 {p[2]:.2f} missed {d.missed} false {d.false}  goal {step.goal}"
        )
