"""Sets of values that the excess may come from, and how much of it they would remove."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.detect.series.arrays import Flags
from holdfast.detect.sources.features import Feature
from holdfast.detect.sources.lot import Lot
from holdfast.model.source_rule import SourceMatch, SourceRule

REMOVES_MIN: Final = 0.8
"""A rule removes at least this share of the excess, by the lower bound."""
NORMAL_MAX: Final = 0.02
"""A rule matches no more than this share of normal traffic."""
VALUES_MAX: Final = 256
"""A rule has no more values than these in one dimension."""
SIGNIFICANT: Final = 2.3
"""In standard deviations of the square root of a count: by so much a value is more frequent than chance makes it."""
SMOOTH: Final = 0.5
"""So often, beyond what was seen, each value is supposed to have come in normal traffic: new isn't guilty."""
SMALL: Final = 0.15
"""Values that bring less than this share of what a typical one does aren't taken."""
COST: Final = 10.0
"""One percent of normal traffic refused weighs as much as so many percent of the excess removed."""
_STEP: Final = 0.05
"""Rules that differ by less than this in worth are as good as each other."""
_BOUND_ERRORS: Final = 1.28
"""Of a one-sided confidence of 90 %."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is compared: requests now, normal ones, and how many times as many there are now."""

    current: Lot
    normal: Lot
    ratio: float

    def bound_removed(self, share: float, normal_share: float) -> float:
        """The share of the excess that a rule removes which matches these shares, at least.

        With b normal, k of n now, and the whole r times the usual, it is (k/n - b/r) / (1 - 1/r); for k/n the lower
        end of Wilson's interval is taken.
        """
        lower = _bound_share(share, self.current.size)
        return min(1.0, max(0.0, (lower - normal_share / self.ratio) / (1 - 1 / self.ratio)))

    def smooth_normal(self, share: float) -> float:
        """A share of normal traffic, supposing that one more request would have matched."""
        return (share * self.normal.size + 1) / (self.normal.size + 1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Requests that have one of some values of a feature, or of each of two. Shares are of the weights."""

    parts: tuple[tuple[Feature, tuple[int, ...]], ...]
    now: Flags
    before: Flags
    share: float
    """Of the requests now; less what would not be found again, were one of the requests left out."""
    normal_share: float
    removes: float

    @property
    def narrow(self) -> bool:
        """Whether it spares normal traffic."""
        return self.normal_share <= NORMAL_MAX

    @property
    def rank(self) -> tuple[int, int, int, float]:
        """Best first: by what it removes and what normal traffic it costs, then the narrower, the simpler one."""
        worth = self.removes - COST * self.normal_share
        breadth = max(feature.level.breadth for feature, _ in self.parts)
        return -round(worth / _STEP), len(self.parts), breadth, -worth

    def build_rule(self) -> SourceRule:
        """The rule that edges can match."""
        return SourceRule(
            matches=tuple(
                SourceMatch(
                    dimension=feature.level.dimension, values=tuple(sorted(feature.values[code] for code in codes))
                )
                for feature, codes in self.parts
            )
        )


def find_candidates(features: Sequence[Feature], evidence: Evidence) -> Iterator[Candidate]:
    """Every set of values within one feature, and every pair of them, that removes enough."""
    sets = [one for one in (_gather(feature, evidence, spare=False) for feature in features) if one]
    spared = [one for one in (_gather(feature, evidence, spare=True) for feature in features) if one]
    yield from (one for one in (*spared, *sets) if one.removes >= REMOVES_MIN)
    for one, other in combinations(sets, 2):
        pair = _join(one, other, evidence)
        if pair.removes >= REMOVES_MIN:
            yield pair


def _gather(feature: Feature, evidence: Evidence, *, spare: bool) -> Candidate | None:
    """The values that are more frequent now than chance makes them; only as many as spare normal traffic, if asked."""
    if not feature.values:
        return None
    now, before = feature.share_values(evidence.current, evidence.normal)
    expected = (before * evidence.normal.size + SMOOTH) / (evidence.normal.size + SMOOTH) / evidence.ratio
    roots = np.sqrt(expected * evidence.current.size)
    counts = now * evidence.current.size
    excess = now - before / evidence.ratio
    chosen = np.flatnonzero((2 * (np.sqrt(counts) - roots) >= SIGNIFICANT) & (counts >= 2) & (excess > 0))
    chosen = _leave_out_small(chosen, excess)
    chosen = chosen[np.argsort(-excess[chosen] / (before[chosen] + 1 / max(evidence.normal.size, 1)), kind="stable")]
    if spare:
        chosen = chosen[np.cumsum(before[chosen]) <= NORMAL_MAX]
    chosen = chosen[:VALUES_MAX]
    if not len(chosen):
        return None
    again = 2 * (np.sqrt(np.maximum(counts[chosen] - 1, 0)) - roots[chosen]) >= SIGNIFICANT
    share, normal_share = float(now[chosen[again]].sum()), float(before[chosen].sum())
    return _weigh_candidate(((feature, tuple(chosen.tolist())),), share, normal_share, evidence)


def _leave_out_small(codes: NDArray[np.intp], excess: NDArray[np.float64]) -> NDArray[np.intp]:
    """Without values that bring far less than those that bring most of the excess: they are there by chance."""
    ordered = codes[np.argsort(-excess[codes], kind="stable")]
    sums = np.cumsum(excess[ordered])
    if not len(sums):
        return codes
    typical = excess[ordered[np.searchsorted(sums, sums[-1] / 2)]]
    kept: NDArray[np.intp] = ordered[excess[ordered] >= SMALL * typical]
    return kept


def _weigh_candidate(
    parts: tuple[tuple[Feature, tuple[int, ...]], ...], share: float, normal_share: float, evidence: Evidence
) -> Candidate:
    now = np.logical_and.reduce([np.isin(feature.current, codes) for feature, codes in parts])
    before = np.logical_and.reduce([np.isin(feature.normal, codes) for feature, codes in parts])
    smoothed = evidence.smooth_normal(normal_share)
    return Candidate(parts, now, before, share, smoothed, evidence.bound_removed(share, normal_share))


def _join(one: Candidate, other: Candidate, evidence: Evidence) -> Candidate:
    """Requests that both match; what either wouldn't find again counts for neither."""
    now, before = one.now & other.now, one.before & other.before
    unsure = sum(evidence.current.share(each.now) - each.share for each in (one, other))
    share = evidence.current.share(now) - unsure
    normal_share = evidence.normal.share(before)
    return Candidate(
        (*one.parts, *other.parts),
        now,
        before,
        share,
        evidence.smooth_normal(normal_share),
        evidence.bound_removed(share, normal_share),
    )


def _bound_share(share: float, size: float) -> float:
    """The lower end of Wilson's interval for a share that was found in so many requests."""
    if size <= 0:
        return 0.0
    share = min(max(share, 0.0), 1.0)
    z2 = _BOUND_ERRORS**2
    middle = share + z2 / (2 * size)
    half = _BOUND_ERRORS * sqrt(share * (1 - share) / size + z2 / (4 * size**2))
    return (middle - half) / (1 + z2 / size)
