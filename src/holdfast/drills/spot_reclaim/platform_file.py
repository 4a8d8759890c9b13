"""The platform file that Holdfast gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holdfast.drills.spot_reclaim.contents import ASSETS_PREFIX
from holdfast.drills.spot_reclaim.machine import HEALTH_PATH
from holdfast.drills.stage.aftermath import add_status_site
from holdfast.drills.stage.names import name_edge, name_host
from holdfast.model.platform import (
    Bulkhead,
    Capacity,
    ClientLimits,
    Clients,
    Criticality,
    Edge,
    InFlight,
    Limits,
    Location,
    Platform,
    Service,
    Tenant,
)
from holdfast.model.recovery import EndpointFeed
from holdfast.model.route import PathMatch, Route, RouteMatch
from holdfast.model.upstream import HealthCheck, Retries, Timeouts, Upstream
from holdfast.spec import dump_platform

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from holdfast.drills.spot_reclaim.scenario import SpotReclaim
    from holdfast.model.recovery import Endpoint

SERVICE: Final = "media"
HOST: Final = name_host(SERVICE)
IN_FLIGHT: Final = 1_024
CHECK_S: Final = 1.0
TRIES_MAX: Final = 5
"""As many machines may be dead before a check of their health has found it, as machines go in close succession."""
RETRIED_MAX: Final = 0.5
"""Of what is in flight: more than any one machine has of it when it dies."""
SLOW_START_S: Final = 2.0
_REST: Final = Route(name="rest")


def write_protected(scenario: SpotReclaim, edge_ports: Sequence[int], feed: Path) -> str:
    """With machines that are learnt and checked, tries elsewhere, and last good copies of files."""
    upstream = Upstream(
        endpoints_from=EndpointFeed(file=str(feed)),
        ephemeral_max=scenario.ephemeral_max,
        slow_start=SLOW_START_S,
        health_check=HealthCheck(path=HEALTH_PATH, interval=CHECK_S, timeout=CHECK_S, unhealthy_after=2),
        retries=Retries(attempts_max=TRIES_MAX, budget=RETRIED_MAX),
        timeouts=Timeouts(request=scenario.client_timeout),
    )
    files = Route(name="files", match=RouteMatch(path=PathMatch(prefix=ASSETS_PREFIX)), static=True)
    return _write(scenario, edge_ports, upstream, (files, _REST))


def write_unprotected(scenario: SpotReclaim, edge_ports: Sequence[int], endpoints: Sequence[Endpoint]) -> str:
    """With the machines that there were when it was written, and nothing else."""
    timeouts = Timeouts(request=scenario.client_timeout)
    upstream = Upstream(endpoints=tuple(endpoints), retries=Retries(attempts_max=0), timeouts=timeouts)
    return _write(scenario, edge_ports, upstream, (_REST,))


def _write(scenario: SpotReclaim, edge_ports: Sequence[int], upstream: Upstream, routes: tuple[Route, ...]) -> str:
    edges = tuple(Edge(name=name_edge(n), listen=f"127.0.0.1:{port}") for n, port in enumerate(edge_ports, start=1))
    capacity = Capacity(in_flight=IN_FLIGHT, requests=IN_FLIGHT / scenario.machines.answer)
    service = Service(
        hosts=(HOST,),
        upstream=upstream,
        routes=routes,
        criticality=Criticality.CRITICAL,
        limits=Limits(requests=10_000.0, per_client=ClientLimits(requests=1_000.0)),
        bulkhead=Bulkhead(in_flight=InFlight(guaranteed=IN_FLIGHT // 2, maximum=IN_FLIGHT), pending=IN_FLIGHT),
    )
    platform = Platform(
        holdfast=1,
        name=scenario.drill,
        clients=Clients(trusted_proxies=()),
        locations={"shared": Location(edges=edges, capacity=capacity)},
        tenants={SERVICE: Tenant(services={SERVICE: service})},
    )
    return dump_platform(add_status_site(platform))
