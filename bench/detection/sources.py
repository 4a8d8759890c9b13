"""Whether sources are told right: rules for what can be told, and none for what can't."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from holdfast.detect.attribution import attribute
from holdfast.model.source_rule import compile_rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.detection.request_mix import Draw, Site
    from holdfast.detect.attribution import Attribution
    from holdfast.model.sample import SampledRequest

SAMPLES = 200
"""Sampled requests now, and as many before."""
JUDGED = 2_000
"""Fresh requests of each kind that every rule is tried on."""
REMOVES, SPARES = 0.8, 0.98
RATIOS = (2.0, 10.0)


@dataclass
class Tally:
    """Of so many attributions: those that were right, wrong rules, and the CPU time of each."""

    runs: int = 0
    right: int = 0
    wrong: int = 0
    cpu_s: list[float] = field(default_factory=list)


def tell_sources(
    draw: Draw, *, tellable: bool, seeds: range, build_site: Callable[[np.random.Generator], Site]
) -> Tally:
    """A rule is right if it removes 80 % of fresh excess and spares 98 % of fresh normal requests.

    Where no rule can tell the excess, none is right; where one can, none is neither right nor wrong.
    """
    tally = Tally()
    for seed in seeds:
        rng = np.random.default_rng(seed)
        site = build_site(rng)
        ratio = float(np.exp(rng.uniform(*np.log(RATIOS))))
        excess = int(rng.binomial(SAMPLES, 1 - 1 / ratio))
        attack = draw(rng, site, excess + JUDGED)
        current = [*site.draw(rng, SAMPLES - excess), *attack[:excess]]
        normal = site.draw(rng, SAMPLES)
        began = process_time()
        found = attribute(current, normal, ratio)
        tally.cpu_s.append(process_time() - began)
        tally.runs += 1
        good = _is_good(found, attack[excess:], site.draw(rng, JUDGED)) if found.source else None
        tally.right += good is True or (good is None and not tellable)
        tally.wrong += good is False
    return tally


def time_attribution(site: Site, draw: Draw, samples: int) -> float:
    """CPU seconds for so many samples now and before: the median of nine."""
    rng = np.random.default_rng(1)
    normal, current = site.draw(rng, samples), draw(rng, site, samples)
    times = []
    for _ in range(9):
        began = process_time()
        attribute(current, normal, 10.0)
        times.append(process_time() - began)
    return float(np.median(times))


def _is_good(found: Attribution, attack: list[SampledRequest], normal: list[SampledRequest]) -> bool:
    assert found.source is not None
    matches = compile_rule(found.source)
    removed, refused = (sum(map(matches, lot)) / len(lot) for lot in (attack, normal))
    return removed >= REMOVES and refused <= 1 - SPARES
