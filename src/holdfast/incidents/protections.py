"""What protects every tenant, in plain words, from what is in force.

It says for how many services something holds, but neither for which nor, unless that is allowed, how much: who knows a
limit knows how to stay below it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from holdfast.model.platform import Accept, Mode, Platform, Response, Service
from holdfast.model.recovery import Policy
from holdfast.model.status_document import Protection

EVERYWHERE: Final = "At every location"
_REACHES: Final = ((1.0, "For every service"), (2 / 3, "For most services"), (1 / 4, "For many services"))
"""The least share of the services, and the words for it."""

Holds = Callable[[Platform, Service], bool]
Tell = Callable[[Platform], tuple[str, ...]]


def list_protections(platform: Platform) -> tuple[Protection, ...]:
    """Those that are in force, with numbers only where the platform says so."""
    services = [service for tenant in platform.tenants.values() for service in tenant.services.values()]
    with_numbers = platform.status is not None and platform.status.protections.numbers
    return tuple(_list_held(platform, services, with_numbers=with_numbers))


def tell_reach(count: int, total: int) -> str:
    """For how many of the services something holds, in words."""
    share = count / total
    return next((words for least, words in _REACHES if share >= least), "For some services")


@dataclass(frozen=True, slots=True)
class _Kind:
    """One protection; without `holds` it is there for everybody, whatever is declared."""

    title: str
    text: str
    holds: Holds | None = None
    tell: Tell = field(default=lambda _platform: ())


def _list_held(platform: Platform, services: Sequence[Service], *, with_numbers: bool) -> Iterator[Protection]:
    for kind in _KINDS:
        reach = EVERYWHERE
        if kind.holds is not None:
            count = sum(kind.holds(platform, service) for service in services)
            if not count:
                continue
            reach = tell_reach(count, len(services))
        yield Protection(kind.title, kind.text, reach, kind.tell(platform) if with_numbers else ())


def _is_enforced(platform: Platform, service: Service) -> bool:
    return (service.mode or platform.mode) is Mode.ENFORCE


def _has_room(platform: Platform, service: Service) -> bool:
    in_flight = service.bulkhead.in_flight or platform.defaults.bulkhead.in_flight
    return in_flight is not None and in_flight.guaranteed > 0 and _is_enforced(platform, service)


def _is_defended(platform: Platform, service: Service) -> bool:
    return (service.response or platform.defaults.response) is Response.ACT


def _is_watched(platform: Platform, service: Service) -> bool:
    return (service.response or platform.defaults.response) is not Response.OBSERVE


def _is_choosy(platform: Platform, service: Service) -> bool:
    return service.accept != Accept() and _is_enforced(platform, service)


def _is_checked(_platform: Platform, service: Service) -> bool:
    return any(backend.health_check is not None for _, backend in service.each_backend())


def _has_standby(_platform: Platform, service: Service) -> bool:
    return any(upstream.standbys for _, upstream in service.each_upstream())


def _fails_over(platform: Platform, service: Service) -> bool:
    return service.failover.policy is Policy.AUTOMATIC and _has_standby(platform, service)


def _defers(_platform: Platform, service: Service) -> bool:
    return any(route.deferred is not None for route in service.routes)


def _keeps_copies(_platform: Platform, service: Service) -> bool:
    return any(route.static for route in service.routes)


def _tell_limits(platform: Platform) -> tuple[str, ...]:
    limits = platform.defaults.limits
    lines = {"A service: %s requests a second, unless agreed otherwise": limits.requests}
    lines["One client of a service: %s requests a second"] = limits.per_client.requests if limits.per_client else None
    return tuple(line % f"{rate:,g}" for line, rate in lines.items() if rate is not None)


def _tell_walls(platform: Platform) -> tuple[str, ...]:
    walls = platform.defaults.bulkhead
    lines = {
        "Requests of one service in progress at one location: %s": walls.in_flight and walls.in_flight.maximum,
        "Connections to what answers for one service, at one location: %s": walls.connections,
    }
    return tuple(line % f"{count:,}" for line, count in lines.items() if count is not None)


def _tell_capacity(platform: Platform) -> tuple[str, ...]:
    return _sum_up(location.capacity.in_flight for location in platform.locations.values())


def _sum_up(counts: Iterable[int]) -> tuple[str, ...]:
    return (f"Requests in progress at all locations together: {sum(counts):,}",)


_KINDS: Final = (
    _Kind(
        "Limits on requests",
        "Every service has a limit on the requests that it may be asked, and each of its clients has a limit of its "
        "own. What is above is refused where it arrives, with word of when to try again, and costs nobody else.",
        _is_enforced,
        _tell_limits,
    ),
    _Kind(
        "Walls between customers",
        "The requests in progress and the connections of one service can't use up what others need: each service has "
        "walls around it, at each location.",
        _is_enforced,
        _tell_walls,
    ),
    _Kind(
        "Guaranteed room",
        "A part of every location's capacity is kept for the service alone, however busy others are.",
        _has_room,
    ),
    _Kind(
        "Protection of the entry points",
        "What receives requests takes no more at a time than it can carry. Slow, oversized or broken connections are "
        "ended before they hold up others.",
        None,
        _tell_capacity,
    ),
    _Kind(
        "The most important first",
        "If capacity is short all the same, less critical requests are refused first, and come back last.",
        _is_enforced,
    ),
    _Kind(
        "Only what is expected",
        "Kinds of request that a service has no use for, such as methods, types or sizes, are refused where they "
        "arrive.",
        _is_choosy,
    ),
    _Kind(
        "Floods are noticed",
        "Traffic is compared with what is usual, all the time. Who is hit, and where the excess comes from, is known "
        "within seconds, and a measure against it is at hand.",
        _is_watched,
    ),
    _Kind(
        "Floods are held back by themselves",
        "What harms a service is held to its share without waiting for a person. Such measures are first tried on "
        "what was asked lately, go no further than needed, and end by themselves.",
        _is_defended,
    ),
    _Kind(
        "A switch for every service",
        "One service can be cut off within moments, at all locations, without touching any other. Who did it, and why, "
        "is on record, and it ends by itself.",
        _is_enforced,
    ),
    _Kind(
        "Changes in small steps",
        "Every change is started from nothing in a rehearsal, then goes to a few services, then to more. If those that "
        "have it do worse than the others, it is taken back.",
    ),
    _Kind(
        "Broken machines are left out",
        "Machines that answer for the service are asked whether they are well. Those that aren't get no requests.",
        _is_checked,
    ),
    _Kind("A second place", "If what answers is lost, another place stands ready to take over.", _has_standby),
    _Kind(
        "Moves without waiting",
        "When what answers is lost, requests go to the second place by themselves, and come back step by step.",
        _fails_over,
    ),
    _Kind(
        "Accepted now, delivered later",
        "Messages that can't be delivered at once are accepted, kept safe, and delivered when that works again.",
        _defers,
    ),
    _Kind(
        "Last good copies",
        "Files such as pictures and scripts are served from their last good copies when nobody is left to ask.",
        _keeps_copies,
    ),
)
