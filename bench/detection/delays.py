"""How long it takes to see a step in a tenant's traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.detection.tenants import TICK_S, build_stand, draw_counts
from holdfast.model.finding import FindingKind, Tier

if TYPE_CHECKING:
    from numpy.typing import NDArray

REPORT_LAG_S = 0.25
"""From the end of what a report covers until the watch has it."""
LEARN_S = 150.0
ONSETS_S = 30.0
WATCH_S = 60.0


@dataclass(frozen=True)
class Step:
    """Tenants whose traffic is multiplied: ranges of their rates, dispersions, and headroom over the usual rate."""

    name: str
    rate_rps: tuple[float, float]
    factor: float
    dispersion: tuple[float, float] = (1.0, 2.0)
    headroom: tuple[float, float] = (1.5, 4.0)
    tier: Tier = Tier.HARMFUL
    p50_s_max: float | None = None
    p95_s_max: float | None = None


STEPS = (
    Step("10x from 5 rps", (5, 5), 10, p50_s_max=1.2, p95_s_max=2.0),
    Step("10x from 20 rps", (20, 20), 10, p50_s_max=1.2, p95_s_max=2.0),
    Step("10x from 60 rps", (60, 60), 10, p50_s_max=1.2, p95_s_max=2.0),
    Step("10x from 5 rps, headroom 7.7x", (5, 5), 10, headroom=(7.7, 7.7)),
    Step("10x from 20 rps, headroom 7.7x", (20, 20), 10, headroom=(7.7, 7.7)),
    Step("10x from 5 rps, dispersion 3-6", (5, 5), 10, (3, 6)),
    Step("10x from 20 rps, dispersion 6-12", (20, 20), 10, (6, 12)),
    Step("3x from 500-2000 rps", (500, 2000), 3, headroom=(1.2, 1.5), p95_s_max=2.0),
    Step("3x from 6-64 rps", (6, 64), 3, headroom=(1.2, 1.5), p95_s_max=30.0),
)


@dataclass(frozen=True)
class Delays:
    """From onset to the finding, in seconds, infinite where it was missed; and findings before the onset."""

    seconds: NDArray[np.float64]
    early: int


def measure_delays(step: Step, tenants: int, seed: int) -> Delays:
    """Each tenant's step begins at a moment of its own, at any phase of a tick."""
    rng = np.random.default_rng(seed)
    rates, dispersion = rng.uniform(*step.rate_rps, tenants), rng.uniform(*step.dispersion, tenants)
    stand = build_stand((rates * rng.uniform(*step.headroom, tenants)).tolist())
    onset = LEARN_S + rng.uniform(0, ONSETS_S, tenants)
    seen, early = np.full(tenants, np.inf), set()
    for tick in range(round((LEARN_S + ONSETS_S + WATCH_S) / TICK_S)):
        share = np.clip(((tick + 1) * TICK_S - onset) / TICK_S, 0, 1)
        result = stand.tick(draw_counts(rng, rates * TICK_S * (1 + (step.factor - 1) * share), dispersion))
        for finding in result.findings.values():
            if finding.kind is not FindingKind.SURGE or finding.tier < step.tier or finding.service is None:
                continue
            row = stand.row_of[finding.service]
            if stand.now < onset[row]:
                early.add(row)
            else:
                seen[row] = min(seen[row], stand.now + REPORT_LAG_S)
    return Delays(seen - onset, len(early))
