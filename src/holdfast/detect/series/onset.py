"""When something began, as far as the last ticks tell."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def find_onset(counts: ArrayLike, exposures: ArrayLike, rate: float, lengths_s: NDArray[np.float64]) -> float:
    """How many seconds ago the rate rose: the change point that makes the counts likeliest, were they Poisson's.

    Counts, exposures and the ticks' lengths have the shape (ticks,), oldest first; `rate` is what was usual.
    """
    events = np.cumsum(np.asarray(counts, np.float64)[::-1])
    expected = np.maximum(rate * np.cumsum(np.asarray(exposures, np.float64)[::-1]), 1e-3)
    excess = np.maximum(events, 1e-9)
    gain = np.where(events > expected, excess * np.log(excess / expected) - (events - expected), 0.0)
    return float(np.cumsum(lengths_s[::-1])[int(np.argmax(gain))])
