"""Walls of services with several upstreams: each upstream has them all to itself."""

from collections.abc import Iterator

from holdfast.model.effective import share_capacity
from holdfast.model.platform import InFlight, Platform
from holdfast.spec.codes import Finding, warning
from holdfast.spec.rules.walk import Owned, each_service

WALLS_ADD_UP = warning(
    "HF407",
    "walls that add up",
    "The walls of a bulkhead stand around each upstream of a service by itself, so that a slow one doesn't take the "
    "others along. Together they let through as many times the maximum as there are upstreams, and that takes what "
    "others are guaranteed if all of them are slow at once.",
    wrong="""
tenants:
  acme:
    services:
      shop:
        bulkhead: {in_flight: {guaranteed: 20, maximum: 60}}
        upstreams: {files: {endpoints: ["127.0.0.1:9103"]}}
        routes: [{name: files, match: {path: {prefix: /files}}, upstream: files}, {name: pages}]
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
      shop:
        bulkhead: {in_flight: {guaranteed: 20, maximum: 30}}
        upstreams: {files: {endpoints: ["127.0.0.1:9103"]}}
        routes: [{name: files, match: {path: {prefix: /files}}, upstream: files}, {name: pages}]
  globex:
    services:
      globex-shop:
        hosts: [shop.globex.example]
        upstream: {endpoints: ["127.0.0.1:9102"]}
        bulkhead: {in_flight: {guaranteed: 40, maximum: 60}}
""",
)


def check_walls(platform: Platform) -> Iterator[Finding]:
    """A service whose upstreams are all at their maximum leaves everybody else what they are guaranteed."""
    name, location = min(platform.locations.items(), key=lambda item: item[1].capacity.in_flight)
    default = platform.defaults.bulkhead.in_flight or share_capacity(location)
    owned = list(each_service(platform))
    spare = location.capacity.in_flight - sum(_in_flight(each, default).guaranteed for each in owned)
    for each in owned:
        in_flight, count = _in_flight(each, default), len(_list_used(each))
        burst, alone = (n * in_flight.maximum - in_flight.guaranteed for n in (count, 1))
        if count > 1 and burst > spare >= alone:
            stated = each.service.bulkhead.in_flight is not None
            path = (*each.path, "bulkhead", "in_flight", "maximum") if stated else (*each.path, "upstreams")
            most = max(1, (in_flight.guaranteed + spare) // count)
            message = (
                f"{each.name} may have {in_flight.maximum} requests in flight at each of {count} upstreams, that is"
            )
            message += f" {burst} above its guarantee, and at {name} only {spare} are nobody's"
            fix = f"write a maximum of {most} or less, or guarantee less"
            yield WALLS_ADD_UP.at(path, message, fix, on_key=not stated)


def _in_flight(owned: Owned, default: InFlight) -> InFlight:
    return owned.service.bulkhead.in_flight or default


def _list_used(owned: Owned) -> set[str | None]:
    """The upstreams that requests are sent to, by name; None is the one without."""
    routes = owned.service.routes
    return {route.upstream for route in routes if not route.redirect and not route.answer} if routes else {None}
