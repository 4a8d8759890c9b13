"""The platform file that Holdfast gets: sites, locations, services with their standbys; nothing that was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holdfast.drills.provider_loss.places import LOCATIONS, SERVICES, SITES, STANDBY, find_address
from holdfast.drills.stage.aftermath import add_status_site
from holdfast.drills.stage.mail import MAIL_PREFIX
from holdfast.drills.stage.names import name_contact, name_host
from holdfast.model.platform import (
    Bulkhead,
    Capacity,
    ClientLimits,
    Clients,
    Edge,
    InFlight,
    Limits,
    Location,
    Platform,
    Response,
    Service,
    ServiceDefaults,
    Tenant,
)
from holdfast.model.recovery import Deferral, Failover, Policy, Site
from holdfast.model.route import PathMatch, Route, RouteMatch
from holdfast.model.upstream import HealthCheck, Retries, Standby, Timeouts, Upstream
from holdfast.spec import dump_platform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.provider_loss.places import Served
    from holdfast.drills.provider_loss.scenario import ProviderLoss

IN_FLIGHT_MAX: Final = 1_024
LIMIT_RPS: Final = 5_000.0
REQUEST_S: Final = 15.0


def write_platform(
    scenario: ProviderLoss, edge_ports: Mapping[str, int], upstream_port: int, *, protected: bool
) -> str:
    """The text of the file. Unprotected, there is one site for each service, and nothing is kept for later."""
    platform = Platform(
        holdfast=1,
        name=scenario.drill,
        clients=Clients(trusted_proxies=()),
        locations={name: _make_location(edges, edge_ports) for name, edges in LOCATIONS.items()},
        defaults=ServiceDefaults(
            response=Response.ACT, limits=Limits(requests=LIMIT_RPS, per_client=ClientLimits(requests=LIMIT_RPS / 5))
        ),
        sites={site: Site(requests=scenario.standby_carries if site == STANDBY else None) for site in SITES},
        tenants={
            served.name: Tenant(
                services={served.name: _make_service(scenario, served, upstream_port, protected=protected)},
                contact=name_contact(served.name),
            )
            for served in SERVICES
        },
    )
    return dump_platform(add_status_site(platform))


def _make_location(edges: tuple[str, ...], edge_ports: Mapping[str, int]) -> Location:
    listening = tuple(Edge(name=edge, listen=f"127.0.0.1:{edge_ports[edge]}") for edge in edges)
    return Location(edges=listening, capacity=Capacity(in_flight=4 * IN_FLIGHT_MAX, requests=4 * LIMIT_RPS))


def _make_service(scenario: ProviderLoss, served: Served, port: int, *, protected: bool) -> Service:
    recovery = scenario.recovery
    here = _make_upstream(scenario, served.site, port)
    if not protected or served.standby is None:
        return _describe(served, Upstream(**dict(here), retries=Retries()))
    there = _make_upstream(scenario, served.standby, port)
    failover = Failover(
        policy=Policy.AUTOMATIC,
        after=recovery.after,
        stay=recovery.stay,
        fail_back=Policy.AUTOMATIC,
        ramp=recovery.ramp,
    )
    upstream = Upstream(**dict(here), retries=Retries(), standbys={served.standby: there})
    return _describe(served, upstream, failover, _make_routes(scenario) if served.takes_mail else ())


def _describe(
    served: Served, upstream: Upstream, failover: Failover | None = None, routes: tuple[Route, ...] = ()
) -> Service:
    return Service(
        hosts=(name_host(served.name),),
        upstream=upstream,
        routes=routes,
        failover=failover or Failover(policy=Policy.MANUAL, fail_back=Policy.MANUAL),
        criticality=served.criticality,
        bulkhead=Bulkhead(
            in_flight=InFlight(guaranteed=0, maximum=IN_FLIGHT_MAX), pending=IN_FLIGHT_MAX, connections=IN_FLIGHT_MAX
        ),
    )


def _make_upstream(scenario: ProviderLoss, site: str, port: int) -> Standby:
    recovery = scenario.recovery
    return Standby(
        endpoints=tuple(f"{find_address(site, number)}:{port}" for number in range(scenario.machines_each)),
        site=site,
        timeouts=Timeouts(connect=recovery.connect, per_try=recovery.per_try, request=REQUEST_S),
        health_check=HealthCheck(interval=recovery.check, timeout=recovery.check),
    )


def _make_routes(scenario: ProviderLoss) -> tuple[Route, ...]:
    deferral = Deferral(order_by=scenario.mail.order_by)
    mail = Route(
        name="send", match=RouteMatch(path=PathMatch(prefix=MAIL_PREFIX), methods=("POST",)), deferred=deferral
    )
    return mail, Route(name="rest", match=RouteMatch(path=PathMatch(prefix="/")))
