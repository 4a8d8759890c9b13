"""The platform file that Holdfast gets: tenants of two sizes, whoever will be attacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.drills.peers.places import TenantLimits
from holdfast.drills.stage.aftermath import add_status_site
from holdfast.drills.stage.names import name_contact, name_edge, name_host, name_tenant
from holdfast.model.platform import (
    Bulkhead,
    Capacity,
    ClientLimits,
    Clients,
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
from holdfast.model.upstream import Upstream
from holdfast.spec import dump_platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.scenario import CapMode
    from holdfast.drills.surge_attack.scenario import Plan, SurgeAttack

CLIENT_SHARE = 0.5
"""Of its tenant's limit: what one client may have."""


def write_platform(
    scenario: SurgeAttack, cap_mode: CapMode, edge_ports: Sequence[int], upstream_port: int, mode: Mode
) -> str:
    """The text of the platform file; Holdfast may act by itself on every service."""
    platform = Platform(
        holdfast=1,
        name=scenario.drill,
        mode=mode,
        clients=Clients(trusted_proxies=()),
        locations={"shared": _make_location(scenario, edge_ports)},
        defaults=ServiceDefaults(response=Response.ACT, bulkhead=Bulkhead(in_flight=scenario.walls[cap_mode])),
        tenants={
            name: Tenant(services={name: _make_service(name, plan, upstream_port)}, contact=name_contact(name))
            for name, plan in _list_plans(scenario)
        },
    )
    return dump_platform(add_status_site(platform))


def list_limits(scenario: SurgeAttack) -> list[TenantLimits]:
    """The limits that the platform file states, for peers."""
    return [
        TenantLimits(name, name_host(name), round(plan.limit), round(plan.limit * CLIENT_SHARE))
        for name, plan in _list_plans(scenario)
    ]


def _list_plans(scenario: SurgeAttack) -> list[tuple[str, Plan]]:
    usual = scenario.usual
    plans = [usual.large] * usual.large.tenants + [usual.small] * usual.small.tenants
    return [(name_tenant(number), plan) for number, plan in enumerate(plans, start=1)]


def _make_location(scenario: SurgeAttack, edge_ports: Sequence[int]) -> Location:
    """Its rate is what its places can do when nobody is slow."""
    edges = [Edge(name=name_edge(n), listen=f"127.0.0.1:{port}") for n, port in enumerate(edge_ports, start=1)]
    cap = scenario.location
    return Location(edges=tuple(edges), capacity=Capacity(in_flight=cap.in_flight, requests=cap.in_flight / cap.answer))


def _make_service(name: str, plan: Plan, upstream_port: int) -> Service:
    """Retries as by default: a full location that rejects does so now and then without any attack."""
    limits = Limits(requests=plan.limit, per_client=ClientLimits(requests=plan.limit * CLIENT_SHARE))
    return Service(
        hosts=(name_host(name),),
        upstream=Upstream(endpoints=(f"127.0.0.1:{upstream_port}",)),
        limits=limits,
    )
