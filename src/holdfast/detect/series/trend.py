"""Whether something grows, and when it reaches a ceiling if it goes on like that."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Values at equal steps, oldest first; shape (points,)."""

POINTS_MIN: Final = 12
GROWTH_ERRORS: Final = 4.0
"""A slope of fewer standard errors than this isn't growth."""
BOUND_ERRORS: Final = 2.0
STEADY: Final = 0.4
"""Each half of the time must have grown at no less than this share of the whole's slope: a step isn't growth."""
_MAD_TO_DEVIATION: Final = 1.4826
_CORRELATION_MAX: Final = 0.95


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a ceiling is reached, in seconds from the last point: about, and at the earliest."""

    reached_s: float
    earliest_s: float
    level: float
    """The trend's value now."""
    score: float
    """The slope, in standard errors."""


def forecast(values: Points, step_s: float, ceiling: float) -> Forecast | None:
    """Extrapolate growth to a ceiling; None without steady growth, or if that takes longer than was looked back on.

    The slope is Theil and Sen's, the median of the slopes of all pairs, which outliers don't move. Its standard error
    is that of a line fitted to as many independent points, with residuals of the deviation and the correlation from
    one to the next that are found.
    """
    count = len(values)
    if count < POINTS_MIN or not np.all(np.isfinite(values)):
        return None
    slope = fit_slope(values)
    times = np.arange(count) - (count - 1)
    level = float(np.median(values - slope * times))
    error = _estimate_error(values - slope * times - level)
    half = count // 2
    steady = min(fit_slope(values[:half]), fit_slope(values[-half:])) >= STEADY * slope
    if slope <= GROWTH_ERRORS * error or not steady:
        return None
    left = max(ceiling - level, 0.0)
    if left > slope * count:
        return None
    return Forecast(
        reached_s=left / slope * step_s,
        earliest_s=left / (slope + BOUND_ERRORS * error) * step_s,
        level=level,
        score=slope / max(error, 1e-12),
    )


def fit_slope(values: Points) -> float:
    """Theil and Sen's slope, per step."""
    earlier, later = np.triu_indices(len(values), 1)
    return float(np.median((values[later] - values[earlier]) / (later - earlier)))


def _estimate_error(residuals: Points) -> float:
    count = len(residuals)
    deviation = _MAD_TO_DEVIATION * float(np.median(np.abs(residuals)))
    power = float(residuals @ residuals)
    correlation = float(residuals[1:] @ residuals[:-1]) / power if power > 0 else 0.0
    correlation = min(max(correlation, 0.0), _CORRELATION_MAX)
    return deviation * sqrt(12 / count**3) * sqrt((1 + correlation) / (1 - correlation))
