"""Shedding: sharing out what a location can carry, the most critical classes first, a few times a second.

It is about requests that would be sent upstream. Edges hold each class to its static share by themselves (see
`model.shedding`); steering begins when a location nears its capacity, lends what critical classes don't use, and takes
it back from the least critical ones when they do.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from holdfast.mitigate.budget import begin_budget, follow_capacity
from holdfast.mitigate.load import FULL_SHARE, Load, find_crowd, is_short, read_load
from holdfast.mitigate.pace import AUTHOR, EXPIRY_S, PROLONG_LEFT_S, find_changed_at
from holdfast.mitigate.pressure import BIN_S, RANKS, Pressure
from holdfast.mitigate.steps import Adjust, End, Start
from holdfast.model.mitigation import Mitigation, Shed
from holdfast.model.platform import Capacity, Criticality
from holdfast.model.shedding import CRITICAL, SHEDDABLE, Shares
from holdfast.model.telemetry import Metric

END_SHARE: Final = 0.7
"""Steering ends when less than this of either was used for `END_S`."""
END_S: Final = 5.0
ALONE_S: Final = 3.0
"""How long a location must be short of capacity before anybody is shed for the load that one service makes."""
DRAIN_S: Final = 1.5
"""What is in flight beyond that is to be gone in so long: so much less is given to sheddable classes meanwhile."""
RISING_SHARE: Final = 0.08
"""So much of the capacity is kept back from sheddable classes while the load rises: what is seen is older than what is
there, and what is turned away meanwhile is tried again."""
HELD_SHARE: Final = 0.01
"""A class of which the limit refuses less isn't held."""
SETTLE_S: Final = 3.0
"""What piled up before anything was done says nothing about the capacity."""
NOW_S: Final = (0.5, 3.0)
NOW_REQUESTS: Final = 50
STEADY_FACTOR: Final = 4.0
"""Rates are means over so long: as many seconds as a location at its capacity takes for `NOW_REQUESTS`, within bounds,
to see that something changes; so many times longer while nothing does."""
WAIT_S: Final = (0.5, 1.0, 3.0)
"""Changes that matter while the load changes, those that do while it doesn't, and those that hardly do come so far
apart at least: each fills the steered buckets once more, and is an entry in the journal."""
SPARE_SHARE: Final = 0.03
SPARE_DEVIATIONS: Final = 2.0
"""A class that isn't short may grow by this part of the capacity, or by what chance explains if that is more, and by
its part of what nobody uses, before it is held."""
TRICKLE_SHARE: Final = 0.002
"""Of the capacity, what a class that is shed altogether is still given: a rate is never zero."""
SLIGHT_SHARE: Final = 0.02
MATERIAL_SHARE: Final = 0.05
"""Changes of rates by less than these parts of the capacity, beyond what chance explains, aren't made at all, or
hardly matter, ..."""
URGENT_SHARE: Final = 0.2
"""... and one by more than this can't wait."""
NOISE_DEVIATIONS: Final = 3.0
NOTICED: Final = 1.05
"""A rate beyond so many times what a class asks for might as well not be there."""


def steer(
    location: str,
    pressure: Pressure,
    capacity: Capacity,
    shares: Shares,
    now: float,
    in_force: Mitigation | None,
) -> Start | Adjust | End | None:
    """The next step for a location; None if all is well as it is.

    `in_force` is its `Shed` of Holdfast's own. Where most of the load is one service's, holding that one is given
    `ALONE_S` before others are shed for it.
    """
    if in_force is None or not isinstance(in_force.measure, Shed):
        load = read_load(pressure, capacity, _find_now_s(capacity))
        lasting = replace(read_load(pressure, capacity, ALONE_S), growth=0.0) if load.is_of_one else load
        if not is_short(load, capacity, shares) or not is_short(lasting, capacity, shares):
            return None
        measure = share_out(location, load, begin_budget(load, capacity), capacity)
        return Start(measure, EXPIRY_S, _describe(measure, load, capacity))
    if now - in_force.started_at >= END_S and _is_over(pressure, capacity, shares, in_force.measure):
        return End(in_force.id, f"less than {END_SHARE:.0%} of the capacity was used for {END_S:g} s")
    return _adjust(location, pressure, capacity, now, in_force)


def find_shed(mitigations: Mapping[str, Mitigation], location: str) -> Mitigation | None:
    """Holdfast's own `Shed` of a location, if one is in force; the latest of them."""
    own = (
        m
        for m in mitigations.values()
        if isinstance(m.measure, Shed) and m.measure.location == location and m.author == AUTHOR
    )
    return max(own, key=lambda m: m.started_at, default=None)


def share_out(location: str, load: Load, budget_rps: float, capacity: Capacity) -> Shed:
    """A budget, shared out: each class gets all it asks for before the next one gets any.

    What it takes for a queue to shrink, and for a rise to be seen, is kept back from sheddable classes. Critical
    classes are named only if they are to be held, or if what walls refuse would use up their static limit; sheddable
    ones always are. A rate is of what reaches the location's limit: where walls behind it refuse some, so much more is
    let through.
    """
    left, rates, unheld = budget_rps, dict[Criticality, float](), list[Criticality]()
    trickle = max(1.0, TRICKLE_SHARE * capacity.requests)
    kept_back = load.crowd / DRAIN_S + (RISING_SHARE * capacity.requests if load.growth > 0 else 0.0)
    for criticality in RANKS:
        demand = load.demands[criticality]
        if criticality is SHEDDABLE[0]:
            left = max(left - kept_back, 0.0)
        if demand.wanted > left:
            rates[criticality] = max(left * demand.waste, trickle)
        elif criticality in SHEDDABLE or (demand.waste > 1 and demand.reaching > FULL_SHARE * capacity.requests):
            unheld.append(criticality)
        left = max(left - demand.wanted * (1 + load.growth if criticality in CRITICAL else 1), 0.0)
    for criticality in unheld:
        demand = load.demands[criticality]
        chance = SPARE_DEVIATIONS * float(np.sqrt(demand.reaching / load.over_s))
        spare = left / len(unheld) + max(SPARE_SHARE * capacity.requests, chance)
        rates[criticality] = min(demand.reaching + spare, capacity.requests * demand.waste)
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
    passed = {c: used[c] + counts[:, Metric.WALLED] for c, counts in per_s.items()}
    reaching = {c: used[c] + counts[:, Metric.SHED] for c, counts in per_s.items()}
    held = any((reaching[c] - passed[c]).sum() > HELD_SHARE * reaching[c].sum() for c in before.requests_per_s)
    sheddable = [passed[c] for c in SHEDDABLE]
    peaks = (
        (np.max(sum(used.values())), capacity.requests),
        (np.max(sum(sheddable)), shares.sheddable),
        *((np.max(passed[c]), shares.classes[c]) for c in RANKS),
    )
    return not held and all(peak < END_SHARE * most for peak, most in peaks)


def _adjust(location: str, pressure: Pressure, capacity: Capacity, now: float, in_force: Mitigation) -> Adjust | None:
    before, age_s = in_force.measure, now - find_changed_at(in_force)
    if not isinstance(before, Shed):
        return None
    now_s, seen_s = _find_now_s(capacity), max(age_s - (now - pressure.ends_at), 2 * BIN_S)
    latest, lasting = (read_load(pressure, capacity, min(s, seen_s)) for s in (now_s, now_s * STEADY_FACTOR))
    changing = _differ(latest, lasting, capacity)
    load, budget = latest if changing else lasting, before.budget_per_s
    if now - in_force.started_at >= SETTLE_S or load.crowd <= 0:
        budget = follow_capacity(budget, load, capacity, age_s)
    measure = share_out(location, load, budget, capacity)
    change = (_measure_change(measure, before, load) - _find_noise(load, capacity)) / capacity.requests
    if _holds_needlessly(before, measure, load):
        change = max(change, MATERIAL_SHARE)
    if age_s < _find_wait_s(change, changing=changing):
        if in_force.expires_at - now > PROLONG_LEFT_S:
            return None
        measure = before
    return Adjust(in_force.id, measure, None, EXPIRY_S, _describe(measure, load, capacity))


def _find_now_s(capacity: Capacity) -> float:
    """Over how long it is told what a location is asked for now: the smaller it is, the longer it takes to tell."""
    return float(np.clip(round(NOW_REQUESTS / capacity.requests / BIN_S) * BIN_S, *NOW_S))


def _find_noise(load: Load, capacity: Capacity) -> float:
    """By how much a rate that matters differs from the true one by chance, in requests per second (one deviation)."""
    wanted = min(sum(demand.wanted for demand in load.demands.values()), capacity.requests)
    return float(np.sqrt(wanted / load.over_s))


def _differ(latest: Load, lasting: Load, capacity: Capacity) -> bool:
    """Whether the load isn't as it was, as far as it matters: what is beyond the capacity anyway may change."""
    most = capacity.requests
    changes = (abs(min(latest.demands[c].wanted, most) - min(lasting.demands[c].wanted, most)) for c in RANKS)
    return max(changes) >= max(URGENT_SHARE / 2 * most, NOISE_DEVIATIONS * _find_noise(latest, capacity)) or (
        latest.growth > 0
    )


def _find_wait_s(change: float, *, changing: bool) -> float:
    """How long after the last change the next one may be made, by how much it matters."""
    if change >= URGENT_SHARE:
        return 0.0
    if change >= MATERIAL_SHARE:
        return WAIT_S[0] if changing else WAIT_S[1]
    return WAIT_S[2] if change >= SLIGHT_SHARE else float("inf")


def _measure_change(measure: Shed, before: Shed, load: Load) -> float:
    """How much a change matters: the greatest difference of what a class would get upstream, in requests per second.

    Where neither the old rate nor the new one holds a class, they don't differ.
    """
    differences = [0.0]
    for criticality in RANKS:
        demand = load.demands[criticality]
        most = demand.reaching * NOTICED
        new, old = (min(m.requests_per_s.get(criticality, np.inf), most) for m in (measure, before))
        differences.append(abs(float(new - old)) / demand.waste)
    return max(differences)


def _holds_needlessly(before: Shed, measure: Shed, load: Load) -> bool:
    """Whether a class is held that needn't be: however little that is, somebody less critical may fare better."""
    return any(
        rate < load.demands[c].reaching <= measure.requests_per_s.get(c, np.inf)
        for c, rate in before.requests_per_s.items()
    )


def _describe(measure: Shed, load: Load, capacity: Capacity) -> str:
    reaching = sum(demand.reaching for demand in load.demands.values())
    held = [c for c, rate in measure.requests_per_s.items() if load.demands[c].reaching > rate or c in CRITICAL]
    whom = f"held: {', '.join(held)}" if held else "nobody is held"
    return f"{reaching:.0f}/s for {capacity.requests:.0f}/s; {measure.budget_per_s:.0f}/s shared out, {whom}"
