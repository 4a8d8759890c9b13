"""The platform file that Holdfast gets: services that differ in their criticality alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.drills.platform_surge.cast import list_members
from holdfast.drills.stage.aftermath import add_status_site
from holdfast.drills.stage.names import name_contact, name_edge, name_host
from holdfast.model.platform import (
    Bounds,
    Bulkhead,
    Capacity,
    ClientLimits,
    Clients,
    Criticality,
    Edge,
    Limits,
    Location,
    Mode,
    Platform,
    Response,
    Service,
    ServiceDefaults,
    Tenant,
)
from holdfast.model.upstream import Retries, Upstream
from holdfast.spec import dump_platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.platform_surge.scenario import PlatformSurge


def write_platform(scenario: PlatformSurge, edge_ports: Sequence[int], upstream_port: int, mode: Mode) -> str:
    """The text of the platform file; Holdfast may act by itself on every service.

    No quota is in the way: everybody, and every client, may ask for all that the location can do.
    """
    all_rps = scenario.location.capacity_rps
    limits = Limits(requests=all_rps, per_client=ClientLimits(requests=all_rps))
    edges = [Edge(name=name_edge(n), listen=f"127.0.0.1:{port}") for n, port in enumerate(edge_ports, start=1)]
    location = scenario.location
    platform = Platform(
        holdfast=1,
        name=scenario.drill,
        mode=mode,
        clients=Clients(trusted_proxies=()),
        locations={
            "shared": Location(
                edges=tuple(edges),
                capacity=Capacity(in_flight=location.in_flight, requests=all_rps),
            )
        },
        bounds=Bounds(per_client_max=all_rps),
        defaults=ServiceDefaults(
            response=Response.ACT, limits=limits, bulkhead=Bulkhead(in_flight=scenario.in_flight, pending=64)
        ),
        tenants={
            name: Tenant(
                services={name: _make_service(name, rank, scenario.classes[rank].retries, upstream_port)},
                contact=name_contact(name),
            )
            for name, rank in list_members(scenario)
        },
    )
    return dump_platform(add_status_site(platform))


def _make_service(name: str, criticality: Criticality, retries: int, upstream_port: int) -> Service:
    """A full location that rejects has to bear retries too, so critical services alone have many."""
    upstream = Upstream(endpoints=(f"127.0.0.1:{upstream_port}",), retries=Retries(attempts_max=retries))
    return Service(hosts=(name_host(name),), criticality=criticality, upstream=upstream)
