"""The platform file that Holdfast gets: services alike, with nothing that would be in a mitigation's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.drills.stage.aftermath import add_status_site
from holdfast.drills.stage.names import name_edge, name_host, service_names
from holdfast.model.platform import Capacity, Clients, Edge, Location, Platform, Service, Tenant
from holdfast.model.upstream import Retries, Upstream
from holdfast.spec import dump_platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.mitigation_backfire.scenario import MitigationBackfire


def write_platform(scenario: MitigationBackfire, edge_ports: Sequence[int], upstream_port: int) -> str:
    """The text of the platform file."""
    edges = [Edge(name=name_edge(n), listen=f"127.0.0.1:{port}") for n, port in enumerate(edge_ports, start=1)]
    cap = scenario.location
    capacity = Capacity(in_flight=cap.in_flight, requests=cap.in_flight / cap.answer)
    upstream = Upstream(endpoints=(f"127.0.0.1:{upstream_port}",), retries=Retries(attempts_max=0))
    platform = Platform(
        holdfast=1,
        name=scenario.drill,
        clients=Clients(trusted_proxies=()),
        locations={"shared": Location(edges=tuple(edges), capacity=capacity)},
        tenants={
            name: Tenant(services={name: Service(hosts=(name_host(name),), upstream=upstream)})
            for name in service_names(scenario.services)
        },
    )
    return dump_platform(add_status_site(platform))
