"""Bulkheads: each edge's part of a service's walls, and how they change without touching a pool."""

from collections.abc import Mapping

from holdfast.compile.chains import each_cluster
from holdfast.model.effective import EffectiveService
from holdfast.model.intent import Intent, Walls
from holdfast.model.mitigation import Limit
from holdfast.model.platform import Mode

_UNLIMITED = 1_000_000_000


def walls_of(service: EffectiveService) -> Walls:
    """A service's walls over all edges of a location."""
    if service.mode is Mode.OBSERVE:
        return Walls(_UNLIMITED, _UNLIMITED, _UNLIMITED)
    return Walls(service.in_flight.maximum, service.pending, service.connections)


def split_walls(walls: Walls, edges: int) -> Walls:
    """One edge's part, rounded down so that the parts never add up to more; at least one, or nobody is served."""
    return Walls(*(max(1, n // edges) for n in (walls.in_flight, walls.pending, walls.connections)))


def settle_walls(old: Intent | None, new: Intent) -> Mapping[str, Walls]:
    """For services whose walls change while their cluster stays: the walls that the cluster was built with.

    Their clusters' bytes stay as they are, and the new walls are laid over them live. Where anything else of
    the upstream changes, the cluster is built anew anyway, with the new walls.
    """
    if old is None:
        return {}
    location = next(iter(new.platform.locations))
    if location not in old.platform.locations:
        return {}
    settled = {}
    for name in new.services.keys() & old.services.keys():
        if new.services[name] is old.services[name] and new.platform.defaults == old.platform.defaults:
            if name in old.settled:
                settled[name] = old.settled[name]
            continue
        before, after = old.effective(name, location), new.effective(name, location)
        built = old.settled.get(name, walls_of(before))
        if _has_same_upstreams(before, after) and built != walls_of(after):
            settled[name] = built
    return settled


def _has_same_upstreams(before: EffectiveService, after: EffectiveService) -> bool:
    return before.upstream == after.upstream and before.upstreams == after.upstreams


def lower_location_walls(intent: Intent, location: str) -> dict[str, int]:
    """Runtime keys of walls that differ from what clusters were built with, by a revision or by a mitigation."""
    edges = len(intent.platform.locations[location].edges)
    values: dict[str, int] = {}
    for name in sorted(intent.settled):
        if name in intent.services:
            service = intent.effective(name, location)
            walls = split_walls(walls_of(service), edges)
            values |= _keys(service, in_flight=walls.in_flight, pending=walls.pending, connections=walls.connections)
    return values | _lower_walls(intent, location, _mitigated(intent))


def lower_edge_walls(intent: Intent, location: str) -> dict[str, int]:
    """What is laid over the location's walls on one edge: those that a mitigation lowers on some edges only.

    The intent's mitigations are those that hold on this edge.
    """
    scoped = {m.measure.service for m in intent.mitigations if m.edges is not None}
    lowered = {service: lowest for service, lowest in _mitigated(intent).items() if service in scoped}
    return _lower_walls(intent, location, lowered)


def _lower_walls(intent: Intent, location: str, lowest: Mapping[str, int]) -> dict[str, int]:
    """Each edge's part of requests in flight that mitigations allow; never more than is allowed anyway."""
    edges, values = len(intent.platform.locations[location].edges), dict[str, int]()
    for name, in_flight in sorted(lowest.items()):
        if name in intent.services and intent.mode_of(name) is Mode.ENFORCE:
            service = intent.effective(name, location)
            usual = split_walls(walls_of(service), edges).in_flight
            values |= _keys(service, in_flight=min(in_flight // edges if in_flight >= edges else in_flight, usual))
    return values


def _mitigated(intent: Intent) -> Mapping[str, int]:
    lowest: dict[str, int] = {}
    for mitigation in intent.mitigations:
        measure = mitigation.measure
        if isinstance(measure, Limit) and measure.in_flight is not None:
            lowest[measure.service] = min(measure.in_flight, lowest.get(measure.service, measure.in_flight))
    return lowest


def _keys(service: EffectiveService, **walls: int) -> dict[str, int]:
    """Envoy's runtime keys of its clusters' thresholds (its "Circuit breakers" runtime documentation)."""
    names = {"in_flight": "max_requests", "pending": "max_pending_requests", "connections": "max_connections"}
    clusters = [cluster for cluster, _, _ in each_cluster(service)]
    return {
        f"circuit_breakers.{cluster}.default.{names[wall]}": value
        for cluster in clusters
        for wall, value in walls.items()
    }
