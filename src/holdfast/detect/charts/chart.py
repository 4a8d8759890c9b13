"""The last minutes, point by point, of a bounded number of series."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from holdfast.detect.series.arrays import Floats, Rows, select_columns
from holdfast.model.reading import Series
from holdfast.model.telemetry import Metric

COLUMNS: Final = ("offered", "admitted", "refused", "failed", "slow", "in-flight")
REFUSALS: Final = (Metric.LIMITED, Metric.SHED, Metric.MITIGATED, Metric.REJECTED)


class Chart:
    """Points of n series: 24 bytes for each point of each."""

    def __init__(self, step_s: float, points: int, series: int) -> None:
        self.step_s = step_s
        self.points: Floats = np.full((points, len(COLUMNS), series), np.nan, np.float32)
        """Shape (points, columns, series), NaN where nothing was known; oldest first from `_next` on, wrapping."""
        self._next = 0
        self._sums: Floats = np.zeros((len(COLUMNS), series), np.float32)
        self._summed_s = 0.0
        self._ends_at = 0.0
        self._point = -1

    def add(self, columns: Floats, tick_s: float, now: float) -> bool:
        """Add a tick of shape (columns, series): requests, and in flight at its end. Whether a point was completed."""
        point = int(now // self.step_s)
        self._point = point if self._point < 0 else self._point
        self._sums[:-1] += columns[:-1]
        self._sums[-1] = columns[-1]
        self._summed_s += tick_s
        if point <= self._point:
            return False
        self._write(point)
        return True

    def _write(self, point: int) -> None:
        missed = min(point - self._point - 1, len(self.points) - 1)
        for _ in range(missed):
            self.points[self._next] = np.nan
            self._next = (self._next + 1) % len(self.points)
        self._sums[:-1] /= max(self._summed_s, 1e-6)
        self.points[self._next] = self._sums
        self._next = (self._next + 1) % len(self.points)
        self._sums.fill(0)
        self._summed_s = 0.0
        self._point, self._ends_at = point, point * self.step_s

    def read(self, number: int) -> Series:
        """One series, from the first point that is known on."""
        points = np.roll(self.points[:, :, number], -self._next, axis=0)
        known = np.flatnonzero(~np.isnan(points[:, 0]))
        points = points[known[0] :] if len(known) else points[:0]
        return Series(
            step_s=self.step_s,
            ends_at=self._ends_at,
            values={name: tuple(points[:, column].tolist()) for column, name in enumerate(COLUMNS)},
        )

    def forget(self, numbers: Sequence[int]) -> None:
        """Begin some series anew."""
        self.points[:, :, numbers] = np.nan
        self._sums[:, numbers] = 0

    def select(self, numbers: Rows) -> None:
        """Keep the series of these numbers, in this order, beside new ones."""
        self.points = select_columns(self.points, numbers, np.nan)
        self._sums = select_columns(self._sums, numbers)


def fill_columns(counts: Floats, in_flight: Floats) -> Floats:
    """What charts show, of shape (columns, series), of counts of shape (series, METRICS)."""
    return np.stack(
        [
            counts[:, Metric.OFFERED],
            counts[:, Metric.ADMITTED],
            counts[:, REFUSALS].sum(1),
            counts[:, Metric.FAILED],
            counts[:, Metric.SLOW],
            in_flight,
        ]
    )
