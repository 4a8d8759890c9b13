"""Services whose steady traffic has stopped."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from holdfast.detect.findings import Sighting
from holdfast.detect.roster import Roster
from holdfast.detect.series.arrays import Floats, Rows, select_columns
from holdfast.detect.series.baselines import Baselines
from holdfast.model.finding import Evidence, FindingKind, Tier

SILENT_S: Final = 10.0
"""No silence is shorter than this."""
SILENT_S_MAX: Final = 3600.0
"""After this it is what is usual."""
MISSED_MIN: Final = 30.0
"""Requests that should have come, for a Poisson process: none of 30 is a chance of 1e-13. More if it is dispersed."""
PAUSES: Final = 3.0
"""Nor is it unusual unless so many times longer than the longest pause of the last days."""
CANDIDATES_MAX: Final = 128
"""More services than these aren't told at one tick."""
_PAUSE_MAX: Final = 10.0
_REMEMBERED_AN_HOUR: Final = 0.99


class Silences:
    """For n services, how many requests are missing since the last one: 12 bytes each."""

    def __init__(self, services: int) -> None:
        self._missed: Floats = np.zeros(services, np.float32)
        self._silent_s: Floats = np.zeros(services, np.float32)
        self._pause: Floats = np.zeros(services, np.float32)
        """The longest pause, in requests that were missing then."""

    def close_tick(self, offered: Floats, present: Floats, usual: Baselines) -> Rows:
        """Go on with what was offered in a tick, and the time that it was watched.

        Returns the rows that have been silent for unusually long. Those that have been for `SILENT_S_MAX` are usual
        from now on.
        """
        spoke = offered > 0
        needed = self._need(usual)
        np.maximum(self._pause, np.minimum(self._missed, _PAUSE_MAX * needed), out=self._pause, where=spoke)
        self._missed += usual.rate * present
        self._silent_s += present
        self._missed[spoke] = 0
        self._silent_s[spoke] = 0
        ended = self._silent_s >= SILENT_S_MAX
        usual.rate[ended] = 0
        self._missed[ended] = 0
        silent = (self._missed > np.maximum(needed, PAUSES * self._pause)) & (self._silent_s >= SILENT_S)
        return np.flatnonzero(silent & ~usual.young)[:CANDIDATES_MAX]

    def sight(self, rows: Rows, usual: Baselines, roster: Roster, now: float) -> Iterator[Sighting]:
        """What is to be said of these services. Nobody is kept from anything by what doesn't come: tier 1."""
        limits = np.maximum(self._need(usual), PAUSES * self._pause)
        for row in rows.tolist():
            yield Sighting(
                kind=FindingKind.SILENCE,
                tier=Tier.UNUSUAL,
                evidence=Evidence(
                    now=0.0,
                    usual=round(float(usual.rate[row]), 2),
                    score=round(float(self._missed[row] / limits[row]), 3),
                    threshold=1.0,
                ),
                began_at=now - float(self._silent_s[row]),
                service=roster.names[row],
                tenant=roster.services[roster.names[row]].tenant,
            )

    def end_hour(self) -> None:
        """Remember pauses a little less."""
        self._pause *= _REMEMBERED_AN_HOUR

    def select(self, rows: Rows) -> None:
        """Keep these services, in this order, beside new ones."""
        for name in ("_missed", "_silent_s", "_pause"):
            setattr(self, name, select_columns(getattr(self, name), rows))

    def _need(self, usual: Baselines) -> Floats:
        """A negative binomial process with mean m and dispersion d is silent with the chance exp(-m ln d / (d - 1))."""
        excess = np.maximum(usual.dispersion - 1, np.float32(1e-3))
        needed: Floats = (MISSED_MIN * excess / np.log1p(excess)).astype(np.float32)
        return needed
