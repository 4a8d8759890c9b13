"""Services that come back after an outage, on a real edge, cold: `python -m bench.restoration`.

The upstream is one process for all services. Each can answer a fifth of its usual peak when it is cold, and 1.6 times
that peak when it is warm; answers warm it. It calls those that it depends on through the edge. Clients try three of
four failed requests again, when they are told to or after one to three seconds.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import httpx
import typer
import uvicorn
from fastapi import FastAPI
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bench.stage import CORES
from holdfast.adapters.api.server import bind_port
from holdfast.drills.simulation.restoration_world import (
    AGAIN,
    CALLS,
    COLD_SHARE,
    DEMAND,
    WARM_SHARE,
    find_usual,
    make_services,
)
from holdfast.drills.stage.holdfast_process import HoldfastProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from starlette.requests import Request

    from holdfast.drills.simulation.restoration_world import Made

SCALE: Final = 0.03
"""Rates of the simulated world, times this: the machine has to carry all of it, clients included."""
USUAL_S: Final = 30.0
OUTAGE_S: Final = 15.0
BACK_S_MAX: Final = 400.0
POLL_S: Final = 0.5
CLASSES: Final = ("critical_plus", "critical", "sheddable_plus", "sheddable")


@dataclass
class Cold:
    """One service of the upstream: how warm it is, and what it may answer in this second."""

    usual_rps: float
    warming_s: float
    warmth: float = 1.0
    dead: bool = False
    tokens: float = 1.0
    refilled_at: float = 0.0

    def take(self, now: float) -> bool:
        """Whether one more request can be answered now."""
        rps = self.usual_rps * (COLD_SHARE + (WARM_SHARE - COLD_SHARE) * self.warmth)
        self.tokens = min(max(1.0, rps), self.tokens + (now - self.refilled_at) * rps)
        self.refilled_at = now
        if self.dead or self.tokens < 1:
            return False
        self.tokens -= 1
        self.warmth = min(1.0, self.warmth + 1 / max(1.0, rps) / self.warming_s)
        return True


@dataclass
class Seen:
    """When services were let in, and when they first took their usual load, in seconds of the loop's clock."""

    let_in: dict[str, float] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    back: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def find_start_s(self, name: str) -> float:
        """How long a service took to start, to the resolution at which it was looked at: not less than that."""
        return max(POLL_S, self.started[name] - self.let_in[name])


class World:
    """The upstream, its clients, and a Holdfast before it."""

    def __init__(self, services: Sequence[Made], edge_port: int, upstream_port: int, chance: random.Random) -> None:
        self.services = {each.name: each for each in services}
        self.usual = {name: rps * SCALE for name, rps in find_usual(services).items()}
        self.cold = {each.name: Cold(self.usual[each.name], each.warming_s) for each in services}
        self.edge = f"http://127.0.0.1:{edge_port}"
        self.upstream_port = upstream_port
        self.chance = chance
        self.client = httpx.AsyncClient(timeout=10.0, trust_env=False, limits=httpx.Limits(max_connections=400))
        self.answered = self.failed = 0
        self.tasks: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request) -> Response:
        """What the upstream says."""
        name = request.headers["host"].partition(".")[0]
        cold = self.cold[name]
        if request.url.path == "/probe":
            return PlainTextResponse("", 503 if cold.dead else 200)
        if not cold.take(asyncio.get_running_loop().time()):
            return PlainTextResponse("", 503)
        called = [each for each in self.services[name].depends_on if self.chance.random() < CALLS]
        answers = await asyncio.gather(*(self.ask(each) for each in called))
        return PlainTextResponse("", 200 if all(status == 200 for status, _ in answers) else 502)

    async def ask(self, name: str) -> tuple[int, float]:
        """The edge's answer for a service, and when it says to come back (seconds)."""
        try:
            answer = await self.client.get(f"{self.edge}/", headers={"host": f"{name}.test"})
        except httpx.HTTPError:
            return 599, 0.0
        return answer.status_code, float(answer.headers.get("retry-after", 0))

    async def send(self, name: str) -> None:
        """All that clients of a service send."""
        pause_s = 1 / (self.services[name].own_rps * SCALE * DEMAND)
        while True:
            await asyncio.sleep(self.chance.expovariate(1 / pause_s))
            task = asyncio.create_task(self._insist(name))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _insist(self, name: str) -> None:
        while True:
            status, after_s = await self.ask(name)
            if status == 200:
                self.answered += 1
                return
            self.failed += status != 429 and after_s < 20
            if self.chance.random() > AGAIN:
                return
            await asyncio.sleep(after_s or self.chance.uniform(1.0, 3.0))

    def lose(self, names: Iterable[str]) -> None:
        """These answer nothing any more, and are cold when they do again."""
        for name in names:
            self.cold[name].dead, self.cold[name].warmth = True, 0.0

    def write_platform(self) -> str:
        """The platform file of all services."""
        told = {
            name: {
                "hosts": [f"{name}.test"],
                "upstream": {
                    "endpoints": [f"127.0.0.1:{self.upstream_port}"],
                    "site": "east",
                    "retries": {"attempts_max": 0},
                },
                "criticality": CLASSES[each.rank],
                "depends_on": list(each.depends_on),
                "probes": [{"path": "/probe", "expect": 200}],
            }
            for name, each in self.services.items()
        }
        place = {
            "edges": [{"name": "edge-1", "listen": self.edge.removeprefix("http://")}],
            "capacity": {"in_flight": 2_000, "requests": "2000/s"},
        }
        limits = {"requests": "400/s", "per_client": {"requests": "400/s"}}
        return json.dumps(
            {
                "holdfast": 1,
                "name": "bench",
                "clients": {"trusted_proxies": []},
                "locations": {"here": place},
                "sites": {"east": {"requests": f"{sum(self.usual.values()):.0f}/s"}},
                "defaults": {"limits": limits},
                "tenants": {"acme": {"services": told}},
            }
        )


async def come_back(world: World, control: httpx.AsyncClient, names: Sequence[str]) -> Seen:
    """An outage of these services, and their way back, as control's API tells it."""
    world.lose(names)
    await asyncio.sleep(OUTAGE_S)
    body = {"names": list(names), "reason": "the outage is over"}
    (await control.post("/v1/restoration/start", json=body)).raise_for_status()
    for name in names:
        world.cold[name].dead = False
    seen, loop = Seen(), asyncio.get_running_loop()
    end = loop.time() + BACK_S_MAX
    while loop.time() < end and len(seen.back) < len(names):
        document = (await control.get("/v1/restoration")).raise_for_status().json()
        _note(world, seen, names, {each["service"]: each for each in document["services"]}, loop.time())
        await asyncio.sleep(POLL_S)
    return seen


def _note(world: World, seen: Seen, names: Sequence[str], told: Mapping[str, Any], now: float) -> None:
    for name in names:
        let_in = told[name]["let_in_per_s"] if name in told else float("inf")
        if let_in is None:
            continue
        if name not in seen.let_in:
            seen.let_in[name] = now
            late = [n for n in world.services[name].depends_on if n in told and told[n]["let_in_per_s"] is None]
            seen.wrong += [f"{name} before {needed}" for needed in late]
        if let_in >= (told[name]["usual_per_s"] if name in told else 0.0):
            seen.started.setdefault(name, now)
        if name not in told:
            seen.back.setdefault(name, now)


@asynccontextmanager
async def run_world(services: Sequence[Made], seed: int) -> AsyncIterator[tuple[World, httpx.AsyncClient]]:
    """All of it at work, with usual traffic for a while."""
    with bind_port("127.0.0.1", 0) as upstream, bind_port("127.0.0.1", 0) as edge:
        ports = edge.getsockname()[1], upstream.getsockname()[1]
        edge.close()
        world = World(services, *ports, random.Random(seed))
        app = FastAPI(routes=[Route("/{rest:path}", world.answer)])
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        serving = asyncio.create_task(server.serve(sockets=[upstream]))
        with tempfile.TemporaryDirectory(prefix="hf-") as folder:
            process = await asyncio.to_thread(HoldfastProcess, Path(folder) / "w", world.write_platform(), CORES)
            transport = httpx.AsyncHTTPTransport(uds=str(process.places.socket))
            token = {"authorization": f"Bearer {process.places.admin_token.read_text().strip()}"}
            once = {"connection": "close", **token}
            control = httpx.AsyncClient(transport=transport, base_url="http://control", headers=once, timeout=30.0)
            clients = [asyncio.create_task(world.send(name)) for name in world.services]
            try:
                await asyncio.sleep(USUAL_S)
                yield world, control
            finally:
                for client in (*clients, *world.tasks):
                    client.cancel()
                await control.aclose()
                await world.client.aclose()
                await asyncio.to_thread(process.stop)
                server.should_exit = True
                await serving


async def measure(count: int, solos: int, seed: int) -> dict[str, Any]:
    """All at their turns, and some by themselves, on the same platform."""
    services = make_services(count, 1, seed)
    async with run_world(services, seed) as (world, control):
        alone = {}
        for name in sorted(random.Random(seed).sample(sorted(world.services), solos)):
            alone[name] = await come_back(world, control, [name])
        failed = world.failed
        together = await come_back(world, control, sorted(world.services))
        failed = world.failed - failed
    times = {
        name: together.find_start_s(name) / solo.find_start_s(name)
        for name, solo in alone.items()
        if name in solo.started and name in together.started
    }
    starts = [together.started[name] - at for name, at in together.let_in.items() if name in together.started]
    return {
        "services": count,
        "seed": seed,
        "back": len(together.back),
        "all_back_s": round(max(together.back.values()) - min(together.let_in.values()), 1) if together.back else None,
        "out_of_order": together.wrong,
        "starts_s": {"least": round(min(starts), 1), "most": round(max(starts), 1)} if starts else {},
        "times_solo": {name: round(each, 2) for name, each in times.items()},
        "requests_answered": world.answered,
        "failed_after_the_outage_began": failed,
    }


def main(
    services: Annotated[int, typer.Option(help="Services of the platform.")] = 50,
    solos: Annotated[int, typer.Option(help="So many of them also come back by themselves.")] = 5,
    seed: Annotated[int, typer.Option(help="The same seed makes the same platform.")] = 1,
) -> None:
    """Bring services back on a real edge, and tell when each had started."""
    typer.echo(json.dumps(asyncio.run(measure(services, solos, seed)), indent=2))


if __name__ == "__main__":
    typer.run(main)
