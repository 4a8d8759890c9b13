"""What a location is asked for and what it bears, as shedding sees it: by class, and without single culprits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from holdfast.mitigate.pressure import RANKS, Pressure
from holdfast.model.platform import Capacity, Criticality
from holdfast.model.shedding import Shares
from holdfast.model.telemetry import Metric

CROWD_DEVIATIONS: Final = 3.0
"""So many times the square root of its places may be in flight at a location beyond them: arrivals come in lumps."""
FAIR_SHARE: Final = 0.25
"""Of a location's places, what counts of one service's requests in flight: what it has beyond that is its own case."""
MOST_OF_IT: Final = 0.5
"""A service with so much of all that goes upstream makes the load by itself."""
FULL_SHARE: Final = 0.9
"""A location is short of capacity when so much of it is used."""
FULL_CLASS_SHARE: Final = 0.85
"""And when a class uses so much of its static share, which may then be widened."""


@dataclass(frozen=True, slots=True)
class Demand:
    """One class now, in requests per second.

    `reaching` is what reached the location's limit, `admitted` what of it went upstream. `walled` reached it too, and
    was refused by the walls of services that are held: it takes tokens, and no capacity.
    """

    reaching: float
    admitted: float
    walled: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """One location now. `crowd` is requests in flight beyond its places, and beyond what chance explains."""

    demands: Mapping[Criticality, Demand]
    crowd: float
    is_of_one: bool
    """Whether one service makes up most of it: limits of its own come first then."""
    is_steady: bool = False
    """Whether what was steered was the same for as long as this was measured."""

    @property
    def used_rps(self) -> float:
        """What goes upstream."""
        return sum(demand.admitted for demand in self.demands.values())


def read_load(pressure: Pressure, capacity: Capacity, held: Collection[str], over_s: float) -> Load:
    """A location's load over the last `over_s` seconds; `held` are services that something is done about already."""
    admitted = {c: pressure.rates(pressure.classes[c], over_s) for c in RANKS}
    walled = dict.fromkeys(RANKS, 0.0)
    for service in held:
        if service in pressure.cared and service in pressure.class_of:
            walled[pressure.class_of[service]] += float(pressure.rates(pressure.cared[service], over_s)[Metric.SHED])
    demands = {
        c: Demand(
            reaching=float(rates[Metric.ADMITTED]) + max(float(rates[Metric.SHED]) - walled[c], 0.0),
            admitted=float(rates[Metric.ADMITTED]),
            walled=walled[c],
        )
        for c, rates in admitted.items()
    }
    used = sum(demand.admitted for demand in demands.values())
    top = float(pressure.rates(pressure.largest[:, None], over_s)[0])
    return Load(demands, find_crowd(pressure, capacity), used > 0 and top > MOST_OF_IT * used)


def find_crowd(pressure: Pressure, capacity: Capacity) -> float:
    """Requests in flight beyond a location's places; what one service alone has beyond its fair share isn't counted."""
    own_case = max(0.0, pressure.in_flight_largest - FAIR_SHARE * capacity.in_flight)
    places = capacity.in_flight + CROWD_DEVIATIONS * float(np.sqrt(capacity.in_flight))
    return max(0.0, pressure.in_flight - own_case - places)


def is_short(load: Load, capacity: Capacity, shares: Shares) -> bool:
    """Whether a location nears its capacity, or a class its share of it."""
    sheddable = [c for c in RANKS if shares.is_pooled(c)]
    full = (load.demands[c].admitted >= FULL_CLASS_SHARE * shares.classes[c] for c in sheddable)
    pool = sum(load.demands[c].admitted for c in sheddable) >= FULL_CLASS_SHARE * shares.sheddable
    return load.used_rps >= FULL_SHARE * capacity.requests or load.crowd > 0 or pool or any(full)
