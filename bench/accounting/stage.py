"""A Holdfast with two regions, each with an edge and an upstream of its own, and somebody asking in both."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Final

import httpx
import yaml

from bench.accounting.origin import WELL, Mood, Origin
from bench.accounting.prober import Prober
from holdfast.drills.stage.holdfast_process import HoldfastProcess
from holdfast.drills.stage.machine import Cores, find_free_ports
from holdfast.views.downtime import StretchesDocument

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

REGIONS: Final = ("us", "eu")
PROBED_PER_S: Final = 10.0
STEADY_PER_S: Final = 5.0
SPARSE_PER_S: Final = 0.3
SERVICES: Final = ("probe", "shop", "rare", "lone")
WRITES_EVERY: Final = 4
TIMEOUT: Final = "5s"


@dataclass(frozen=True, slots=True)
class Region:
    """One region: its edge's port and name, its upstream, and who asks what."""

    name: str
    port: int
    origin: Origin
    probers: Mapping[str, Prober]

    @property
    def edge(self) -> str:
        """Its edge's name."""
        return f"{self.name}-1"


@dataclass(frozen=True, slots=True)
class Stage:
    """All of it at work."""

    holdfast: HoldfastProcess
    regions: Mapping[str, Region]

    async def feel(self, region: str, mood: Mood) -> None:
        """Have a region's upstream be like this."""
        await self.regions[region].origin.feel(mood)

    async def protect(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, object]:
        """Ask control to do something; its answer."""
        async with self._client() as client:
            answer = await client.request(method, path, json=body)
            answer.raise_for_status()
            return dict(answer.json()) if answer.content else {}

    async def read_stretches(self, service: str, region: str, since: float, until: float) -> StretchesDocument:
        """What is booked of a service."""
        asked = {"kind": "service", "name": service, "region": region, "since": str(since), "until": str(until)}
        async with self._client() as client:
            answer = await client.get("/v1/downtime/stretches", params=asked)
            return StretchesDocument.model_validate_json(answer.raise_for_status().content)

    def find_agent(self, region: str) -> int:
        """The process id of a region's agent."""
        noted = (self.holdfast.places.edges / self.regions[region].edge / "agent.pid").read_text()
        return int(yaml.safe_load(noted)["pid"])

    async def keep_edge_dead(self, region: str, seconds: float) -> None:
        """Kill a region's Envoy, and let nobody start it again for a while."""
        agent = self.find_agent(region)
        os.kill(agent, signal.SIGSTOP)
        try:
            os.kill(self.holdfast.envoys[self.regions[region].edge].pid, signal.SIGKILL)
            await asyncio.sleep(seconds)
        finally:
            os.kill(agent, signal.SIGCONT)

    def _client(self) -> httpx.AsyncClient:
        places = self.holdfast.places
        headers = {"Authorization": f"Bearer {places.admin_token.read_text().strip()}"}
        transport = httpx.AsyncHTTPTransport(uds=str(places.socket))
        return httpx.AsyncClient(transport=transport, base_url="http://control", headers=headers, timeout=30)


@asynccontextmanager
async def open_stage(folder: Path, seed: int) -> AsyncIterator[Stage]:
    """Start everything; all of it is gone afterwards."""
    ports = find_free_ports(2 * len(REGIONS))
    edge_ports = dict(zip(REGIONS, ports, strict=False))
    origin_ports = dict(zip(REGIONS, ports[len(REGIONS) :], strict=False))
    async with AsyncExitStack() as stack:
        origins = {}
        for number, name in enumerate(REGIONS):
            origins[name] = Origin(origin_ports[name], seed + number)
            await origins[name].feel(WELL)
            stack.push_async_callback(origins[name].stop)
        text = yaml.safe_dump(write_platform(edge_ports, origin_ports), sort_keys=False)
        holdfast = await asyncio.to_thread(HoldfastProcess, folder / "site", text, Cores(frozenset(), frozenset()))
        stack.callback(holdfast.stop)
        regions = {
            name: Region(name, edge_ports[name], origins[name], _gather(name, edge_ports[name])) for name in REGIONS
        }
        asking = [
            asyncio.create_task(prober.run()) for region in regions.values() for prober in region.probers.values()
        ]
        stack.push_async_callback(_cancel, asking)
        yield Stage(holdfast, regions)


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


def _gather(region: str, port: int) -> dict[str, Prober]:
    paces = {"probe": PROBED_PER_S, "shop": STEADY_PER_S, "rare": SPARSE_PER_S, "lone": SPARSE_PER_S}
    return {what: Prober(port, f"{what}-{region}.example", pace, WRITES_EVERY) for what, pace in paces.items()}


def write_platform(edge_ports: Mapping[str, int], origin_ports: Mapping[str, int]) -> dict[str, object]:
    """Four services in each region behind one upstream: one that the prober asks, one with users, two with few.

    Of those, one has a probe.
    """
    locations = {
        name: {
            "edges": [{"name": f"{name}-1", "listen": f"127.0.0.1:{port}"}],
            "capacity": {"in_flight": 1000, "requests": "5000/s"},
        }
        for name, port in edge_ports.items()
    }
    services = {
        f"{what}-{name}": {
            "hosts": [f"{what}-{name}.example"],
            "upstream": {
                "endpoints": [f"127.0.0.1:{port}"],
                "timeouts": {"request": TIMEOUT},
                "retries": {"attempts_max": 0},
            },
            "probes": [{"path": "/"}] if what == "rare" else [],
        }
        for name, port in origin_ports.items()
        for what in SERVICES
    }
    return {
        "holdfast": 1,
        "name": "accounts",
        "clients": {"trusted_proxies": []},
        "locations": locations,
        "defaults": {"response": "observe", "limits": {"requests": "500/s", "per_client": {"requests": "500/s"}}},
        "tenants": {"all": {"services": services}},
        "status": {
            "title": "Accounts",
            "components": {"shop": {"title": "Shop", "services": ["shop-us", "shop-eu"]}},
        },
    }


def now() -> float:
    """Unix time, in seconds."""
    return time()
