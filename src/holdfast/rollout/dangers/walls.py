"""Walls that are wide enough on average, and not for requests as they come."""

from collections.abc import Iterator
from math import sqrt
from typing import Final

from holdfast.model.effective import EffectiveService
from holdfast.model.platform import Mode
from holdfast.rollout.danger import Change, Danger

LOST_SHARE_MAX: Final = 0.01
MOST_OF_FIVE_SD: Final = 1.163
"""A peak is the most of five readings: so many standard deviations above their average, on average."""
NEGLIGIBLE: Final = 1e-9


def find_narrow_walls(change: Change) -> Iterator[Danger]:
    """Walls that are drawn in, and would refuse one in a hundred at the usual peak, since requests come in lumps.

    Each edge has its part of a wall and of the requests, and can't lend it to another. Walls below the peak itself are
    told elsewhere.
    """
    location, locations = change.location, change.new.platform.locations
    all_edges = sum(len(each.edges) for each in locations.values())
    for name in change.touched if location else ():
        usage = change.usage.services.get(name)
        if location is None or usage is None or not usage.peak_in_flight or change.new.mode_of(name) is Mode.OBSERVE:
            continue
        before, after = change.old.effective(name, location), change.new.effective(name, location)
        places, waiting = split_places(after, len(locations[location].edges))
        if not _is_narrower(before, after) or usage.peak_in_flight > after.in_flight.maximum:
            continue
        lost = share_refused(_average(usage.peak_in_flight) / all_edges, places, waiting)
        if lost > LOST_SHARE_MAX:
            message = (
                f"{name} has {usage.peak_in_flight:g} in flight at its peak, over {all_edges} edges; each would let "
                f"{places} through and {waiting} wait, and refuse about {lost:.0%}, since requests come in lumps"
            )
            shown = f"in_flight.maximum {before.in_flight.maximum} → {after.in_flight.maximum}"
            yield Danger("wall-too-narrow", message, (name,), (f"{shown}, pending {before.pending} → {after.pending}",))


def _average(peak: float) -> float:
    """How many are in flight on average while it is busiest, if arrivals are independent (Poisson's variance)."""
    return (sqrt(MOST_OF_FIVE_SD**2 + 4 * peak) - MOST_OF_FIVE_SD) ** 2 / 4


def _is_narrower(before: EffectiveService, after: EffectiveService) -> bool:
    if before.mode is Mode.OBSERVE:
        return True
    walls = ((each.in_flight.maximum, each.connections, each.pending) for each in (before, after))
    return any(has < had for had, has in zip(*walls, strict=True))


def split_places(service: EffectiveService, edges: int) -> tuple[int, int]:
    """How many requests one edge has in flight, and how many it lets wait, for a connection.

    They wait only where connections run out first: what finds a connection and no place in flight is refused.
    """
    over_http1 = service.upstream.protocol == "http1"
    most = min(service.in_flight.maximum, service.connections) if over_http1 else service.in_flight.maximum
    waits = over_http1 and service.connections <= service.in_flight.maximum
    return max(1, most // edges), max(1, service.pending // edges) if waits else 0


def share_refused(load: float, places: int, waiting: int) -> float:
    """The share of requests that find all places taken: the loss of a queue M/M/c/(c + k); without
    waiting it is Erlang's B.

    `load` is how many are in flight on average, if none is refused. Without waiting it holds for times of any
    distribution, with it for exponential ones.
    """
    blocked = 1.0
    for taken in range(1, places + waiting + 1):
        blocked = load * blocked / (min(taken, places) + load * blocked)
        if blocked < NEGLIGIBLE:
            return 0.0
    return blocked
