"""Which of the thresholds for slow answers tells something about a service: the first that is seldom passed."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.detect.series.arrays import Floats, Rows, select_columns
from holdfast.model.telemetry import SLOW_S, Metric

COLUMNS: Final = (Metric.SLOW, Metric.SLOWER, Metric.SLOWEST)
SHARE_MAX: Final = 0.2
"""A threshold that more than this share of answers passes usually tells little; so the next one is taken."""
SHARE_LOW: Final = 0.05
"""The one before is taken again once no more than this share passes it."""


class SlowSteps:
    """The step of n services: an index of `SLOW_S`."""

    def __init__(self, services: int) -> None:
        self._steps: NDArray[np.int8] = np.zeros(services, np.int8)

    def pick_counts(self, counts: Floats) -> Floats:
        """Of counts or rates of shape (services, METRICS), those of each service's step; shape (services,)."""
        first = counts[:, COLUMNS[0]].copy()
        for step, column in enumerate(COLUMNS[1:], start=1):
            np.copyto(first, counts[:, column], where=self._steps == step)
        return first

    def move(self, usual: Floats, movable: NDArray[np.bool_]) -> Rows:
        """Choose again by usual rates of shape (services, METRICS); the rows whose step changed."""
        admitted = np.maximum(usual[:, Metric.ADMITTED], 1e-6)
        share = self.pick_counts(usual) / admitted
        lower = usual[np.arange(len(usual)), COLUMNS[0] + np.maximum(self._steps - 1, 0)] / admitted
        up = (share > SHARE_MAX) & (self._steps < len(SLOW_S) - 1) & movable
        down = (lower < SHARE_LOW) & (self._steps > 0) & movable & ~up
        self._steps += up
        self._steps -= down
        return np.flatnonzero(up | down)

    def columns(self, rows: Rows) -> NDArray[np.intp]:
        """The metric that counts as slow for each of some services."""
        return COLUMNS[0] + self._steps[rows].astype(np.intp)

    def threshold_s(self, row: int) -> float:
        """From how many seconds on one service's answers count as slow."""
        return SLOW_S[int(self._steps[row])]

    def select(self, rows: Rows) -> None:
        """Keep these services, in this order, beside new ones."""
        self._steps = select_columns(self._steps, rows)
