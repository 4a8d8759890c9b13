"""What measured arrays say about attacks. Pure: arrays in, numbers out; a failed request's latency is infinite."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from holdfast.drills.score import find_percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from holdfast.drills.score import Latencies

WINDOW_S: Final = 1.0
STEP_S: Final = 0.1


def find_contained_s(at_s: npt.NDArray[np.float64], latency_ms: Latencies, p99_ms_max: float, end_s: float) -> float:
    """From when on bystanders' p99 is within a maximum again, in seconds since an attack's onset.

    The first moment, in steps of 0.1 s, from which the p99 of a window of 1 s is within the maximum, and the p99 of
    all that is left of the attack too; infinite if there is none before `end_s`. `at_s` are the moments at which
    requests were due, ascending, since the onset; shape (requests,), as `latency_ms`.
    """
    for step in range(math.floor(max(0.0, end_s - WINDOW_S) / STEP_S) + 1):
        start_s = step * STEP_S
        first, beyond, last = np.searchsorted(at_s, (start_s, start_s + WINDOW_S, end_s))
        window, rest = latency_ms[first:beyond], latency_ms[first:last]
        if len(window) and find_percentile(window, 99) <= p99_ms_max >= find_percentile(rest, 99):
            return start_s
    return math.inf


def find_rank(values: Sequence[float], percent: float) -> float:
    """The percentile of a few values, infinite ones included, by nearest rank. Raises ValueError without values."""
    return find_percentile(np.array(values, dtype=np.float64), percent)


def compute_dispersion(at_s: npt.NDArray[np.floating[Any]], start_s: float, end_s: float) -> float:
    """Variance over mean of the requests in a second, between two moments; not a number within two seconds."""
    counts, _ = np.histogram(at_s, bins=np.arange(start_s, end_s, 1.0))
    mean = float(np.mean(counts)) if len(counts) > 1 else 0.0
    return float(np.var(counts, ddof=1)) / mean if mean > 0 else math.nan
