"""For how much of its usual traffic each service was watched: edges report late, twice in a tick, or not at all.

A service's exposure in a tick is the time that reports cover, each edge's weighted by the share of the service's
traffic that usually comes through it. One second of a platform whose edges all report is one second.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.detect.series.arrays import Flags, Floats, Rows, select_columns
from holdfast.detect.series.windows import FADING_KEEPS, FADING_WEIGHS, SUMS, TICKS, WINDOWS

GROUPS_MAX: Final = 64
"""Edges are told apart up to this number; beyond it locations are, and beyond it again nothing."""
_SHARE_S: Final = 60.0
"""Time constant of the edges' shares."""
_EVEN: Final = 0.01
_TINY: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Exposed:
    """Exposures at the end of a tick, in seconds; where one number holds for all services, arrays have one column."""

    present: Floats
    """Of the tick; shape (services,) or (1,)."""
    windows: Floats
    """Of the windows' sums, never less than their lengths: where an edge is missing, others may have its traffic.

    Shape (sums, services) or (sums, 1).
    """
    tick_lengths_s: NDArray[np.float64]
    """Of the last ticks, oldest first; shape (ticks,)."""
    window_lengths_s: NDArray[np.float64]
    """Of the sums; shape (sums,)."""

    def watched(self, rows: Rows) -> Floats:
        """The windows' exposures of some services: (sums, rows) or (sums, 1)."""
        return self.windows if self.windows.shape[1] == 1 else self.windows[:, rows]


def nothing_exposed() -> Exposed:
    """As before the first tick."""
    none = np.zeros((SUMS, 1), np.float32)
    return Exposed(none[0], none, np.zeros(TICKS), np.zeros(SUMS))


class Exposure:
    """Exposures of n services through g groups of edges."""

    def __init__(self, groups: int, services: int) -> None:
        self._rates: Floats = np.full((groups, services), _TINY, np.float32)
        """Shape (groups, services): requests per second that are usually offered; only shares of it matter."""
        self._whole: Floats = self._rates.sum(0)
        self._counts: Floats = np.zeros((groups, services), np.float32)
        self._watched_s = np.zeros(groups)
        self._tick_s = np.zeros(groups)
        self._ticks = np.zeros((TICKS, groups + 1))
        """What each group's reports covered in the last ticks, oldest first, and how long the ticks were."""
        self._fading = np.zeros(groups + 1)
        self._turn = 0
        self._live: Flags = np.ones(groups, np.bool_)

    def count(self, group: int, rows: Rows, offered: Floats, watched_s: float) -> None:
        """Requests that were offered through a group, in reports that cover `watched_s` of its time."""
        self._counts[group, rows] += offered
        self._tick_s[group] += watched_s

    def close_tick(self, tick_s: float, live: Flags) -> Exposed:
        """Close a tick, with the groups that have edges which aren't gone."""
        self._live = live
        self._watched_s += self._tick_s
        self._ticks = np.roll(self._ticks, -1, axis=0)
        self._ticks[-1, :-1], self._ticks[-1, -1] = self._tick_s, tick_s
        self._fading = self._fading * FADING_KEEPS + self._ticks[-1] * FADING_WEIGHS
        sums = np.vstack([self._ticks[::-1].cumsum(0)[np.array(WINDOWS) - 1], self._fading])
        present = self._weigh(self._tick_s[None])[0]
        watched = np.maximum(self._weigh(sums[:, :-1]), sums[:, -1:].astype(np.float32))
        self._tick_s = np.zeros_like(self._tick_s)
        self._learn_shares()
        return Exposed(present, watched, self._ticks[:, -1].copy(), sums[:, -1])

    def share(self, groups: Flags, rows: Rows | slice = slice(None)) -> Floats:
        """The share of services' usual traffic that comes through some groups; shape (rows,)."""
        shares: Floats = self._rates[groups, :][:, rows].sum(0) / self._whole[rows]
        return shares

    def _weigh(self, seconds: NDArray[np.float64]) -> Floats:
        """Seconds of shape (k, groups), averaged by each service's shares: (k, services), or (k, 1) where all agree.

        A service most of whose traffic came through what is gone isn't watched well by the rest.
        """
        mine = seconds[:, self._live]
        if not mine.size:
            return np.zeros((len(seconds), 1), np.float32)
        rates, whole = self._rates, self._whole
        if mine.size < seconds.size:
            rates = self._rates[self._live]
            whole = np.maximum(rates.sum(0), self._whole / 2)
        elif np.all(np.ptp(mine, axis=1) <= _EVEN * mine.max(axis=1)):
            even: Floats = mine.mean(axis=1, keepdims=True).astype(np.float32)
            return even
        weighed: Floats = mine.astype(np.float32) @ rates
        weighed /= whole
        return weighed

    def _learn_shares(self) -> None:
        """One group each tick, in turn."""
        group, self._turn = self._turn, (self._turn + 1) % len(self._rates)
        watched_s = self._watched_s[group]
        if watched_s <= 0:
            return
        keep = np.float32(np.exp(-watched_s / _SHARE_S))
        self._rates[group] *= keep
        self._rates[group] += self._counts[group] * np.float32((1 - keep) / watched_s)
        np.maximum(self._rates[group], _TINY, out=self._rates[group])
        self._whole = self._rates.sum(0)
        self._counts[group] = 0
        self._watched_s[group] = 0

    def select(self, rows: Rows, groups: Rows) -> None:
        """Keep the services of these rows and these groups, in this order, beside new ones."""
        for name, fill in (("_rates", _TINY), ("_counts", 0)):
            kept = select_columns(getattr(self, name).T, groups, fill).T
            setattr(self, name, np.ascontiguousarray(select_columns(kept, rows, fill)))
        self._whole = self._rates.sum(0)
        self._watched_s = select_columns(self._watched_s, groups)
        self._tick_s = select_columns(self._tick_s, groups)
        lengths = self._ticks[:, -1:]
        self._ticks = np.hstack([select_columns(self._ticks[:, :-1], groups), lengths])
        self._fading = np.append(select_columns(self._fading[:-1], groups), self._fading[-1])
        self._live = np.ones(len(groups), np.bool_)
        self._turn = 0
