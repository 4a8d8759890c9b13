"""Whether harm is spread over many tenants of a cohort, and not over the others: a test that holds for bounded noise.

A tenant's deviation is bounded, and tenants are independent but for what befalls all alike. What befalls all alike is
seen with the others: their mean deviation, tenants of like traffic compared with one another, is what chance would give
the cohort, and so is their variance. For a sum of independent deviations, none of which exceeds its mean by more than
b, of variance v in all, Bennett's inequality bounds the chance that the sum exceeds its mean by t:

    P <= exp(-v/b^2 h(b t / v)),  h(u) = (1 + u) ln(1 + u) - u

However bursty tenants are by themselves, this holds. G. Bennett, "Probability inequalities for the sum of independent
random variables", Journal of the American Statistical Association 57 (1962).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from holdfast.rollout.fares import DEVIATION_MAX, Fares, Floats

CLASS_BOUNDS_RPS: Final = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Tenants of like traffic are compared: these rates part them."""
CLASSES: Final = len(CLASS_BOUNDS_RPS) + 1
_KERNEL: Final = (
    np.eye(CLASSES) + 0.5 * np.eye(CLASSES, k=1) + 0.5 * np.eye(CLASSES, k=-1) + 0.05 * np.ones((CLASSES, CLASSES))
).astype(np.float32)
"""Neighbouring classes lend one another what they have seen."""
PRIOR_TENANTS: Final = 5.0
"""What was seen before weighs as much as so many tenants seen now."""
SMOOTH: Final = 1.5
VARIANCE_MIN: Final = 0.1
"""However quiet it was: fewer than four tenants aren't many."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """By signal, shape (SIGNALS,): `log_odds` against chance, natural logarithm; `ratio` of what went wrong to what was
    to be expected; `others_ratio`, what that would be if the cohort suffered as the others do.
    """

    log_odds: Floats
    ratio: Floats
    others_ratio: Floats


def compare_spread(cohort: Fares, others: Fares | None, member_of: Floats, before: Floats) -> Spread:
    """Hold a cohort against others, or, where there are none, against what was before.

    `member_of`: shape (tenants, CLASSES), 1 where a tenant is of a class. `before`: shape (CLASSES, SIGNALS), mean
    square of deviations of as long a while before.
    """
    deviations = cohort.deviations
    there = _find_there(cohort)
    members = member_of.T * there
    mean, square, weight = _expect(others, member_of, before)
    sizes = members.sum(1)
    pooled = _pool(square, weight, members @ np.square(deviations), sizes)
    surprise = (deviations * there[:, None]).sum(0) - sizes @ mean
    variance: Floats = sizes @ square + (sizes * sizes / (weight + np.float32(PRIOR_TENANTS))) @ pooled
    expected = cohort.expected.sum(0)
    alike = expected + ((member_of @ mean) * np.sqrt(cohort.expected + np.float32(1.0)) * there[:, None]).sum(0)
    return Spread(
        log_odds=_bound(surprise, variance),
        ratio=(cohort.held.sum(0) + SMOOTH) / (expected + SMOOTH),
        others_ratio=np.maximum(alike + SMOOTH, SMOOTH) / (expected + SMOOTH),
    )


def _find_there(fares: Fares) -> Floats:
    there: Floats = ((fares.requests > 0) | (fares.wrong[:, -1] > 0)).astype(np.float32)
    return there


def _expect(others: Fares | None, member_of: Floats, before: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and mean square of deviations by class and signal, and how many tenants they were seen with."""
    if others is None:
        return np.zeros_like(before), before, np.zeros(CLASSES, np.float32)
    deviations = others.deviations
    there = _find_there(others)
    members = member_of.T * there
    weight = _KERNEL @ members.sum(1)
    mean = _KERNEL @ (members @ deviations) / np.maximum(weight, np.float32(1.0))[:, None]
    total = weight[:, None] + np.float32(PRIOR_TENANTS)
    square = (_KERNEL @ (members @ np.square(deviations)) + np.float32(PRIOR_TENANTS) * before) / total
    return mean, square, weight


def _pool(square: Floats, weight: Floats, cohort_squares: Floats, sizes: Floats) -> Floats:
    """Mean square with the cohort's own: what the others' mean is uncertain by, if the cohort is one of them."""
    prior = weight + np.float32(PRIOR_TENANTS)
    pooled: Floats = (square * prior[:, None] + cohort_squares) / (prior + sizes)[:, None]
    return pooled


def _bound(surprise: Floats, variance: Floats) -> Floats:
    scale = np.float32(DEVIATION_MAX)
    variance = np.maximum(variance, np.float32(VARIANCE_MIN))
    u = scale * np.maximum(surprise, 0) / variance
    log_odds: Floats = variance / scale**2 * ((1 + u) * np.log1p(u) - u)
    return log_odds
