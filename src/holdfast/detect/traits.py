"""What the watch must know of services and locations, apart from their traffic."""

from dataclasses import dataclass
from typing import Final

from holdfast.model.effective import fill_service
from holdfast.model.intent import Intent
from holdfast.model.platform import Capacity, Criticality, InFlight, Location

UNLIMITED_RPS: Final = float("inf")
UNWALLED: Final = InFlight(guaranteed=0, maximum=1_000_000_000)


@dataclass(frozen=True, slots=True)
class ServiceTraits:
    """A service as it is held. `capacity_rps` and `in_flight` hold at each of its locations; the least if they differ.

    What is offered beyond `capacity_rps`, in requests per second, is refused: it is beyond the service's headroom.
    """

    tenant: str
    locations: tuple[str, ...]
    criticality: Criticality = Criticality.SHEDDABLE_PLUS
    capacity_rps: float = UNLIMITED_RPS
    in_flight: InFlight = UNWALLED


@dataclass(frozen=True, slots=True)
class LocationTraits:
    """A location: what all its edges together can carry, which these are, and the cores that each of them may use."""

    capacity: Capacity
    edges: tuple[str, ...]
    edge_cores: float = 1.0


def describe_service(intent: Intent, name: str) -> ServiceTraits:
    """A service of an intent; KeyError if it isn't known."""
    owned = intent.services[name]
    owner_limits = intent.owner_limits.get(name)
    places = intent.platform.locations
    filled = [
        fill_service(intent.platform, owned.tenant, name, owned.service, place, owner_limits)
        for place in places.values()
    ]
    return ServiceTraits(
        tenant=owned.tenant,
        locations=tuple(places),
        criticality=filled[0].criticality,
        capacity_rps=min(service.total.per_s for service in filled),
        in_flight=min((service.in_flight for service in filled), key=lambda walls: walls.maximum),
    )


def describe_location(location: Location, edge_cores: float = 1.0) -> LocationTraits:
    """A location of a platform, whose edges may use so many cores each."""
    return LocationTraits(location.capacity, tuple(edge.name for edge in location.edges), edge_cores)
