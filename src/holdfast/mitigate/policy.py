"""What may be done to a service, and what it is held to: read from the platform, for one service at a time."""

from dataclasses import dataclass
from typing import Final

from holdfast.model.intent import Intent
from holdfast.model.mitigation import Limit
from holdfast.model.platform import Consent, Mode, Response

FALLBACK_SHARE: Final = 1 / 16
"""Of a location's places, for a service that is to be held and is guaranteed none: it is never held to nothing."""


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    """One service as the policy sees it. In-flight numbers hold at each location; `requests_rps` is its own limit.

    `edges` are all that serve it; `edges_max` is how many of them share its limits at one location.
    """

    service: str
    tenant: str
    contact: str | None
    response: Response
    consent: Consent
    requests_rps: float
    per_client_rps: float | None
    in_flight_held: int
    in_flight_max: int
    edges: tuple[str, ...]
    edges_max: int

    @property
    def hold(self) -> Limit:
        """The service on its guaranteed share: it can harm nobody else, and is refused nothing that it was promised."""
        return Limit(service=self.service, requests_per_s=self.requests_rps, in_flight=self.in_flight_held)


def read_policy(intent: Intent, service: str) -> ServicePolicy:
    """The policy of a service; KeyError if it isn't known.

    Where protections only count, nothing that is put in force would refuse anything: there, acting is suggesting.
    """
    owned, platform = intent.services[service], intent.platform
    tenant = platform.tenants[owned.tenant]
    response = owned.service.response or platform.defaults.response
    if intent.mode_of(service) is Mode.OBSERVE and response is Response.ACT:
        response = Response.SUGGEST
    filled = {name: intent.effective(service, name) for name in platform.locations}
    places = {name: location.capacity.in_flight for name, location in platform.locations.items()}
    held = (
        s.in_flight.guaranteed or min(max(1, round(places[name] * FALLBACK_SHARE)), s.in_flight.maximum)
        for name, s in filled.items()
    )
    any_of_them = next(iter(filled.values()))
    return ServicePolicy(
        service=service,
        tenant=owned.tenant,
        contact=tenant.contact,
        response=response,
        consent=tenant.consent,
        requests_rps=any_of_them.total.per_s,
        per_client_rps=any_of_them.per_client.per_s if any_of_them.per_client else None,
        in_flight_held=min(held),
        in_flight_max=max(s.in_flight.maximum for s in filled.values()),
        edges=tuple(edge.name for location in platform.locations.values() for edge in location.edges),
        edges_max=max(len(location.edges) for location in platform.locations.values()),
    )
