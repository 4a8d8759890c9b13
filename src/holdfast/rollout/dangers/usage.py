"""Less than what is known to be used."""

from collections.abc import Iterator
from math import inf

from holdfast.model.effective import EffectiveService
from holdfast.model.intent import Intent
from holdfast.model.platform import Mode
from holdfast.model.recorded import Usage
from holdfast.rollout.danger import Change, Danger
from holdfast.rollout.hosts import find_service, index_hosts
from holdfast.rollout.outcomes import Outcome


def find_tight(change: Change) -> Iterator[Danger]:
    """Limits that are lower than they were, and lower than what a service is asked for at its peak."""
    location = change.location
    for name in change.touched if location else ():
        usage = change.usage.services.get(name)
        if location is None or usage is None or change.new.mode_of(name) is Mode.OBSERVE:
            continue
        after, before = change.new.effective(name, location), change.old.effective(name, location)
        begins = before.mode is Mode.OBSERVE
        for key, had, has, used, words in _list_limits(before, after, usage):
            if (begins or has < had) and has < used:
                message = f"{name} has {used:g} {words}, and {key} would be {has:g} instead of {had:g}"
                yield Danger("limit-below-usual", message, (name,), (f"{key}: {had:g} → {has:g}, used: {used:g}",))


def _list_limits(
    before: EffectiveService, after: EffectiveService, usage: Usage
) -> Iterator[tuple[str, float, float, float, str]]:
    """Each limit: its key, what it was and would be, what is used of it, and how that is said."""
    was, will = (each.per_client.per_s if each.per_client else inf for each in (before, after))
    at_peak = "requests in flight at its peak"
    yield "limits.requests", before.total.per_s, after.total.per_s, usage.peak_rps, "requests/s at its peak"
    yield "limits.per_client", was, will, usage.busiest_client_rps, "requests/s from its busiest client"
    yield "in_flight.maximum", before.in_flight.maximum, after.in_flight.maximum, usage.peak_in_flight, at_peak
    yield "connections", before.connections, after.connections, usage.peak_in_flight, at_peak


def find_small_locations(change: Change) -> Iterator[Danger]:
    """Locations that would be gone, or carry less than they are asked for."""
    for name, usage in change.usage.locations.items():
        place, was = change.new.platform.locations.get(name), change.old.platform.locations.get(name)
        open_ = change.connections.get(name, 0.0)
        if was is not None and place is None:
            message = f"location {name} would be gone, and is asked {usage.rps:g} requests/s"
            yield Danger("location-gone", message, evidence=(name,))
        elif place is not None and was is not None:
            for key, had, has, used in (
                ("requests", was.capacity.requests, place.capacity.requests, usage.peak_rps),
                ("in_flight", was.capacity.in_flight, place.capacity.in_flight, usage.peak_in_flight),
                ("connections", was.capacity.connections, place.capacity.connections, open_),
            ):
                if has < had and has < used:
                    message = f"location {name} uses {used:g} at its peak, and capacity.{key} would be {has:g}"
                    yield Danger("limit-below-usual", message, evidence=(f"{key}: {had:g} → {has:g}, used: {used:g}",))


def find_short_timeouts(change: Change) -> Iterator[Danger]:
    """Timeouts that are shorter than they were, and shorter than recorded requests took."""
    slow: dict[str, tuple[float, str]] = {}
    hosts = index_hosts(change.new)
    for request in change.requests:
        name = find_service(hosts, request.host)
        if name and request.latency_s is not None and request.latency_s > slow.get(name, (0.0, ""))[0]:
            slow[name] = request.latency_s, f"{request.method} {request.path} took {request.latency_s:g} s"
    for name, (latency_s, shown) in sorted(slow.items()):
        if name not in change.changes.mentioned or name not in change.old.services:
            continue
        after, before = (intent.services[name].service.upstream.timeouts for intent in (change.new, change.old))
        for key in ("request", "per_try"):
            has, had = getattr(after, key) or inf, getattr(before, key) or inf
            if has < had and has <= latency_s:
                message = (
                    f"{name} takes up to {latency_s:g} s, and timeouts.{key} would be {has:g} s instead of {had:g} s"
                )
                yield Danger("timeout-below-usual", message, (name,), (shown,))


def find_short_route_timeouts(change: Change) -> Iterator[Danger]:
    """Routes, or upstreams beside the first, that get less time than they had and than recorded requests took."""
    slow: dict[tuple[str, str], tuple[float, float, float, str]] = {}
    for request, old, new in change.tried:
        name, took_s = new.service, request.latency_s
        if took_s is None or name is None or name != old.service or name not in change.changes.mentioned:
            continue
        had, has = (_find_timeout(*side) for side in ((change.old, name, old), (change.new, name, new)))
        if has < had and has <= took_s and took_s > slow.get((name, new.route), (0.0,))[0]:
            slow[name, new.route] = took_s, had, has, f"{request.method} {request.path} took {took_s:g} s"
    for (name, route), (took_s, had, has, shown) in sorted(slow.items()):
        message = f"route {route} of {name} takes up to {took_s:g} s, and would be cut off after {has:g} s"
        yield Danger("timeout-below-usual", f"{message} instead of {had:g} s", (name,), (shown,))


def _find_timeout(intent: Intent, service: str, outcome: Outcome) -> float:
    """How long a request that became of this may take, where its route or a further upstream says so; else no end."""
    stated = intent.services[service].service
    route = next((each for each in stated.routes if each.name == outcome.route), None)
    if route is None or not outcome.endpoints:
        return inf
    if route.timeout is not None:
        return route.timeout
    return inf if route.upstream is None else stated.upstreams[route.upstream].timeouts.request
