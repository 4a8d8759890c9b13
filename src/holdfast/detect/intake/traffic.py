"""What was counted for each service: in this tick, on average over seconds and minutes, and by location."""

from typing import Final

import numpy as np

from holdfast.detect.series.arrays import Floats, Rows, select_columns
from holdfast.model.telemetry import METRICS, Counts, Metric

NOW_S: Final = 2.0
"""Time constant of the rates that are shown as now, and the period of the shares by location."""
USUAL_S: Final = 300.0


class Traffic:
    """Counts of n services at l locations: 132 bytes a service, and 24 more for each location."""

    def __init__(self, locations: int, services: int) -> None:
        self.tick: Floats = np.zeros((services, METRICS), np.float32)
        """Requests in this tick."""
        self.now: Floats = np.zeros((services, METRICS), np.float32)
        """Requests per second, averaged over `NOW_S`."""
        self.usual: Floats = np.zeros((services, METRICS), np.float32)
        """Requests per second, averaged over `USUAL_S`, whatever happens."""
        self.in_flight = np.zeros((locations, services), np.int64)
        self._here: Floats = np.zeros((2, locations, services), np.float32)
        self._period_s = 0.0
        self._age_s = 0.0

    def count(self, location: int, rows: Rows, counts: Counts) -> Floats:
        """Add what a report counts; returns what was offered, of shape (rows,). Each row at most once."""
        counted = np.maximum(counts, 0).astype(np.float32)
        self.tick[rows] += counted
        offered: Floats = counted[:, Metric.OFFERED]
        if self._here.shape[1] > 1:
            self._here[0, location, rows] += offered
        return offered

    def close_tick(self, watched_s: float) -> None:
        """Move the averages on by a tick in which the edges' reports covered `watched_s`, then begin another."""
        if watched_s > 0:
            self._age_s += watched_s
            _average(self.now, self.tick, watched_s, min(NOW_S, self._age_s))
            _average(self.usual, self.tick, watched_s, min(USUAL_S, self._age_s))
        self.tick.fill(0)
        self._period_s += watched_s
        if self._period_s >= NOW_S:
            self._period_s = 0.0
            self._here = self._here[::-1]
            self._here[0].fill(0)

    def spread(self, rows: Rows) -> Floats:
        """Of what was offered to some services in the last seconds, the share at each location: (locations, rows)."""
        here = self._here[:, :, rows].sum(0)
        total = here.sum(0)
        return np.where(total > 0, here / np.maximum(total, 1), np.float32(1 / len(here))).astype(np.float32)

    def select(self, rows: Rows, locations: Rows) -> None:
        """Keep the services of these rows and these locations, in this order, beside new ones."""
        for name in ("tick", "now", "usual"):
            setattr(self, name, np.ascontiguousarray(select_columns(getattr(self, name).T, rows).T))
        kept = select_columns(self.in_flight.T, locations).T
        self.in_flight = np.ascontiguousarray(select_columns(kept, rows))
        here = np.swapaxes(select_columns(np.swapaxes(self._here, 1, 2), locations), 1, 2)
        self._here = np.ascontiguousarray(select_columns(here, rows))


def _average(rates: Floats, counts: Floats, watched_s: float, over_s: float) -> None:
    share = np.float32(1 - np.exp(-watched_s / max(over_s, watched_s)))
    rates *= 1 - share
    rates += counts * np.float32(share / watched_s)
