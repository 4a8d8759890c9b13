"""Whether single tenants of a cohort fell off a step at its wave, and how likely chance does that.

A drastic step, from nearly nothing to a large share of a tenant's requests, needs no statistics to be seen; what it
needs is to be told from an outage of the tenant's own that happens to begin just then. How often those begin was
counted before, with everybody, and is seen now with the others.
"""

from dataclasses import dataclass
from math import log, sqrt
from typing import Final

import numpy as np

from holdfast.rollout.fares import Fares, Flags, Floats

SHARES_MIN: Final = (0.1, 0.5)
"""A drastic step takes at least so much of a tenant's requests; how often chance makes one depends on how much."""
SHARE_MIN: Final = SHARES_MIN[0]
LOG_LIKELIHOOD_MIN: Final = 7.0
"""So much likelier must the step be than what is usual."""
WORST_FACTOR: Final = 2.0
"""And so many times the worst that was seen before."""
SLACK: Final = 0.5
FACTOR: Final = 1.5
"""What is expected may be wrong by so much, and so many requests."""
PROMPT_S: Final = 4.0
"""What a revision does shows within this time, or with the first requests."""


SETTLED_S: Final = 1.5
"""A step is held for that long before it is judged: what befalls all alike doesn't show with all at once."""
OTHERS_DEVIATIONS: Final = 2.0
"""The number of others that made a step is uncertain by so many of its square roots."""
ALIKE_SHARE: Final = 0.3
"""Where the others suffer so much of what the cohort does, or so many of them make a step too, it is everybody's."""
COMMON_REQUESTS: Final = 10.0
"""No tenant weighs more in what everybody suffers."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Steps of one signal: which tenants made one, shape (tenants,), and when, in seconds since the wave began;
    among how many that had requests.
    """

    made: Flags
    onset_s: Floats
    members: int


def find_steps(fares: Fares) -> Flags:
    """Which tenants suffer drastically, in which signals; shape (SHARES_MIN, tenants, SIGNALS).

    By the likelihood ratio of Poisson counts: x ln(x / e) - (x - e). What comes on top of the usual isn't counted: a
    crawler's 404s take nothing from anybody.
    """
    wrong = fares.displaced
    expected = fares.expected * np.float32(FACTOR) + np.float32(SLACK)
    gain = wrong * np.log(np.maximum(wrong, np.float32(1e-6)) / expected) - (wrong - expected)
    share = (wrong - fares.expected) / np.maximum(fares.requests[:, None], np.maximum(wrong, np.float32(1.0)))
    plain: Flags = (wrong > expected) & (gain >= LOG_LIKELIHOOD_MIN)
    return np.stack([plain & (share >= least) for least in SHARES_MIN])


def weigh_steps(cohort: Steps, others: Steps, per_s: float) -> float:
    """How surprising the cohort's steps are: the logarithm of the odds against chance.

    `per_s` is how often a tenant makes a step by itself. Chernoff's bound of a Poisson tail, of the prompt steps and of
    all of them.
    """
    onsets = cohort.onset_s[cohort.made]
    if not len(onsets):
        return 0.0
    odds = 0.0
    for within_s in (PROMPT_S, max(float(onsets.max()), PROMPT_S)):
        count = int((onsets <= within_s).sum())
        alike = int((others.onset_s[others.made] <= within_s).sum())
        share = (alike + OTHERS_DEVIATIONS * sqrt(alike)) / max(others.members, 1)
        mean = max(cohort.members, 1) * max(per_s * within_s, share)
        odds = max(odds, count * log(count / mean) - (count - mean) if count > mean else 0.0)
    return odds


def suffer_alike(cohort: Fares, others: Fares, number: int, steps: Steps) -> bool:
    """Whether the others, of whom some made steps, suffer in a signal as the cohort does."""
    if steps.members == 0:
        return False
    among = int(steps.made.sum()) >= ALIKE_SHARE * steps.members
    of_others = _weigh_excess(others, number)
    return among or of_others >= ALIKE_SHARE * _weigh_excess(cohort, number)


def _weigh_excess(fares: Fares, number: int) -> float:
    """The share of requests that goes wrong beyond what was to be expected, busy tenants weighing little more."""
    weight = np.minimum(1.0, COMMON_REQUESTS / np.maximum(fares.requests, 1.0))
    return float((weight * fares.excess[:, number]).sum() / max(float((weight * fares.requests).sum()), 1.0))
