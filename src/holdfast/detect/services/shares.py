"""Services far more of whose answers than usual are failures, or slow."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from holdfast.detect.findings import Sighting
from holdfast.detect.intake.exposure import Exposed
from holdfast.detect.roster import Roster
from holdfast.detect.series.arrays import Floats, Rows
from holdfast.detect.series.baselines import Baselines, bound_counts
from holdfast.detect.series.onset import find_onset
from holdfast.detect.series.windows import LONGEST, Windows
from holdfast.model.finding import Evidence, FindingKind, Tier

EVENTS_MIN: Final = 10
"""Fewer failures or slow answers than these, in the longest window, are no finding."""
HARMFUL_EVENTS_MIN: Final = 20
HARMFUL_SHARE: Final = {FindingKind.ERRORS: 0.1, FindingKind.SLOWNESS: 0.25}
"""Where surely more than this share of a service's answers fails, or is slow, unusually: tier 2."""
SHARE_MIN: Final = {FindingKind.ERRORS: 0.005, FindingKind.SLOWNESS: 0.01}
"""No usual share counts as less."""
CANDIDATES_MAX: Final = 256
"""More services than these aren't looked into at one tick; the most unusual go first."""
LINGERS: Final = 0.5
"""An open finding stays open while the score is above this share of the threshold."""
_WORDS: Final = {FindingKind.ERRORS: "fail", FindingKind.SLOWNESS: "are slow"}


class Shares:
    """The statistic of n services for one kind of bad answer, against what was admitted."""

    def __init__(self, kind: FindingKind, services: int) -> None:
        self.kind = kind
        self.windows = Windows(services)
        self.baselines = Baselines(services, SHARE_MIN[kind])
        self._admitted = Windows(services)

    def close_tick(
        self, events: Floats, admitted: Windows, present: Floats, usual_per_s: Floats, tick_s: float, held: Rows
    ) -> None:
        """Judge a tick by its events, then learn.

        `admitted` are the windows of what was admitted, `present` what was admitted in this tick, and `usual_per_s`
        what usually is, in requests; arrays have the shape (services,).
        """
        self._admitted = admitted
        self.windows.push(events)
        self.baselines.judge(self.windows.sums, admitted.sums, usual_per_s)
        self.baselines.learn(events, present, usual_per_s * np.float32(tick_s), tick_s, held)

    def find_candidates(self, kept: Rows) -> Rows:
        """The rows to look into: unusual ones, the most unusual first if there are many, and `kept`."""
        rows = np.flatnonzero(self.baselines.unusual & (self.windows.sums[LONGEST] >= EVENTS_MIN))
        if len(rows) > CANDIDATES_MAX:
            order = np.argsort(-self.baselines.score[rows], kind="stable")
            rows = rows[order[:CANDIDATES_MAX]]
        return np.union1d(rows, kept)

    def describe_harm(self, row: int) -> str | None:
        """What a service suffers, if its answers are unusually bad, and surely so often that it matters."""
        if not self._unusual(row):
            return None
        sums, admitted = self.windows.sums[2:, row], np.maximum(self._admitted.sums[2:, row], 1)
        lower = bound_counts(sums, self.baselines.dispersion[row]) / admitted
        if not np.any((lower > HARMFUL_SHARE[self.kind]) & (sums >= HARMFUL_EVENTS_MIN)):
            return None
        return f"{self._share(row):.0%} of its answers {_WORDS[self.kind]}, usually {self.baselines.rate[row]:.1%}"

    def sight(
        self, rows: Rows, exposed: Exposed, roster: Roster, is_open: Callable[[str], bool], now: float
    ) -> Iterator[Sighting]:
        """What is to be said of these services."""
        base = self.baselines
        for row in rows.tolist():
            name, clear = roster.names[row], self._unusual(row)
            score, threshold = float(base.score[row]), float(base.threshold[row])
            if not (clear or score > LINGERS * threshold):
                continue
            harm = self.describe_harm(row)
            yield Sighting(
                kind=self.kind,
                tier=Tier.HARMFUL if harm else Tier.UNUSUAL,
                evidence=Evidence(
                    now=round(self._share(row), 4),
                    usual=round(float(base.rate[row]), 4),
                    score=round(score, 3),
                    threshold=round(threshold, 3),
                    harms=(harm,) if harm else (),
                ),
                began_at=now if is_open(name) else now - self._find_onset(row, exposed),
                clear=clear,
                service=name,
                tenant=roster.services[name].tenant,
            )

    def restart(self, rows: Rows, shares: Floats) -> None:
        """Begin some series anew: what counts as bad is another thing from now on, and usually this share."""
        self.windows.forget(rows)
        self.baselines.rate[rows] = shares

    def select(self, rows: Rows) -> None:
        """Keep the series of these rows, in this order, beside new ones."""
        self.windows.select(rows)
        self.baselines.select(rows)
        self._admitted = Windows(len(rows))

    def _unusual(self, row: int) -> bool:
        base = self.baselines
        above = base.score[row] > base.threshold[row] and not base.is_young(row)
        return bool(above and self.windows.sums[LONGEST, row] >= EVENTS_MIN)

    def _share(self, row: int) -> float:
        return min(1.0, float(self.windows.sums[LONGEST, row] / max(self._admitted.sums[LONGEST, row], 1.0)))

    def _find_onset(self, row: int, exposed: Exposed) -> float:
        rate = max(float(self.baselines.rate[row]), SHARE_MIN[self.kind])
        return find_onset(self.windows.read_ticks(row), self._admitted.read_ticks(row), rate, exposed.tick_lengths_s)
