"""Shedding: sharing out what a location can carry, the most critical classes first, a few times a second.

It is about requests that would be sent upstream. Edges hold each class to its static share by themselves (see
`model.shedding`); steering begins when a location nears its capacity, lends what critical classes don't use, and takes
it back from the least critical ones when they do.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from holdfast.mitigate.load import Demand, Load, find_crowd, is_short, read_load
from holdfast.mitigate.pace import AUTHOR, EXPIRY_S, PROLONG_LEFT_S, find_changed_at
from holdfast.mitigate.pressure import BIN_S, RANKS, Pressure
from holdfast.mitigate.steps import Adjust, End, Start
from holdfast.model.mitigation import Mitigation, Shed
from holdfast.model.platform import Capacity, Criticality
from holdfast.model.shedding import CRITICAL, SHEDDABLE, Shares
from holdfast.model.telemetry import Metric

AIM: Final = 0.94
"""Of the capacity, what is shared out: at the whole of it a queue would never shrink."""
END_SHARE: Final = 0.7
"""Steering ends when less than this of either was used for `END_S`."""
END_S: Final = 5.0
ALONE_S: Final = 3.0
"""How long a location must be short of capacity before anybody is shed for the load that one service makes."""
DRAIN_S: Final = 1.5
"""What is in flight beyond that is to be gone in so long: so much less is given to sheddable classes meanwhile."""
LESS: Final = 0.95
MORE: Final = 1.05
"""How the budget follows what the location turns out to carry: once a second, down while it is crowded, and back up."""
BUDGET_MIN: Final = 0.25
"""Never less than this part of the capacity is shared out, whatever is in flight."""
RATES_S: Final = 0.75
"""Rates are means over so long."""
STEADY_S: Final = 1.0
"""Changes that can wait come so far apart at least: each fills the steered buckets once more."""
SPARE_SHARE: Final = 0.03
"""A class that isn't short may grow by this part of the capacity, and by all that nobody uses, before it is held."""
TRICKLE_SHARE: Final = 0.002
"""Of the capacity, what a class that is shed altogether is still given: a rate is never zero."""
MATERIAL_SHARE: Final = 0.05
"""A change of rates by less than this part of the capacity can wait for others, ..."""
URGENT_SHARE: Final = 0.2
"""... and one by more than this can't wait at all."""

NOTICED: Final = 1.2
"""A rate beyond so many times what a class asks for might as well not be there."""


def steer(
    location: str,
    pressure: Pressure,
    capacity: Capacity,
    shares: Shares,
    now: float,
    in_force: Mitigation | None,
    held: Collection[str] = (),
) -> Start | Adjust | End | None:
    """The next step for a location; None if all is well as it is.

    `in_force` is its `Shed` of Holdfast's own, `held` are services that something is done about by themselves. Where
    most of the load is one service's, holding that one is given `ALONE_S` before others are shed for it.
    """
    if in_force is None or not isinstance(in_force.measure, Shed):
        load = read_load(pressure, capacity, held, RATES_S)
        lasting = read_load(pressure, capacity, held, ALONE_S) if load.is_of_one else load
        if not is_short(load, capacity, shares) or not is_short(lasting, capacity, shares):
            return None
        measure = share_out(location, load, shares, AIM * capacity.requests, capacity, None)
        return Start(measure, EXPIRY_S, _describe(measure, load, capacity))
    if now - in_force.started_at >= END_S and _is_over(pressure, capacity, shares, in_force.measure):
        return End(in_force.id, f"less than {END_SHARE:.0%} of the capacity was used for {END_S:g} s")
    return _adjust(location, pressure, capacity, shares, now, in_force, held)


def find_shed(mitigations: Mapping[str, Mitigation], location: str) -> Mitigation | None:
    """Holdfast's own `Shed` of a location, if one is in force; the latest of them."""
    own = (
        m
        for m in mitigations.values()
        if isinstance(m.measure, Shed) and m.measure.location == location and m.author == AUTHOR
    )
    return max(own, key=lambda m: m.started_at, default=None)


def share_out(
    location: str, load: Load, shares: Shares, budget_rps: float, capacity: Capacity, before: Shed | None
) -> Shed:
    """A budget, shared out: each class gets all it asks for before the next one gets any.

    What it takes for a queue to shrink is kept back from sheddable classes. Critical classes are named only if they
    are to be held; sheddable ones always are.
    """
    left, rates, unheld = budget_rps, dict[Criticality, float](), list[Criticality]()
    trickle = max(1.0, TRICKLE_SHARE * capacity.requests)
    for criticality in RANKS:
        demand, limit = load.demands[criticality], _find_limit(criticality, shares, before)
        wanted = _find_wanted(demand, limit)
        if criticality is SHEDDABLE[0]:
            left = max(left - load.crowd / DRAIN_S, 0.0)
        if wanted > left:
            waste = _find_waste(demand, limit) if load.is_steady else 1.0
            rates[criticality] = max(left * waste, trickle) + demand.walled
        elif criticality in SHEDDABLE:
            unheld.append(criticality)
        left = max(left - wanted, 0.0)
    spare = left + SPARE_SHARE * capacity.requests
    asked = {c: load.demands[c].reaching + load.demands[c].walled for c in unheld}
    rates |= {c: min(asked[c] + spare, capacity.requests) for c in unheld}
    return Shed(location=location, budget_per_s=budget_rps, requests_per_s=rates)


def _is_over(pressure: Pressure, capacity: Capacity, shares: Shares, before: Shed) -> bool:
    """Nobody has been held, and little was used, for long enough: second by second."""
    if find_crowd(pressure, capacity) > 0:
        return False
    per_s = {
        c: counts[-round(END_S / BIN_S) :].reshape(-1, round(1 / BIN_S), counts.shape[1]).sum(axis=1)
        for c, counts in pressure.classes.items()
    }
    used = {c: counts[:, Metric.ADMITTED] for c, counts in per_s.items()}
    reaching = {c: used[c] + counts[:, Metric.SHED] for c, counts in per_s.items()}
    held = any((reaching[c] >= AIM * rate).any() for c, rate in before.requests_per_s.items())
    sheddable = [used[c] for c in SHEDDABLE]
    peaks = (
        (np.max(sum(used.values())), capacity.requests),
        (np.max(sum(sheddable)), shares.sheddable),
        *((np.max(used[c]), shares.classes[c]) for c in SHEDDABLE),
    )
    return not held and all(peak < END_SHARE * most for peak, most in peaks)


def _follow_capacity(load: Load, capacity: Capacity, before: Shed) -> float:
    """The budget after another second: what the location seems to carry."""
    factor = LESS if load.crowd > 0 else MORE
    return min(max(before.budget_per_s * factor, BUDGET_MIN * capacity.requests), AIM * capacity.requests)


def _adjust(
    location: str,
    pressure: Pressure,
    capacity: Capacity,
    shares: Shares,
    now: float,
    in_force: Mitigation,
    held: Collection[str],
) -> Adjust | None:
    before, age_s = in_force.measure, now - find_changed_at(in_force)
    if not isinstance(before, Shed):
        return None
    load = read_load(pressure, capacity, held, min(RATES_S, max(age_s, 2 * BIN_S)))
    load = replace(load, is_steady=age_s >= RATES_S + BIN_S)
    budget = _follow_capacity(load, capacity, before) if age_s >= STEADY_S else before.budget_per_s
    measure = share_out(location, load, shares, budget, capacity, before)
    change = _measure_change(measure, before, load, capacity)
    if change < MATERIAL_SHARE and (age_s < STEADY_S or change < MATERIAL_SHARE / 4):
        if in_force.expires_at - now > PROLONG_LEFT_S:
            return None
        measure = before
    elif change < URGENT_SHARE and age_s < STEADY_S:
        return None
    return Adjust(in_force.id, measure, None, EXPIRY_S, _describe(measure, load, capacity))


def _measure_change(measure: Shed, before: Shed, load: Load, capacity: Capacity) -> float:
    """How much a change matters: the greatest difference of what a class would be let through, of the capacity.

    Where neither the old rate nor the new one holds a class, they don't differ.
    """
    differences = [0.0]
    for criticality in RANKS:
        demand = load.demands[criticality]
        most = (demand.reaching + demand.walled) * NOTICED
        new, old = (min(m.requests_per_s.get(criticality, np.inf), most) for m in (measure, before))
        differences.append(abs(float(new - old)))
    return max(differences) / capacity.requests


def _find_limit(criticality: Criticality, shares: Shares, before: Shed | None) -> float:
    """What holds a class now."""
    if before is not None and criticality in before.requests_per_s:
        return before.requests_per_s[criticality]
    return shares.classes[criticality]


def _find_wanted(demand: Demand, limit: float) -> float:
    """What a class would use upstream. Where its limit isn't reached, all that is refused is refused by walls."""
    return demand.admitted if demand.reaching + demand.walled < AIM * limit else demand.reaching


def _find_waste(demand: Demand, limit: float) -> float:
    """How many requests a class must be let through for one to go upstream: walls behind the limit refuse some.

    Below one where buckets that were filled anew let through more than their rate.
    """
    if demand.admitted <= 0:
        return 1.0
    return float(np.clip(min(demand.reaching, limit) / demand.admitted, 0.8, 4.0))


def _describe(measure: Shed, load: Load, capacity: Capacity) -> str:
    reaching = sum(demand.reaching for demand in load.demands.values())
    held = [c for c, rate in measure.requests_per_s.items() if load.demands[c].reaching > rate or c in CRITICAL]
    whom = f"held: {', '.join(held)}" if held else "nobody is held"
    return f"{reaching:.0f}/s for {capacity.requests:.0f}/s; {measure.budget_per_s:.0f}/s shared out, {whom}"
