"""A platform on this machine: every endpoint and the edge at a loopback port of their own, always the same."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from holdfast.model.platform import Clients, Edge, Location, Platform, Service, Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holdfast.model.upstream import Upstream

LOOPBACK: Final = "127.0.0.1"
_NETWORK: Final = ip_network("127.0.0.0/8")


@dataclass
class Places:
    """Sockets bound for addresses of a platform. Nobody listens on them, so they refuse, until a stub does."""

    sockets: dict[str, socket.socket] = field(default_factory=dict)
    listeners: dict[str, socket.socket] = field(default_factory=dict)

    def place(self, address: str) -> str:
        """Where an endpoint of the platform is to be found here; at an edge's own address, the edge."""
        if address in self.listeners:
            return self.place_listener(address)
        if address not in self.sockets:
            self.sockets[address] = _bind()
        return _tell(self.sockets[address])

    def place_listener(self, address: str) -> str:
        """Where an edge listens here."""
        if address not in self.listeners:
            self.listeners[address] = _bind()
        return _tell(self.listeners[address])

    def close(self) -> None:
        """Free every port."""
        for each in (*self.sockets.values(), *self.listeners.values()):
            each.close()


def place_platform(platform: Platform, places: Places) -> Platform:
    """The platform as one edge of it, the first, runs it here."""
    locations = dict([next(_place_edges(platform, places))])
    clients = platform.clients
    if clients.trusted_proxies:
        proxies = (*clients.trusted_proxies, _NETWORK)
        clients = Clients.model_construct(**{**dict(clients), "trusted_proxies": proxies})
    tenants = {name: _place_tenant(tenant, places) for name, tenant in platform.tenants.items()}
    return platform.model_copy(update={"locations": locations, "clients": clients, "tenants": tenants})


def each_upstream(service: Service) -> Iterator[Upstream]:
    """All that a service's requests may be sent to."""
    yield service.upstream
    yield from service.upstreams.values()


def _place_edges(platform: Platform, places: Places) -> Iterator[tuple[str, Location]]:
    for name, location in platform.locations.items():
        for edge in location.edges:
            placed = Edge.model_construct(name=edge.name, listen=places.place_listener(edge.listen))
            yield name, location.model_copy(update={"edges": (placed,)})


def _place_tenant(tenant: Tenant, places: Places) -> Tenant:
    services = {
        name: service.model_copy(
            update={
                "upstream": _place_upstream(service.upstream, places),
                "upstreams": {key: _place_upstream(each, places) for key, each in service.upstreams.items()},
            }
        )
        for name, service in tenant.services.items()
    }
    return tenant.model_copy(update={"services": services})


def _place_upstream(upstream: Upstream, places: Places) -> Upstream:
    placed = tuple(each.model_copy(update={"address": places.place(each.address)}) for each in upstream.endpoints)
    return upstream.model_copy(update={"endpoints": placed})


def _tell(bound: socket.socket) -> str:
    return f"{LOOPBACK}:{bound.getsockname()[1]}"


def _bind() -> socket.socket:
    """A port that nobody else is given while it is held, and that a program which asks for it may have all the same.

    Bound without SO_REUSEADDR, so that the kernel shares it with nobody; with it from then on, for the program.
    """
    bound = socket.socket()
    bound.bind((LOOPBACK, 0))
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return bound
