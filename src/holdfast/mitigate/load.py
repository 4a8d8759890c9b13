"""What a location is asked for and what it bears, as shedding sees it: by class, and without single culprits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from holdfast.mitigate.pressure import RANKS, Pressure, Rates
from holdfast.model.platform import Capacity, Criticality
from holdfast.model.shedding import CRITICAL, SHEDDABLE, Shares
from holdfast.model.telemetry import Metric

CROWD_DEVIATIONS: Final = 3.0
"""So many times the square root of its places may be in flight at a location beyond them: arrivals come in lumps."""
FAIR_SHARE: Final = 0.25
"""Of a location's places, what counts of one service's requests in flight: what it has beyond that is its own case."""
WASTE_MAX: Final = 20.0
"""Where walls refuse more than so many times what they let through, a class may be let through less than is due."""
MOST_OF_IT: Final = 0.5
"""A service with so much of all that goes upstream makes the load by itself."""
TELLING_SHARE: Final = 0.05
"""Critical or sheddable requests that are so much of all that goes upstream tell whether it turns them away."""
HALF_S: Final = 0.5
LEAD_S: Final = 1.25
TREND_DEVIATIONS: Final = 2.5
GROWTH_MAX: Final = 0.5
"""A rise is told from two halves of a second, if it is so many deviations beyond chance; it is taken to go on for as
long as it takes to see it and to act, and believed up to half as much again."""
FULL_SHARE: Final = 0.9
"""A location is short of capacity when so much of it is used."""
FULL_CLASS_SHARE: Final = 0.85
"""And when a class uses so much of its static share, which may then be widened."""


@dataclass(frozen=True, slots=True)
class Demand:
    """One class now, in requests per second.

    `reaching` is what reached the location's limit, `passed` what of it that let through, `admitted` what of that went
    upstream: the walls of single services refuse some, which take tokens and no capacity.
    """

    reaching: float
    passed: float
    admitted: float

    @property
    def wanted(self) -> float:
        """What would go upstream if the limit let everything through, and walls refused as many of it as they do."""
        return self.reaching * (self.admitted / self.passed) if self.passed > 0 else self.reaching

    @property
    def waste(self) -> float:
        """How many requests the limit must let through for one to go upstream; no more than `WASTE_MAX`."""
        if self.passed <= 0:
            return 1.0
        return min(self.passed / self.admitted, WASTE_MAX) if self.admitted > 0 else WASTE_MAX


@dataclass(frozen=True, slots=True)
class Load:
    """One location now. `crowd` is requests in flight beyond its places, and beyond what chance explains."""

    demands: Mapping[Criticality, Demand]
    crowd: float
    is_of_one: bool
    """Whether one service makes up most of it: limits of its own come first then."""
    over_s: float = 1.0
    """Over how long rates were measured."""
    growth: float = 0.0
    """By which part of itself it will have risen when a change made now has taken effect, if it rises as it does."""
    turned_away: float = 0.0
    """The share of critical requests that fail upstream, or of sheddable ones if that is less: a location that turns
    away what it has no place for does so to all. 0 where only one of both tells: it may be a service's own fault."""
    is_failing: bool = False
    """Whether any request failed upstream: of those that are tried again, few do, however many are turned away."""

    @property
    def used_rps(self) -> float:
        """What goes upstream."""
        return sum(demand.admitted for demand in self.demands.values())


def read_load(pressure: Pressure, capacity: Capacity, over_s: float) -> Load:
    """A location's load over the last `over_s` seconds."""
    rates = {c: pressure.rates(pressure.classes[c], over_s) for c in RANKS}
    demands = {
        c: Demand(
            reaching=float(rates[c][Metric.ADMITTED] + rates[c][Metric.SHED]),
            passed=float(rates[c][Metric.ADMITTED] + rates[c][Metric.WALLED]),
            admitted=float(rates[c][Metric.ADMITTED]),
        )
        for c in RANKS
    }
    used = sum(demand.admitted for demand in demands.values())
    top = float(pressure.rates(pressure.largest[:, None], over_s)[0])
    return Load(
        demands=demands,
        crowd=find_crowd(pressure, capacity),
        is_of_one=used > 0 and top > MOST_OF_IT * used,
        over_s=over_s,
        growth=_find_growth(pressure),
        turned_away=_find_turned_away(rates),
        is_failing=any(rates[c][Metric.FAILED] > 0 for c in RANKS),
    )


def _find_turned_away(rates: Mapping[Criticality, Rates]) -> float:
    whole = np.sum(list(rates.values()), axis=0)
    shares = []
    for group in (CRITICAL, SHEDDABLE):
        together = np.sum([rates[c] for c in group], axis=0)
        if together[Metric.ADMITTED] > TELLING_SHARE * whole[Metric.ADMITTED]:
            shares.append(float(together[Metric.FAILED] / together[Metric.ADMITTED]))
    return min(shares) if len(shares) > 1 else 0.0


def _find_growth(pressure: Pressure) -> float:
    """By which part of itself all that reaches the location's limit grows within `LEAD_S`, if it goes on like this.

    From one half of the last second to the other, beyond what chance explains. Told from everything together, since
    single classes are too few requests to tell it soon; where everybody rises, classes rise alike.
    """
    earlier, later = (
        float(rates[Metric.ADMITTED] + rates[Metric.SHED])
        for rates in (
            pressure.rates(pressure.whole, HALF_S, pressure.ends_at - HALF_S),
            pressure.rates(pressure.whole, HALF_S),
        )
    )
    chance = TREND_DEVIATIONS * float(np.sqrt((earlier + later) / HALF_S))
    return min(max(0.0, later - earlier - chance) / max(later, 1.0) * LEAD_S / HALF_S, GROWTH_MAX)


def find_crowd(pressure: Pressure, capacity: Capacity) -> float:
    """Requests in flight beyond a location's places; what one service alone has beyond its fair share isn't counted."""
    own_case = max(0.0, pressure.in_flight_largest - FAIR_SHARE * capacity.in_flight)
    places = capacity.in_flight + CROWD_DEVIATIONS * float(np.sqrt(capacity.in_flight))
    return max(0.0, pressure.in_flight - own_case - places)


def is_short(load: Load, capacity: Capacity, shares: Shares) -> bool:
    """Whether a location nears its capacity, or will have when something is done, or a class nears its share of it."""
    sheddable = [c for c in RANKS if shares.is_pooled(c)]
    full = (load.demands[c].passed >= FULL_CLASS_SHARE * shares.classes[c] for c in RANKS)
    pool = sum(load.demands[c].passed for c in sheddable) >= FULL_CLASS_SHARE * shares.sheddable
    soon_rps = load.used_rps * (1 + load.growth)
    return soon_rps >= FULL_SHARE * capacity.requests or load.crowd > 0 or pool or any(full)
