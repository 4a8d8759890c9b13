"""A little traffic, so that there is something to see: a few requests a second for every service."""

import asyncio
import random
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import httpx

from holdfast.model.platform import Platform, Service

REQUESTS_PER_S = 2.0
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
    async with httpx.AsyncClient(timeout=2.0, headers={"user-agent": "holdfast-demo"}) as client:
        visitors = [_visit(client, edges, _choose_visit(s), stopped) for s in services]
        await asyncio.gather(*visitors)


async def _visit(client: httpx.AsyncClient, edges: list[str], visit: _Visit, stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        with suppress(httpx.TransportError):  # the edge may be starting, or be what is tried out
            await client.request(visit.method, _pick(edges), headers={"host": visit.host}, json=visit.json)
        try:
            await asyncio.wait_for(stopped.wait(), random.expovariate(REQUESTS_PER_S))
        except TimeoutError:
            continue


def _choose_visit(service: Service) -> _Visit:
    host = next((h for h in service.hosts if not h.startswith("*")), service.hosts[0].replace("*", "www"))
    return _Visit("POST", host, _GRAPHQL) if service.accept.graphql else _Visit("GET", host)


def _pick(edges: Iterable[str]) -> str:
    return random.choice(list(edges))  # noqa: S311 - no secret
