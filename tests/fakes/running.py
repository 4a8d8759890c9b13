"""A whole control in a thread, on a real journal and real sockets, with fake edges."""

import asyncio
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from fakes.compiler import ReadableCompiler
from fakes.fleet import FakeCanary, FakeFleet
from fakes.loop import abort_connections
from fakes.telemetry import FakeTelemetry
from holdfast.engine.command import Command
from holdfast.model.mitigation import Measure
from holdfast.model.observed import EdgeCounts
from holdfast.model.platform import Platform
from holdfast.model.ports import Canary, Fleet, Telemetry
from holdfast.model.prediction import Prediction
from holdfast.runtime.incidents.tellers import TellSettings
from holdfast.runtime.planning import Trials
from holdfast.runtime.state_dir import StateDir
from holdfast.runtime.up import Running, Settings, run_control

PLATFORM = """
holdfast: 1
name: small
clients: {trusted_proxies: []}
locations:
  east: {edges: [{name: e1, listen: "127.0.0.1:18080"}], capacity: {in_flight: 100, requests: 1000/s}}
bounds: {requests_max: 100/s, burst_max: 200, per_client_max: 10/s}
defaults: {limits: {requests: 50/s, per_client: {requests: 5/s}}}
tenants:
  acme: {services: {shop: {hosts: [shop.example], upstream: {endpoints: ["127.0.0.1:9000"]}}}}
  globex: {services: {mail: {hosts: [mail.example], upstream: {endpoints: ["127.0.0.1:9001"]}}}}
"""
"""Two tenants with a service each."""


@dataclass
class FakeOutside:
    fleet: Fleet = field(default_factory=lambda: FakeFleet({"east": ("e1",)}))
    canary: Canary = field(default_factory=FakeCanary)
    trials: Trials | None = None
    tended: list[Platform] = field(default_factory=list)
    stopped: bool = False
    telemetry: Telemetry = field(default_factory=FakeTelemetry)
    counts: Mapping[str, EdgeCounts] = field(default_factory=dict)
    """Of edges that answer; the others are silent."""

    async def start(self) -> None:
        pass

    async def tend_edges(self, platform: Platform) -> None:
        self.tended.append(platform)

    async def revive_agents(self, platform: Platform) -> None:
        pass

    async def count_observed(self, platform: Platform) -> Mapping[str, EdgeCounts | None]:
        edges = (edge.name for place in platform.locations.values() for edge in place.edges)
        return {edge: self.counts.get(edge) for edge in edges}

    async def stop(self, *, keep_edges: bool) -> None:
        self.stopped = not keep_edges


@dataclass(frozen=True)
class RunningControl:
    """A control in its thread, and ways to reach it."""

    state: StateDir
    running: Running
    outside: FakeOutside

    @property
    def url(self) -> str:
        return self.running.address

    def client(self, token: str | None = None) -> httpx.Client:
        """Speaks with a token; the admin's unless one is given."""
        secret = self.state.admin_token.read_text().strip() if token is None else token
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {secret}"}, timeout=30)

    def submit(self, command: Command) -> None:
        """Have something decided that no request asks for; it must not be refused."""
        work = self.running.control.submit(command)
        ticket = asyncio.run_coroutine_threadsafe(work, self.running.ended.get_loop()).result(60)
        assert ticket.refusal is None, ticket.refusal

    def foretell(self, prediction: Prediction) -> None:
        """Have this foretold of every measure from now on."""

        async def predict(_: Measure) -> Prediction:
            return prediction

        self.running.operations._predict = predict

    def make_token(self, role: str, tenant: str | None = None) -> str:
        with self.client() as admin:
            made = admin.post("/v1/tokens", json={"name": f"{role}-1", "role": role, "tenant": tenant})
        secret: str = made.raise_for_status().json()["secret"]
        return secret


@contextmanager
def short_directory() -> Iterator[Path]:
    """A directory whose path leaves room for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="hf-", dir="/tmp") as directory:
        yield Path(directory)


@contextmanager
def run_in_thread(
    state: Path, outside: FakeOutside | None = None, *, watching: bool = False, telling: TellSettings | None = None
) -> Iterator[RunningControl]:
    """A control from its start to its orderly end."""
    outside = outside or FakeOutside()
    settings = Settings(
        state,
        "127.0.0.1",
        0,
        lambda _: outside,
        ReadableCompiler(),
        time.time,
        watching=watching,
        telling=telling or TellSettings(),
    )
    started: Future[Running] = Future()
    stop: Future[None] = Future()

    async def live() -> None:
        try:
            async with run_control(settings) as running:
                started.set_result(replace(running))
                await asyncio.wrap_future(stop)
            await abort_connections()
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    try:
        yield RunningControl(StateDir(state), started.result(60), outside)
    finally:
        if not stop.done():
            stop.set_result(None)
        thread.join(60)
        assert not thread.is_alive()
