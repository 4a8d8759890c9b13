"""Rates that are granted must fit the bounds, the locations and each other."""

from collections.abc import Iterator

from holdfast.model.platform import Limits, Platform
from holdfast.model.units import format_rate
from holdfast.spec.codes import Finding, Path, error
from holdfast.spec.rules.walk import each_service

ABOVE_BOUNDS = error(
    "HF411",
    "a limit above the bounds",
    "`bounds` says the most that any service may have, be it written in the file or chosen by a service's owner.",
    wrong="tenants: {acme: {services: {shop: {limits: {requests: 3000/s}}}}}\nbounds: {requests_max: 2000/s}",
    right="tenants: {acme: {services: {shop: {limits: {requests: 1000/s}}}}}\nbounds: {requests_max: 2000/s}",
)
ABOVE_LOCATION = error(
    "HF412",
    "a limit above a location's capacity",
    "One service alone may send more than the whole location carries: its limit protects nobody.",
    wrong="tenants: {acme: {services: {shop: {limits: {requests: 9000/s}}}}}",
    right="tenants: {acme: {services: {shop: {limits: {requests: 1000/s}}}}}",
)
CLIENT_ABOVE_SERVICE = error(
    "HF413",
    "one client may take all",
    "The limit for each client is above the limit of the service, so that one client can use all of it up.",
    wrong="tenants: {acme: {services: {shop: {limits: {requests: 50/s, per_client: {requests: 100/s}}}}}}",
    right="tenants: {acme: {services: {shop: {limits: {requests: 50/s, per_client: {requests: 10/s}}}}}}",
)


def check_limits(platform: Platform) -> Iterator[Finding]:
    """Every limit, stated or by default, within bounds and capacity."""
    yield from _check_one(platform, platform.defaults.limits, ("defaults", "limits"), "a service by default")
    for owned in each_service(platform):
        yield from _check_one(platform, owned.service.limits, (*owned.path, "limits"), owned.name)


def _check_one(platform: Platform, limits: Limits, path: Path, name: str) -> Iterator[Finding]:
    yield from _check_bounds(platform, limits, path, name)
    if limits.requests is not None:
        yield from _check_location(platform, limits.requests, (*path, "requests"), name)
    total = limits.requests if limits.requests is not None else platform.defaults.limits.requests
    client = limits.per_client
    if client and total is not None and client.requests > total:
        message = f"one client of {name} may send {format_rate(client.requests)}, all its clients {format_rate(total)}"
        yield CLIENT_ABOVE_SERVICE.at(
            (*path, "per_client", "requests"), message, f"write less than {format_rate(total)}"
        )


def _check_bounds(platform: Platform, limits: Limits, path: Path, name: str) -> Iterator[Finding]:
    bounds, client = platform.bounds, limits.per_client
    rates: list[tuple[Path, float | None, str, float]] = [
        (("requests",), limits.requests, "requests_max", bounds.requests_max),
        (("per_client", "requests"), client.requests if client else None, "per_client_max", bounds.per_client_max),
    ]
    for inner, rate, bound, most in rates:
        if rate is not None and rate > most:
            message = f"{format_rate(rate)} for {name} is above bounds.{bound}, {format_rate(most)}"
            yield ABOVE_BOUNDS.at((*path, *inner), message, f"write {format_rate(most)} or less, or raise the bound")
    bursts: list[tuple[Path, int | None]] = [
        (("burst",), limits.burst),
        (("per_client", "burst"), client.burst if client else None),
    ]
    for inner, burst in bursts:
        if burst is not None and burst > bounds.burst_max:
            message = f"a burst of {burst} for {name} is above bounds.burst_max, {bounds.burst_max}"
            yield ABOVE_BOUNDS.at((*path, *inner), message, f"write {bounds.burst_max} or less, or raise the bound")


def _check_location(platform: Platform, rate: float, path: Path, name: str) -> Iterator[Finding]:
    smallest = min(platform.locations, key=lambda each: platform.locations[each].capacity.requests)
    capacity = platform.locations[smallest].capacity.requests
    if rate > capacity:
        message = f"{format_rate(rate)} for {name} is more than all of {smallest} carries, {format_rate(capacity)}"
        yield ABOVE_LOCATION.at(path, message, f"write less than {format_rate(capacity)}")
