"""One Holdfast edge by itself: what `compile` yields, served by the real xDS server to a real Envoy."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.adapters.envoy.admin import EnvoyAdmin
from holdfast.adapters.envoy.binary import find_envoy
from holdfast.adapters.envoy.process import EnvoyProcess, start_envoy
from holdfast.adapters.xds.group import ResourceGroup
from holdfast.adapters.xds.server import AdsServer, Subscriber
from holdfast.agent.settings import admin_socket, agent_socket, telemetry_socket
from holdfast.compile import EdgeBoot, compile_bootstrap, compile_snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from typing import Any

    from holdfast.adapters.xds.messages import Outcome
    from holdfast.adapters.xds.session import Session
    from holdfast.model.intent import Intent
    from holdfast.model.resource import Snapshot

READY_S_MAX = 60.0
CONNECTIONS_MAX = 10_000


class EdgeRefused(Exception):
    """Envoy refused what it was given, or didn't come up; the message is what it said."""


@dataclass(slots=True)
class Answers:
    """What Envoy said to what it was given: its refusals, and when it last settled each resource."""

    refusals: list[str] = field(default_factory=list)
    _settled_at: dict[str, float] = field(default_factory=dict)
    _awaited: dict[str, asyncio.Event] = field(default_factory=dict)

    def note(self, _session: Session, outcome: Outcome) -> None:
        """Take down an outcome."""
        now = time.monotonic()
        if outcome.error:
            self.refusals.append(outcome.error)
        for name, _version in outcome.versions:
            self._settled_at[name] = now
            if name in self._awaited:
                self._awaited[name].set()

    def expect(self, name: str) -> asyncio.Event:
        """Set by the next outcome that names the resource."""
        self._awaited[name] = asyncio.Event()
        return self._awaited[name]

    def when(self, name: str) -> float:
        """When an outcome last named the resource (monotonic, in seconds); KeyError if none has."""
        return self._settled_at[name]

    def raise_refusals(self) -> None:
        """Raises EdgeRefused if anything was refused."""
        if self.refusals:
            raise EdgeRefused(self.refusals[-1])


@dataclass(frozen=True, slots=True)
class Edge:
    """A running edge: its Envoy, its folder, what it is given, what it said to that, and how soon it was ready."""

    envoy: EnvoyProcess
    folder: Path
    group: ResourceGroup
    answers: Answers
    ready_s: float


@dataclass(frozen=True, slots=True)
class Alterations:
    """How an edge's configuration differs from what is compiled, to see what a part of it costs."""

    bootstrap: Callable[[dict[str, Any]], Mapping[str, Any]] = lambda boot: boot
    snapshot: Callable[[Snapshot], Snapshot] = lambda snapshot: snapshot


UNALTERED = Alterations()


@contextlib.asynccontextmanager
async def run_edge(
    intent: Intent, location: str, cpus: frozenset[int], alter: Alterations = UNALTERED
) -> AsyncIterator[Edge]:
    """An edge of the location that serves; gone when the block is left. Raises EdgeRefused.

    Nobody takes its telemetry unless somebody listens in its folder.
    """
    with tempfile.TemporaryDirectory(prefix="holdfast-edge-") as name:
        folder = Path(name)
        group, answers = ResourceGroup(), Answers()
        group.replace(alter.snapshot(compile_snapshot(intent, location)))
        server = AdsServer(f"unix:{agent_socket(folder)}", lambda _node: Subscriber(group, on_outcome=answers.note))
        await server.start()
        edge_name = intent.platform.locations[location].edges[0].name
        sockets = (str(agent_socket(folder)), str(admin_socket(folder)))
        boot = EdgeBoot(edge_name, location, *sockets, CONNECTIONS_MAX, telemetry_socket=str(telemetry_socket(folder)))
        began = time.monotonic()
        envoy = start_envoy(find_envoy(), alter.bootstrap(compile_bootstrap(boot)), folder, workers=1, cpus=cpus)
        try:
            await wait_until_ready(envoy, folder)
            ready_s = time.monotonic() - began
            answers.raise_refusals()
            yield Edge(envoy, folder, group, answers, ready_s)
        finally:
            await asyncio.to_thread(envoy.stop)
            await server.stop()


async def wait_until_ready(envoy: EnvoyProcess, folder: Path) -> None:
    """Returns once an Envoy with its admin socket and log in `folder` serves. Raises EdgeRefused."""
    deadline = time.monotonic() + READY_S_MAX
    async with EnvoyAdmin(folder / "admin.sock") as admin:
        while not await admin.is_ready():
            if not envoy.is_alive() or time.monotonic() > deadline:
                raise EdgeRefused((folder / "envoy.log").read_text()[-4000:])
            await asyncio.sleep(0.02)
