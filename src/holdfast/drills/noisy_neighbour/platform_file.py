"""The platform file that Holdfast gets for a drill: every tenant alike, whoever will be flooded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.drills.stage.aftermath import add_status_site
from holdfast.drills.stage.names import name_edge, name_host, service_names
from holdfast.model.platform import (
    Bulkhead,
    Capacity,
    ClientLimits,
    Clients,
    Edge,
    InFlight,
    Limits,
    Location,
    Mode,
    Platform,
    Service,
    ServiceDefaults,
    Tenant,
)
from holdfast.model.upstream import Retries, Upstream
from holdfast.spec import dump_platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour

CONNECTIONS_MAX = 20_000


def write_platform(
    scenario: NoisyNeighbour, *, services: int, edge_ports: Sequence[int], upstream_port: int, mode: Mode
) -> str:
    """The text of the platform file.

    The scenario's tenants have their guaranteed places; services beyond them are idle and are guaranteed none.
    """
    names = service_names(services)
    guaranteed = dict.fromkeys(names, 0) | dict.fromkeys(names[: scenario.tenants], scenario.protections.guaranteed)
    platform = Platform(
        holdfast=1,
        name=scenario.drill,
        mode=mode,
        clients=Clients(trusted_proxies=()),
        locations={"shared": _make_location(scenario, edge_ports)},
        defaults=ServiceDefaults(limits=_make_limits(scenario)),
        tenants={
            name: Tenant(services={name: _make_service(scenario, name, places, upstream_port)})
            for name, places in guaranteed.items()
        },
    )
    return dump_platform(add_status_site(platform))


def _make_location(scenario: NoisyNeighbour, edge_ports: Sequence[int]) -> Location:
    """Its rate is what its places can do when nobody is slow."""
    edges = [Edge(name=name_edge(n), listen=f"127.0.0.1:{port}") for n, port in enumerate(edge_ports, start=1)]
    cap = scenario.location
    capacity = Capacity(in_flight=cap.in_flight, requests=cap.in_flight / cap.answer, connections=CONNECTIONS_MAX)
    return Location(edges=tuple(edges), capacity=capacity)


def _make_limits(scenario: NoisyNeighbour) -> Limits:
    walls = scenario.protections
    return Limits(requests=walls.limit, per_client=ClientLimits(requests=walls.client_limit))


def _make_service(scenario: NoisyNeighbour, name: str, guaranteed: int, upstream_port: int) -> Service:
    """No retries: there is only one endpoint to try, and a try that the full location rejects adds to its load."""
    in_flight = InFlight(guaranteed=guaranteed, maximum=scenario.protections.maximum)
    return Service(
        hosts=(name_host(name),),
        upstream=Upstream(endpoints=(f"127.0.0.1:{upstream_port}",), retries=Retries(attempts_max=0)),
        bulkhead=Bulkhead(in_flight=in_flight),
    )
