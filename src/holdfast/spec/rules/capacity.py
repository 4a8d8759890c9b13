"""Concurrency that is promised must be there: guarantees and maxima against what a location can carry."""

from collections.abc import Iterator
from typing import NamedTuple

from holdfast.model.effective import share_capacity
from holdfast.model.platform import Bulkhead, InFlight, Location, Platform
from holdfast.spec.codes import Finding, Path, error, warning
from holdfast.spec.rules.walk import each_service

OVERPROMISED = error(
    "HF401",
    "guarantees above capacity",
    "The in-flight requests guaranteed to services add up to more than a location can carry. Some guarantee would "
    "not hold, and it shows only when everybody needs theirs. Every service runs at every location.",
    wrong="""
tenants:
  acme:
    services:
      shop: {bulkhead: {in_flight: {guaranteed: 60, maximum: 90}}}
  globex:
    services:
      globex-shop:
        hosts: [shop.globex.example]
        upstream: {endpoints: ["127.0.0.1:9102"]}
        bulkhead: {in_flight: {guaranteed: 60, maximum: 90}}
""",
    right="""
tenants:
  acme:
    services:
      shop: {bulkhead: {in_flight: {guaranteed: 40, maximum: 60}}}
  globex:
    services:
      globex-shop:
        hosts: [shop.globex.example]
        upstream: {endpoints: ["127.0.0.1:9102"]}
        bulkhead: {in_flight: {guaranteed: 40, maximum: 60}}
""",
)
MAXIMUM_BELOW = error(
    "HF402",
    "a maximum below the guarantee",
    "A service may never have fewer requests in flight than it is guaranteed.",
    wrong="tenants: {acme: {services: {shop: {bulkhead: {in_flight: {guaranteed: 20, maximum: 10}}}}}}",
    right="tenants: {acme: {services: {shop: {bulkhead: {in_flight: {guaranteed: 10, maximum: 20}}}}}}",
)
MAXIMUM_ABOVE = error(
    "HF403",
    "a maximum above capacity",
    "One service alone may have more requests in flight than the whole location carries: its wall holds nothing.",
    wrong="tenants: {acme: {services: {shop: {bulkhead: {in_flight: {guaranteed: 10, maximum: 500}}}}}}",
    right="tenants: {acme: {services: {shop: {bulkhead: {in_flight: {guaranteed: 10, maximum: 100}}}}}}",
)
TOO_THIN = error(
    "HF404",
    "less than one for each edge",
    "Each edge of a location holds its part of a service's walls. A part below one request or connection means that "
    "an edge guarantees, or lets through, nothing.",
    wrong="""
locations:
  local:
    edges:
      - {name: edge-1, listen: "127.0.0.1:8080"}
      - {name: edge-2, listen: "127.0.0.1:8081"}
tenants: {acme: {services: {shop: {bulkhead: {in_flight: {guaranteed: 1, maximum: 20}}}}}}
""",
    right="""
locations:
  local:
    edges:
      - {name: edge-1, listen: "127.0.0.1:8080"}
      - {name: edge-2, listen: "127.0.0.1:8081"}
tenants: {acme: {services: {shop: {bulkhead: {in_flight: {guaranteed: 2, maximum: 20}}}}}}
""",
)

BURST_TAKES_GUARANTEES = error(
    "HF405",
    "a burst that takes what others are guaranteed",
    "A service at its maximum must leave everybody else what they are guaranteed: what it may have above its own "
    "guarantee has to fit into what nobody is guaranteed. Else one tenant's flood is another tenant's outage.",
    wrong="""
tenants:
  acme:
    services:
      shop: {bulkhead: {in_flight: {guaranteed: 20, maximum: 70}}}
  globex:
    services:
      globex-shop:
        hosts: [shop.globex.example]
        upstream: {endpoints: ["127.0.0.1:9102"]}
        bulkhead: {in_flight: {guaranteed: 40, maximum: 60}}
""",
    right="""
tenants:
  acme:
    services:
      shop: {bulkhead: {in_flight: {guaranteed: 20, maximum: 60}}}
  globex:
    services:
      globex-shop:
        hosts: [shop.globex.example]
        upstream: {endpoints: ["127.0.0.1:9102"]}
        bulkhead: {in_flight: {guaranteed: 40, maximum: 60}}
""",
)
CONNECTIONS_BELOW = warning(
    "HF406",
    "fewer connections than requests in flight",
    "Over HTTP/1.1 every request in flight has a connection of its own, so the service never reaches its maximum.",
    wrong="tenants: {acme: {services: {shop: {bulkhead: {connections: 10, in_flight: {guaranteed: 9, maximum: 40}}}}}}",
    right="tenants: {acme: {services: {shop: {bulkhead: {connections: 40, in_flight: {guaranteed: 9, maximum: 40}}}}}}",
)


class _Promise(NamedTuple):
    """Who is guaranteed how much, and where that is written."""

    name: str
    in_flight: InFlight
    path: Path


_DEFAULT: Path = ("defaults", "bulkhead")


def _stated(platform: Platform) -> Iterator[_Promise]:
    for owned in each_service(platform):
        if owned.service.bulkhead.in_flight:
            yield _Promise(owned.name, owned.service.bulkhead.in_flight, (*owned.path, "bulkhead", "in_flight"))


def check_guarantees(platform: Platform) -> Iterator[Finding]:
    """At every location, guarantees add up to at most what it carries."""
    guaranteed = {promise.name: promise.in_flight.guaranteed for promise in _stated(platform)}
    default = platform.defaults.bulkhead.in_flight
    silent = sum(1 for owned in each_service(platform) if not owned.service.bulkhead.in_flight)
    if default and silent * default.guaranteed:
        guaranteed[f"{silent} services by default"] = silent * default.guaranteed
    total = sum(guaranteed.values())
    for name, location in platform.locations.items():
        capacity = location.capacity.in_flight
        if total > capacity:
            message = f"guarantees add up to {total} requests in flight, and {name} carries {capacity}"
            message += f" (the biggest: {_name_biggest(guaranteed)})"
            fix = f"guarantee {total - capacity} less, or state the capacity that {name} really has"
            yield OVERPROMISED.at(("locations", name, "capacity", "in_flight"), message, fix)


def _name_biggest(guaranteed: dict[str, int]) -> str:
    biggest = sorted(guaranteed.items(), key=lambda item: (-item[1], item[0]))[:3]
    rest = len(guaranteed) - len(biggest)
    named = ", ".join(f"{name} {count}" for name, count in biggest)
    return f"{named}, and {rest} more" if rest else named


def check_maxima(platform: Platform) -> Iterator[Finding]:
    """Every maximum lies between its guarantee and the smallest location's capacity."""
    smallest = _smallest(platform)
    capacity = platform.locations[smallest].capacity.in_flight
    default = platform.defaults.bulkhead.in_flight
    promises = list(_stated(platform))
    if default:
        promises.append(_Promise("every service by default", default, (*_DEFAULT, "in_flight")))
    for name, in_flight, path in promises:
        if in_flight.maximum < in_flight.guaranteed:
            message = f"{name}: the maximum {in_flight.maximum} is below the guaranteed {in_flight.guaranteed}"
            yield MAXIMUM_BELOW.at((*path, "maximum"), message, f"write {in_flight.guaranteed} or more")
        if in_flight.maximum > capacity:
            message = f"{name}: the maximum {in_flight.maximum} is more than {smallest} carries, {capacity}"
            yield MAXIMUM_ABOVE.at((*path, "maximum"), message, f"write less than {capacity}")


def check_bursts(platform: Platform) -> Iterator[Finding]:
    """No service can, by itself, take what another is guaranteed."""
    smallest = _smallest(platform)
    location = platform.locations[smallest]
    default = platform.defaults.bulkhead.in_flight or share_capacity(location)
    silent = [owned for owned in each_service(platform) if not owned.service.bulkhead.in_flight]
    promises = list(_stated(platform))
    spare = location.capacity.in_flight - len(silent) * default.guaranteed
    spare -= sum(promise.in_flight.guaranteed for promise in promises)
    if silent:
        promises.append(_Promise("a service that states nothing", default, (*_DEFAULT, "in_flight")))
    for name, in_flight, path in promises:
        burst = in_flight.maximum - in_flight.guaranteed
        if burst > spare >= 0 and in_flight.maximum <= location.capacity.in_flight:
            message = f"{name} may burst by {burst} requests in flight, and at {smallest} only {spare} are nobody's"
            fix = f"write a maximum of {in_flight.guaranteed + spare} or less, or guarantee less"
            yield BURST_TAKES_GUARANTEES.at((*path, "maximum"), message, fix)


def check_connections(platform: Platform) -> Iterator[Finding]:
    """A service that speaks HTTP/1.1 upstream may open a connection for each request it may have in flight."""
    for owned in each_service(platform):
        bulkhead, http1 = owned.service.bulkhead, owned.service.upstream.protocol == "http1"
        if http1 and bulkhead.in_flight and bulkhead.connections and bulkhead.connections < bulkhead.in_flight.maximum:
            message = f"{owned.name} may have {bulkhead.in_flight.maximum} requests in flight"
            message += f" over {bulkhead.connections} connections"
            fix = f"write {bulkhead.in_flight.maximum} connections or more, or a lower maximum"
            yield CONNECTIONS_BELOW.at((*owned.path, "bulkhead", "connections"), message, fix)


def _smallest(platform: Platform) -> str:
    return min(platform.locations, key=lambda name: platform.locations[name].capacity.in_flight)


def check_edge_parts(platform: Platform) -> Iterator[Finding]:
    """Every wall leaves at least one for each edge."""
    name, location = max(platform.locations.items(), key=lambda item: len(item[1].edges))
    if len(location.edges) == 1:
        return
    yield from _check_parts(platform.defaults.bulkhead, _DEFAULT, name, location)
    for owned in each_service(platform):
        yield from _check_parts(owned.service.bulkhead, (*owned.path, "bulkhead"), name, location)


def _check_parts(bulkhead: Bulkhead, path: Path, name: str, location: Location) -> Iterator[Finding]:
    edges, in_flight = len(location.edges), bulkhead.in_flight
    walls: list[tuple[Path, int | None]] = [(("connections",), bulkhead.connections), (("pending",), bulkhead.pending)]
    if in_flight:
        walls.append((("in_flight", "guaranteed"), in_flight.guaranteed))
        walls.append((("in_flight", "maximum"), in_flight.maximum))
    for inner, count in walls:
        if count and count < edges:
            message = f"{inner[-1]} {count} is less than one for each of the {edges} edges of {name}"
            zero = ", or 0" if inner[-1] in {"guaranteed", "pending"} else ""
            yield TOO_THIN.at((*path, *inner), message, f"write {edges} or more{zero}")
