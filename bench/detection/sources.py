"""Whether sources are told right: rules for attacks that can be told, none for those that can't."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from bench.detection.request_mix import TOLD, UNTOLD, Site, build_site, draw_normal

from holdfast.detect.attribution import attribute
from holdfast.model.source_rule import compile_rule

if TYPE_CHECKING:
    from bench.detection.request_mix import Draw

    from holdfast.detect.attribution import Attribution

SAMPLES = 200
JUDGED = 3_000
"""Fresh requests that each rule is tried on, of each kind."""
REMOVES = 0.8
SPARES = 0.98


@dataclass
class Tally:
    """Of so many attributions: right ones, wrong rules, and none where there could be one."""

    runs: int = 0
    right: int = 0
    wrong: int = 0
    removed: list[float] = field(default_factory=list)
    spared: list[float] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)


def judge(found: Attribution, draw: Draw, rng: np.random.Generator, site: Site, tally: Tally, tellable: bool) -> None:
    """A rule is right if it removes 80 % of fresh attack requests and spares 98 % of fresh normal ones."""
    tally.runs += 1
    if found.source is None:
        tally.right += not tellable
        return
    matches = compile_rule(found.source)
    state = rng.bit_generator.state
    removed = float(np.mean([matches(one) for one in draw(rng, site, JUDGED)]))
    spared = 1 - float(np.mean([matches(one) for one in draw_normal(rng, site, JUDGED)]))
    rng.bit_generator.state = state
    tally.removed.append(removed)
    tally.spared.append(spared)
    tally.rules.append(str(found.source)[:100])
    if removed >= REMOVES and spared >= SPARES:
        tally.right += 1
    else:
        tally.wrong += 1


def run_kind(draw: Draw, tellable: bool, seeds: range, samples: int = SAMPLES, normal: int = SAMPLES) -> Tally:
    tally = Tally()
    for seed in seeds:
        rng = np.random.default_rng(seed)
        site = build_site(rng)
        ratio = float(np.exp(rng.uniform(np.log(2), np.log(10))))
        excess = int(rng.binomial(samples, 1 - 1 / ratio))
        before = draw_normal(rng, site, normal)
        state = rng.bit_generator.state
        now = draw_normal(rng, site, samples - excess)
        fixed = np.random.default_rng(seed + 10_000)
        attack = draw(fixed, site, excess + JUDGED)
        found = attribute([*now, *attack[:excess]], before, ratio)
        rng.bit_generator.state = state
        judge(
            found,
            lambda _r, _s, count, attack=attack, excess=excess: attack[excess : excess + count],
            rng,
            site,
            tally,
            tellable,
        )
    return tally


if __name__ == "__main__":
    import sys

    n = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    samples = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    normal = int(sys.argv[3]) if len(sys.argv) > 3 else samples
    for kinds, tellable in ((TOLD, True), (UNTOLD, False)):
        for name, draw in kinds.items():
            t0 = time.perf_counter()
            t = run_kind(draw, tellable, range(n), samples, normal)
            print(
                f"{name:24s} right {t.right / t.runs:.1%} wrong {t.wrong / t.runs:.1%} removed {np.min(t.removed, initial=1):.2f} spared {np.min(t.spared, initial=1):.3f}",
                t.rules[:2],
                f"{time.perf_counter() - t0:.1f}s",
            )
