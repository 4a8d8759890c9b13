"""What measured arrays amount to. Pure: arrays in, numbers out; a failed request's latency is infinite throughout."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Latencies: TypeAlias = npt.NDArray[np.floating[Any]]
"""Milliseconds of one request each, infinite for one that failed; shape (requests,)."""

HALVINGS: Final = 400
SPREAD_PERCENT: Final = (5.0, 95.0)


def find_percentile(latency_ms: Latencies, percent: float) -> float:
    """Nearest rank: the smallest latency that at least `percent` % of the requests don't exceed.

    Raises ValueError when there are none.
    """
    if len(latency_ms) == 0:
        raise ValueError("no requests, so no percentile")
    rank = max(1, math.ceil(percent / 100 * len(latency_ms)))
    return float(np.partition(latency_ms, rank - 1)[rank - 1])


def compute_success(latency_ms: Latencies) -> float:
    """Share of requests that didn't fail, 0 to 1. Raises ValueError when there are none."""
    if len(latency_ms) == 0:
        raise ValueError("no requests, so no success rate")
    return float(np.mean(np.isfinite(latency_ms)))


def compare_p99(flood_ms: Latencies, solo_ms: Latencies) -> float:
    """p99 under the flood over p99 without it; not a number where more than 1 % fail without a flood already."""
    solo = find_percentile(solo_ms, 99)
    return find_percentile(flood_ms, 99) / solo if math.isfinite(solo) else math.nan


def compare_halves(solo_blocks: Sequence[Latencies], seed: int) -> tuple[float, float]:
    """What ratios of p99 come from nothing: blocks without a flood, one random half of them over the other.

    Whole blocks are drawn, since what disturbs a machine disturbs neighbouring requests alike. Returns the 5th and
    the 95th percentile of the ratios; not numbers with fewer than two blocks, or where the flood isn't what fails.
    """
    chance, half = np.random.default_rng(seed), len(solo_blocks) // 2
    if half == 0 or not all(math.isfinite(find_percentile(block, 99)) for block in solo_blocks):
        return math.nan, math.nan
    ratios = []
    for _ in range(HALVINGS):
        order = chance.permutation(len(solo_blocks))
        one, other = (np.concatenate([solo_blocks[i] for i in part]) for part in (order[:half], order[half : 2 * half]))
        ratios.append(compare_p99(one, other))
    low, high = np.percentile(ratios, SPREAD_PERCENT)
    return float(low), float(high)


def compute_guarantee_rps(guaranteed: int, answer_s: float, slowest_s: float, limit_rps: float) -> float:
    """Requests a second that a tenant must get under any flood.

    Its guaranteed places, each busy for `answer_s` times their number (at most `slowest_s`), turn over so many; more
    than its own limit it never gets.
    """
    return min(limit_rps, guaranteed / min(answer_s * guaranteed, slowest_s))


def find_passing_rate(rates_rps: Sequence[float], ratios: Sequence[float], ratio_max: float) -> float:
    """The lowest of the rates from which on every ratio is above the maximum; infinite if that of the highest isn't."""
    passing = math.inf
    for rate, ratio in sorted(zip(rates_rps, ratios, strict=True), reverse=True):
        if ratio <= ratio_max:
            break
        passing = rate
    return passing


def is_harmful(success: float, ratio: float, harm_success: float, harm_ratio: float) -> bool:
    """Whether bystanders were hurt: too few answered well, or the p99 grown too much."""
    return success < harm_success or ratio > harm_ratio


def compute_discarded_share(kept: int, discarded: int) -> float:
    """Share of blocks thrown away, 0 to 1; 0 when there were none at all."""
    return discarded / (kept + discarded) if kept + discarded else 0.0
