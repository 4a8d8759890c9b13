"""The platform file that Holdfast gets: services whose messages are taken by an upstream, or by the wrong one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from holdfast.drills.stage.aftermath import add_status_site
from holdfast.drills.stage.mail import MAIL_PREFIX, POST
from holdfast.drills.stage.names import name_edge, name_host, service_names
from holdfast.model.platform import Capacity, Clients, Edge, Location, Platform, Service, Tenant, Waves
from holdfast.model.recovery import Deferral
from holdfast.model.route import PathMatch, Route, RouteMatch
from holdfast.model.upstream import Upstream
from holdfast.spec import dump_platform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.deferred_sending.scenario import DeferredSending, Form

NEXT: Final = "next"
NOT_FOUND: Final = 404


class Edition(StrEnum):
    """Where messages go."""

    WORKING = "working"
    """To whom they always went."""
    BROKEN = "broken"
    """To an upstream that knows nothing of them yet, and says so with 404."""


class PlatformFile:
    """Writes editions of one platform."""

    def __init__(
        self,
        scenario: DeferredSending,
        form: Form,
        edge_ports: Sequence[int],
        upstream_port: int,
        stranger_port: int,
        *,
        protected: bool,
    ) -> None:
        self._scenario = scenario
        self._form = form
        self._edge_ports = edge_ports
        self._upstream_port = upstream_port
        self._stranger_port = stranger_port
        self._protected = protected

    def write(self, edition: Edition) -> str:
        """The text of the file. Unprotected, nothing is kept for later."""
        edges = tuple(Edge(name=name_edge(n), listen=f"127.0.0.1:{p}") for n, p in enumerate(self._edge_ports, start=1))
        carried = Capacity(
            in_flight=self._scenario.in_flight, requests=self._scenario.in_flight / self._scenario.answer
        )
        platform = Platform(
            holdfast=1,
            name=self._scenario.drill,
            clients=Clients(trusted_proxies=()),
            locations={"shared": Location(edges=edges, capacity=carried)},
            waves=Waves(first=self._form.first, bake=self._form.bake),
            tenants={
                name: Tenant(services={name: self._describe(name, edition)})
                for name in service_names(self._form.services)
            },
        )
        return dump_platform(add_status_site(platform))

    def _describe(self, name: str, edition: Edition) -> Service:
        deferral = Deferral(order_by=self._scenario.order_by, also_on=(NOT_FOUND,)) if self._protected else None
        sending = Route(
            name="send",
            match=RouteMatch(path=PathMatch(prefix=MAIL_PREFIX), methods=(POST,)),
            upstream=NEXT if edition is Edition.BROKEN else None,
            deferred=deferral,
        )
        return Service(
            hosts=(name_host(name),),
            upstream=_make_upstream(self._upstream_port),
            upstreams={NEXT: _make_upstream(self._stranger_port)},
            routes=(sending, Route(name="rest", match=RouteMatch(path=PathMatch(prefix="/")))),
        )


def _make_upstream(port: int) -> Upstream:
    return Upstream(endpoints=(f"127.0.0.1:{port}",))
