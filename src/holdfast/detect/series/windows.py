"""Sums of the last 1, 2, 4, … 32 ticks, and of more with fading weights, of many series at once."""

from math import exp
from typing import Final

import numpy as np

from holdfast.detect.series.arrays import Floats, Rows, select_columns

WINDOWS: Final = (1, 2, 4, 8, 16, 32)
"""Their lengths in ticks: at 0.25 s a tick the longest lasts 8 s, at 1 s a tick 32 s."""
FADING: Final = 40
"""The weights of what is longer ago fade by 1/e every so many ticks: 10 s at 0.25 s a tick."""
FADING_KEEPS: Final = exp(-1 / FADING)
"""From one tick to the next."""
FADING_WEIGHS: Final = 2.0
"""A sum with such weights w has a variance of half its mean; so twice the sum tells as much as plain counts do."""
LONGEST: Final = len(WINDOWS) - 1
SUMS: Final = len(WINDOWS) + 1
TICKS: Final = WINDOWS[-1]
COUNT_MAX: Final = 2**24 // TICKS
"""The most that counts in one tick; more is taken for this, so that every sum stays exact."""


class Windows:
    """Counts of the last `TICKS` ticks of n series, and their sums: 156 bytes a series."""

    def __init__(self, series: int) -> None:
        self._ticks: Floats = np.zeros((TICKS, series), np.float32)
        self._next = 0
        self.sums: Floats = np.zeros((SUMS, series), np.float32)
        """Shape (sums, series): one for each window, the last with fading weights."""

    def push(self, counts: Floats) -> None:
        """Begin a tick with its counts, whole numbers of shape (series,), which are cut to `COUNT_MAX` in place."""
        np.minimum(counts, COUNT_MAX, out=counts)
        for number, window in enumerate(WINDOWS):
            self.sums[number] -= self._ticks[self._next - window]
        self.sums[:-1] += counts
        self.sums[-1] *= np.float32(FADING_KEEPS)
        self.sums[-1] += counts * np.float32(FADING_WEIGHS)
        self._ticks[self._next] = counts
        self._next = (self._next + 1) % TICKS

    def read_ticks(self, row: int) -> Floats:
        """The last `TICKS` counts of one series, oldest first."""
        return np.roll(self._ticks[:, row], -self._next)

    def find_bursts(self, rows: Rows) -> Floats:
        """By how much the highest tick of each window exceeds the next highest, for some series: (sums, rows).

        Of the sum with fading weights, as of the longest window.
        """
        newest_first = np.roll(self._ticks[:, rows], -self._next, axis=0)[::-1]
        bursts = np.empty((SUMS, len(rows)), np.float32)
        bursts[0] = newest_first[0]
        for number, window in enumerate(WINDOWS[1:], start=1):
            highest = np.partition(newest_first[:window], window - 2, axis=0)
            np.subtract(highest[-1], highest[-2], out=bursts[number])
        bursts[-1] = bursts[LONGEST]
        return bursts

    def forget(self, rows: Rows) -> None:
        """Begin some series anew, as if they had counted nothing."""
        self._ticks[:, rows] = 0
        self.sums[:, rows] = 0

    def select(self, rows: Rows) -> None:
        """Keep the series of these rows, in this order, beside new ones."""
        self._ticks = select_columns(self._ticks, rows)
        self.sums = select_columns(self.sums, rows)
