"""What measured arrays say about a surge. Pure: arrays in, numbers out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

WINDOW_S: Final = 1.0
STEP_S: Final = 0.1
INVERSION_S: Final = 2.0
"""Whether a more critical class fares worse than a less critical one is asked of so long a time."""
INVERSION_MIN: Final = 0.01
"""Differences of success that are smaller don't count."""


def find_peak_rps(answered_at_s: npt.NDArray[np.float64], start_s: float, end_s: float) -> float:
    """The most requests answered in any second that begins and ends between two moments, in steps of 0.1 s.

    `answered_at_s` are the moments of the answers, in any order; shape (answers,).
    """
    at_s = np.sort(answered_at_s)
    starts = np.arange(start_s, end_s - WINDOW_S + STEP_S / 2, STEP_S)
    counts = np.searchsorted(at_s, starts + WINDOW_S) - np.searchsorted(at_s, starts)
    return float(counts.max()) / WINDOW_S if len(counts) else 0.0


def find_rate_rps(answered_at_s: npt.NDArray[np.float64], start_s: float, end_s: float) -> float:
    """Answers a second between two moments, on average."""
    within = np.count_nonzero((answered_at_s >= start_s) & (answered_at_s < end_s))
    return float(within) / (end_s - start_s)


def count_inversions(
    classes: Sequence[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]], start_s: float, end_s: float
) -> tuple[int, int]:
    """How often a more critical class fared worse than the next, over how many comparisons.

    `classes`, the most critical first, each with the moments at which requests were due and whether they succeeded;
    compared over every two seconds between two moments.
    """
    inversions = compared = 0
    for window_s in np.arange(start_s, end_s - INVERSION_S + STEP_S / 2, INVERSION_S):
        successes = [_succeeded(at_s, good, float(window_s)) for at_s, good in classes]
        known = [success for success in successes if success is not None]
        compared += max(0, len(known) - 1)
        inversions += sum(1 for more, less in pairwise(known) if more < less - INVERSION_MIN)
    return inversions, compared


def _succeeded(at_s: npt.NDArray[np.float64], good: npt.NDArray[np.bool_], start_s: float) -> float | None:
    within = good[(at_s >= start_s) & (at_s < start_s + INVERSION_S)]
    return float(np.mean(within)) if len(within) else None
