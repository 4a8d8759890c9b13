"""What is usual for each of many series, and how far from it the last seconds are.

A series counts events `c` under an exposure `e`: requests under seconds watched, or failures under requests. What is
usual is its rate: events per unit of exposure. The dispersion d is variance over mean, 1 for a Poisson process. The
statistic is the logarithm of a ratio, the largest over the windows w:

    ((sqrt(S_w) - 3/2 sqrt(d))+ ^2 + 1.5 d) / (rate (1 + 3/2 sqrt(doubt)) E_w + 1.5 d)

with S_w and E_w the window's events and exposure: how many times as much as usual comes at the least. The numerator is
the lower confidence bound of what was expected to come, by three standard deviations of a square root, which is what
holds for events that come in bursts, too: sums of them have exponential tails, so a normal approximation of S_w itself
or of its logarithm promises too much. `doubt` is the relative variance of the usual rate, d / events learned from; it
matters while a series is young.

The rate follows with a time constant of `LEARN_S`, longer by `CAUTION` while the series is unusual, so that no attack
becomes normal soon, and each step is held to six standard deviations. The threshold is the level that, by a Gumbel
distribution fitted to the highest value of each hour (method of moments), is passed once in `RETURN_H` hours; it is
held between the logarithms of `RATIO_MIN` and `RATIO_MAX`.
"""

from collections.abc import Mapping
from math import log, pi, sqrt
from typing import Final

import numpy as np

from holdfast.detect.series.arrays import Flags, Floats, Rows, select_columns

LEARN_S: Final = 300.0
CAUTION: Final = 10.0
UNUSUAL: Final = 0.55
"""From this value of the statistic on, learning is cautious."""
WARM_UP_S: Final = 30.0
"""A series younger than this learns whatever it sees and is not judged."""
PRIOR_S: Final = 2.0
"""The rate that a series starts from weighs as much as so many seconds of its traffic."""
DISPERSION_MAX: Final = 60.0
RATIO_MIN: Final = 2.0
RATIO_MAX: Final = 4.0
RETURN_H: Final = 720.0
_HOURS_REMEMBERED: Final = 168.0
_HOURS_OF_PRIOR: Final = 4.0
_PRIOR_PEAK, _PRIOR_SPREAD = 0.25, 0.095
"""Mean and standard deviation that the hourly maxima are supposed to have at first."""
_SMOOTH: Final = 1.5
DEVIATIONS: Final = 3.0
"""Standard deviations between what was seen and its lower confidence bound."""
DOUBT_DEVIATIONS: Final = 1.5
"""Standard deviations between the usual rate and what is held against what was seen."""
_STEP_DEVIATIONS: Final = 6.0
_TINY: Final = 1e-6
_GUMBEL_DEVIATIONS: Final = (-log(-log(1 - 1 / RETURN_H)) - float(np.euler_gamma)) * sqrt(6) / pi
"""How many standard deviations the level of `RETURN_H` lies above the mean of the maxima."""
_PRIOR_THRESHOLD: Final = _PRIOR_PEAK + _PRIOR_SPREAD * _GUMBEL_DEVIATIONS


class Baselines:
    """What is usual for n series, and the statistic of each: 40 bytes a series. Arrays have the shape (series,)."""

    def __init__(self, series: int, rate_min: float) -> None:
        """No rate counts as less than `rate_min`, so that a few events aren't unusual where none is usual."""
        self._rate_min = rate_min
        self.rate: Floats = np.zeros(series, np.float32)
        self.dispersion: Floats = np.ones(series, np.float32)
        self._variance: Floats = np.zeros(series, np.float32)
        """Per unit of exposure."""
        self.age_s: Floats = np.full(series, PRIOR_S, np.float32)
        """How long each was learned from; at most twice `LEARN_S`, as far back as an average remembers."""
        self.score: Floats = np.zeros(series, np.float32)
        """The statistic, as of the last `judge`."""
        self.threshold: Floats = np.full(series, _PRIOR_THRESHOLD, np.float32)
        self._peak: Floats = np.zeros(series, np.float32)
        self._mean: Floats = np.full(series, _PRIOR_PEAK, np.float32)
        self._square: Floats = np.full(series, _PRIOR_PEAK**2 + _PRIOR_SPREAD**2, np.float32)
        self._hours: Floats = np.full(series, _HOURS_OF_PRIOR, np.float32)
        self._work: Floats = np.empty((5, series), np.float32)

    @property
    def young(self) -> Flags:
        """Which series were seen for too short a time to be judged."""
        return self.age_s < WARM_UP_S

    def is_young(self, row: int) -> bool:
        """Whether one series was seen for too short a time to be judged."""
        return bool(self.age_s[row] < WARM_UP_S)

    @property
    def unusual(self) -> Flags:
        """Which series have passed their thresholds: tier 1."""
        return (self.score > self.threshold) & (self.age_s >= WARM_UP_S)

    def judge(self, sums: Floats, exposures: Floats, usual_per_s: Floats | float = 1.0) -> None:
        """Compute the scores from sums and exposures, both of shape (windows, series) or (windows, 1).

        `usual_per_s` is how much exposure a second usually brings: 1 where exposure is time.
        """
        deviation, smooth, ratio, work, rate = self._work
        np.maximum(self.rate, self._rate_min, out=rate)
        np.multiply(rate, self.age_s, out=work)
        work *= usual_per_s
        work += _SMOOTH
        np.divide(self.dispersion, work, out=work)
        np.sqrt(work, out=work)
        work *= DOUBT_DEVIATIONS
        work += 1
        rate *= work
        np.sqrt(self.dispersion, out=deviation)
        deviation *= DEVIATIONS / 2
        np.multiply(self.dispersion, _SMOOTH, out=smooth)
        self.score.fill(0)
        for total, exposure in zip(sums, exposures, strict=True):
            np.sqrt(total, out=ratio)
            ratio -= deviation
            np.maximum(ratio, 0, out=ratio)
            np.square(ratio, out=ratio)
            ratio += smooth
            np.multiply(rate, exposure, out=work)
            work += smooth
            ratio /= work
            np.maximum(self.score, ratio, out=self.score)
        np.log(self.score, out=self.score)
        np.maximum(self._peak, self.score, out=self._peak, where=self.age_s >= WARM_UP_S)

    def learn(
        self,
        counts: Floats,
        exposure: Floats | float,
        usual_exposure: Floats | float,
        tick_s: float,
        held: Rows | None = None,
    ) -> None:
        """Move what is usual towards a tick's counts, which came under an exposure; call `judge` first.

        `usual_exposure` is what a tick usually brings. A tick without exposure teaches nothing, and rows that are
        `held` learn nothing.
        """
        expected, surprise, gain, work, _ = self._work
        usual_exposure = np.maximum(usual_exposure, _TINY, dtype=np.float32)
        weight = np.minimum(np.divide(exposure, usual_exposure, dtype=np.float32), np.float32(1))
        np.multiply(self.rate, exposure, out=expected)
        np.subtract(counts, expected, out=surprise)
        self._set_gain(gain, tick_s, held)
        per_tick = np.maximum(exposure, usual_exposure, dtype=np.float32)
        self._learn_dispersion(expected, surprise, gain, weight, per_tick)
        np.multiply(self.dispersion, expected, out=work)
        work += 0.1
        np.sqrt(work, out=work)
        work *= _STEP_DEVIATIONS
        work[self.young] = np.inf
        np.clip(surprise, -work, work, out=surprise)
        surprise *= gain
        surprise /= per_tick
        self.rate += surprise
        np.maximum(self.rate, 0, out=self.rate)
        np.multiply(weight, tick_s, out=work)
        self.age_s += work
        np.minimum(self.age_s, 2 * LEARN_S, out=self.age_s)

    def _set_gain(self, gain: Floats, tick_s: float, held: Rows | None) -> None:
        """Running means while a series is young, exponential averages later."""
        np.minimum(self.age_s, LEARN_S, out=gain)
        cautious = (self.score > UNUSUAL) & ~self.young
        gain[cautious] = CAUTION * LEARN_S
        np.divide(tick_s, gain, out=gain)
        if held is not None:
            gain[held] = 0

    def _learn_dispersion(
        self, expected: Floats, surprise: Floats, gain: Floats, weight: Floats, per_tick: Floats
    ) -> None:
        """As the ratio of averages, since an average of ratios is wild where little is expected."""
        work, limit = self._work[3:]
        np.square(surprise, out=work)
        np.add(expected, 1, out=limit)
        limit *= DISPERSION_MAX
        np.minimum(work, limit, out=work)
        work /= per_tick
        work -= self._variance
        work *= gain
        work *= weight
        work[self.age_s >= LEARN_S] *= 0.5
        self._variance += work
        np.maximum(self.rate, _TINY, out=work)
        np.divide(self._variance, work, out=self.dispersion)
        np.clip(self.dispersion, 1, DISPERSION_MAX, out=self.dispersion)

    def end_hour(self) -> None:
        """Learn thresholds from the highest scores of the hour that ends, of the series that were judged in it."""
        judged = self.age_s >= WARM_UP_S
        np.clip(self._peak, 0, log(RATIO_MAX), out=self._peak)
        self._hours[judged] = np.minimum(self._hours[judged] + 1, _HOURS_REMEMBERED)
        step = np.where(judged, 1 / self._hours, np.float32(0))
        self._mean += (self._peak - self._mean) * step
        self._square += (self._peak**2 - self._square) * step
        self._peak.fill(0)
        deviation = np.sqrt(np.maximum(self._square - self._mean**2, 0))
        np.clip(self._mean + deviation * _GUMBEL_DEVIATIONS, log(RATIO_MIN), log(RATIO_MAX), out=self.threshold)

    def begin(self, rows: Rows, rates: Floats | float) -> None:
        """Begin some series anew, with the rates that they are supposed to have."""
        fresh = Baselines(1, self._rate_min)
        for name in _STATE:
            getattr(self, name)[rows] = getattr(fresh, name)[0]
        self.rate[rows] = rates

    def remember(self) -> dict[str, Floats]:
        """All that was learned, by name: arrays of shape (series,)."""
        return {name: getattr(self, name).copy() for name in _LEARNED}

    def recall(self, rows: Rows, learned: Mapping[str, Floats]) -> None:
        """Have learned this of some series; KeyError or ValueError if it isn't what `remember` gave."""
        for name in _LEARNED:
            getattr(self, name)[rows] = learned[name]

    def select(self, rows: Rows) -> None:
        """Keep the series of these rows, in this order, beside new ones."""
        fresh = Baselines(1, self._rate_min)
        for name in _STATE:
            setattr(self, name, select_columns(getattr(self, name), rows, getattr(fresh, name)[0]))
        self._work = np.empty((len(self._work), len(rows)), np.float32)


_STATE: Final = (
    "rate",
    "dispersion",
    "_variance",
    "age_s",
    "score",
    "threshold",
    "_peak",
    "_mean",
    "_square",
    "_hours",
)
_LEARNED: Final = tuple(name for name in _STATE if name != "score")


def bound_counts(counts: Floats, dispersion: Floats | np.float32, deviations: float = DEVIATIONS) -> Floats:
    """What was expected to come, at the least, where so many came: the lower bound that scores are made of."""
    lower: Floats = np.square(np.maximum(np.sqrt(counts) - np.float32(deviations / 2) * np.sqrt(dispersion), 0))
    return lower
