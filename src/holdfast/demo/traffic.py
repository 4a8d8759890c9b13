"""A little traffic, so that there is something to see: a few requests a second for every service."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import TypeVar

import httpx

from holdfast.model.platform import Platform, Service

REQUESTS_PER_S = 2.0
_CLIENTS = [f"127.0.1.{number}" for number in range(1, 9)]
"""Addresses that visitors have: not the reader's, whose own requests and probes would share limits with them."""
_T = TypeVar("_T")
_GRAPHQL = {"query": "{ products(first: 3) { name } }"}


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request that a service takes."""

    method: str
    host: str
    json: dict[str, str] | None = None


async def send_traffic(platform: Platform, stopped: asyncio.Event) -> None:
    """Send a few requests a second for every service to every edge, until `stopped`."""
    edges = [f"http://{edge.listen}" for place in platform.locations.values() for edge in place.edges]
    services = [s for t in platform.tenants.values() for s in t.services.values()]
    over_ipv4 = all(edge.startswith("http://127.") for edge in edges)
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(_make_client(address)) for address in (_CLIENTS if over_ipv4 else [None])
        ]
        visitors = [_visit(clients, edges, _choose_visit(s), stopped) for s in services]
        await asyncio.gather(*visitors)


def _make_client(address: str | None) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(local_address=address)
    return httpx.AsyncClient(transport=transport, timeout=2.0, headers={"user-agent": "holdfast-demo"})


async def _visit(clients: list[httpx.AsyncClient], edges: list[str], visit: _Visit, stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        with suppress(httpx.TransportError):  # the edge may be starting, or be what is tried out
            client = _pick(clients)
            await client.request(visit.method, _pick(edges), headers={"host": visit.host}, json=visit.json)
        try:
            await asyncio.wait_for(stopped.wait(), random.expovariate(REQUESTS_PER_S))
        except TimeoutError:
            continue


def _choose_visit(service: Service) -> _Visit:
    host = next((h for h in service.hosts if not h.startswith("*")), service.hosts[0].replace("*", "www"))
    return _Visit("POST", host, _GRAPHQL) if service.accept.graphql else _Visit("GET", host)


def _pick(some: Sequence[_T]) -> _T:
    return random.choice(some)  # noqa: S311 - no secret
