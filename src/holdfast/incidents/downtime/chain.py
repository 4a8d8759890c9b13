"""The likeliest course of a share over time: a change is believed once it explains the counts much better than none.

Each slot has a number of requests and of bad ones among them, binomial around one of a few levels. The likeliest
sequence of levels is found by dynamic programming (Viterbi 1967), where every change of level costs `CHANGE_COST`. So
many requests decide slot by slot, few are pooled with their neighbours for as long as nothing changes.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.incidents.downtime.definition import DEGRADED_SHARE, DOWN_SHARE, SLOW_SHARE

Scores = NDArray[np.float64]
"""Shape (series, levels): log likelihoods of the best courses that end at each level, less that of the best."""

SHARES: Final = np.array([0.0005, 0.005, 0.02, 0.04, 0.065, 0.12, 0.2, 0.3, 0.43, 0.57, 0.75, 0.93, 0.998])
"""The levels; none within a tenth of where something begins to count as degraded, slow or down."""
LEVELS: Final = len(SHARES)
CHANGE_COST: Final = 8.0
"""A change must make what was counted e^8, three thousand times likelier. Two lost requests in a row aren't enough."""
IS_DEGRADED: Final = SHARES >= DEGRADED_SHARE
IS_DOWN: Final = SHARES >= DOWN_SHARE
IS_SLOW: Final = SHARES >= SLOW_SHARE
_WELL: Final = (0.0, -2.0, -5.0, -7.0)
"""How likely the levels that are up are at first (logarithms): three lost requests in a row are no bad habit."""
_LOG_BAD: Final = np.log(SHARES)
_LOG_GOOD: Final = np.log1p(-SHARES)
_BITS: Final = 1 << np.arange(LEVELS)


def begin_up(series: int) -> Scores:
    """Before anything was counted, all is well: the more is lost, the less likely; what isn't up is a change."""
    scores = np.full((series, LEVELS), -CHANGE_COST)
    scores[:, ~IS_DEGRADED] = _WELL
    return scores


def advance(scores: Scores, all_: NDArray[np.float64], bad: NDArray[np.float64]) -> tuple[Scores, NDArray[np.int64]]:
    """One slot further, with so many requests of each series and bad ones among them.

    Also where each course came from, for `trace`: the best level before in the lower byte, above it a bit for each
    level that was changed to from there.
    """
    best = scores.argmax(axis=1)
    jump = np.take_along_axis(scores, best[:, None], 1) - CHANGE_COST
    came = best + (((scores < jump) @ _BITS) << 8)
    after = np.maximum(scores, jump) + bad[:, None] * _LOG_BAD + (all_ - bad)[:, None] * _LOG_GOOD
    after -= after.max(axis=1, keepdims=True)
    return after, came


def trace(level: int, came: list[int]) -> list[int]:
    """The levels of the best course that ends at this level, slot by slot; `came` is of each slot, as by `advance`."""
    levels = []
    for step in reversed(came):
        levels.append(level)
        if step >> 8 >> level & 1:
            level = step & 0xFF
    levels.reverse()
    return levels
