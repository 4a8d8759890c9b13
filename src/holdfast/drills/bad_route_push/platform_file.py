"""The platform file that Holdfast gets, in the editions that operators make of it."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from holdfast.drills.stage.aftermath import add_status_site
from holdfast.drills.stage.names import name_edge, name_host, service_names
from holdfast.model.platform import Capacity, Clients, Edge, Location, Platform, Pool, Service, Tenant, Waves
from holdfast.model.route import PathMatch, Route, RouteMatch
from holdfast.model.upstream import Retries, Upstream
from holdfast.spec import dump_platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.bad_route_push.scenario import BadRoutePush, Form

PAGES_PATH: Final = "/api/items"
CALLS_PATH: Final = "/internal/check"
"""What other services ask for: only the route for the rest takes it."""
TOO_LARGE: Final = r"/token/([A-Za-z0-9_-]{1,64}\.?){1,15}"
"""An expression that RE2 reads, and whose program is more than twice as long as Envoy takes."""


class Edition(StrEnum):
    """What the routes of all services are."""

    BEFORE = "before"
    """All that is asked for goes the same way, by a route for the rest."""
    TIDIED = "tidied"
    """The route for the rest is gone, since a service without routes sends all to its upstream anyhow: harmless."""
    NAMED = "named"
    """The API has a route of its own beside the one for the rest: harmless."""
    BOTH = "both"
    """Each of the two changes is harmless; where they meet, calls of other services are answered 404."""
    WIDER = "wider"
    """As `NAMED`, and calls have a route of their own too: harmless."""


_API: Final = Route(name="api", match=RouteMatch(path=PathMatch(prefix="/api/")))
_CALLS: Final = Route(name="calls", match=RouteMatch(path=PathMatch(prefix="/internal/")))
_REST: Final = Route(name="rest", match=RouteMatch(path=PathMatch(prefix="/")))
_DORMANT: Final = Route(name="token", match=RouteMatch(path=PathMatch(regex=TOO_LARGE)))
_ROUTES: Final = {
    Edition.BEFORE: (_REST,),
    Edition.TIDIED: (),
    Edition.NAMED: (_API, _REST),
    Edition.BOTH: (_API,),
    Edition.WIDER: (_API, _CALLS, _REST),
}


class PlatformFile:
    """Writes editions of one platform."""

    def __init__(self, scenario: BadRoutePush, form: Form, edge_ports: Sequence[int], upstream_port: int) -> None:
        self._scenario = scenario
        self._form = form
        self._edge_ports = edge_ports
        self._upstream_port = upstream_port

    def write(
        self, edition: Edition, *, bake_s: float | None = None, dormant_in: str = "", crowded_in: str = ""
    ) -> str:
        """The text of the file. One service may have a route besides that edges refuse when they start, one an
        endpoint more than the pool of addresses has.
        """
        cap = self._scenario.location
        edges = tuple(Edge(name=name_edge(n), listen=f"127.0.0.1:{p}") for n, p in enumerate(self._edge_ports, start=1))
        capacity = Capacity(in_flight=cap.in_flight, requests=cap.in_flight / cap.answer)
        platform = Platform(
            holdfast=1,
            name=self._scenario.drill,
            clients=Clients(trusted_proxies=()),
            locations={"shared": Location(edges=edges, capacity=capacity)},
            pools={"endpoints": Pool(addresses=ip_network("127.0.0.1/32"))},
            waves=Waves(first=self._form.first, bake=bake_s or self._form.bake),
            tenants={
                name: Tenant(
                    services={
                        name: self._describe(
                            name, edition, is_dormant=name == dormant_in, is_crowded=name == crowded_in
                        )
                    }
                )
                for name in service_names(self._form.services)
            },
        )
        return dump_platform(add_status_site(platform))

    def _describe(self, name: str, edition: Edition, *, is_dormant: bool, is_crowded: bool) -> Service:
        routes = _ROUTES[edition]
        addresses = ("127.0.0.1", "127.0.0.2") if is_crowded else ("127.0.0.1",)
        endpoints = tuple(f"{address}:{self._upstream_port}" for address in addresses)
        return Service(
            hosts=(name_host(name),),
            upstream=Upstream(endpoints=endpoints, retries=Retries(attempts_max=0)),
            routes=(_DORMANT, *routes) if is_dormant else routes,
        )
