"""The world outside as `holdfast up` needs it: edges with their agents, and a canary."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import psutil

from holdfast.adapters.envoy.binary import find_envoy
from holdfast.adapters.telemetry.hub import TelemetryHub
from holdfast.adapters.xds.fleet import FleetServer
from holdfast.agent.settings import AgentSettings, admin_socket, agent_socket, telemetry_socket
from holdfast.compile import EdgeBoot, compile_bootstrap, owner_of
from holdfast.model.observed import EdgeCounts
from holdfast.model.platform import Location, Platform
from holdfast.model.ports import Canary, Fleet, Telemetry
from holdfast.runtime.canary import EnvoyCanary
from holdfast.runtime.effects import EffectTrials
from holdfast.runtime.observed import count_observed
from holdfast.runtime.planning import Trials
from holdfast.runtime.recovery.spooler_process import stop_spooler

_STOP_S_MAX = 15.0
_SETTLE_LOOKS_MAX = 60


class Outside(Protocol):
    """What control publishes to and asks. Made by `open_outside`, used in the loop that control runs in."""

    fleet: Fleet
    canary: Canary
    trials: Trials | None
    """Where changes are tried for their effects; None: nowhere, and no change is held up for its plan."""
    telemetry: Telemetry

    async def start(self) -> None:
        """Begin to listen for agents. OSError if that can't be."""

    async def tend_edges(self, platform: Platform) -> None:
        """See to it that every edge of the platform has its agent; called whenever a revision comes in force."""

    async def revive_agents(self, platform: Platform) -> None:
        """Start the agents that have ended; called again and again."""

    async def count_observed(self, platform: Platform) -> Mapping[str, EdgeCounts | None]:
        """What every edge would have refused, by service; None for an edge that doesn't answer."""

    async def stop(self, *, keep_edges: bool) -> None:
        """End what was started here, edges included unless they are kept, and wait until it has ended."""


def open_outside(state: Path) -> Outside:
    """The real one; NoEnvoy if there is no Envoy for this machine, ValueError if a socket's path is too long."""
    find_envoy()
    return LocalOutside(state)


class LocalOutside:
    """Edges on this machine, each with its agent in a folder of its own below the state directory."""

    def __init__(self, state: Path) -> None:
        self._state = state.resolve()
        self._server = FleetServer(str(agent_socket(self._folder("control"))), owner_of)
        self.fleet: Fleet = self._server
        self._hub = TelemetryHub(str(self._telemetry_socket))
        self.telemetry: Telemetry = self._hub
        self._looks_until_settled = 0
        self.canary: Canary = EnvoyCanary(self._state / "canary", find_envoy)
        self.trials: Trials | None = EffectTrials(self._state / "trials", find_envoy)

    async def start(self) -> None:
        """Begin to listen for agents, those that outlived an earlier control included."""
        for socket in (agent_socket(self._folder("control")), self._telemetry_socket):
            socket.unlink(missing_ok=True)
        await self._server.start()
        await self._hub.start()

    async def tend_edges(self, platform: Platform) -> None:
        """Give every edge its agent, and end those of edges that are gone."""
        edges = {e.name: (name, place) for name, place in platform.locations.items() for e in place.edges}
        self._server.expect({edge: name for edge, (name, _) in edges.items()})
        self._hub.expect(edges)
        for folder in self._edge_folders():
            if folder.name not in edges:
                await asyncio.to_thread(_stop_agent, folder)
        for edge, (name, place) in edges.items():
            await asyncio.to_thread(self._ensure_agent, edge, name, place)
        self._looks_until_settled = _SETTLE_LOOKS_MAX

    async def revive_agents(self, platform: Platform) -> None:
        """Start the agents that have ended. Their Envoys are found and go on as they are."""
        for edge in (e.name for place in platform.locations.values() for e in place.edges):
            folder = self._folder("edges", edge)
            if _running_agent(folder) is None:
                await asyncio.to_thread(_start_agent, folder)

    async def count_observed(self, platform: Platform) -> Mapping[str, EdgeCounts | None]:
        """What every edge would have refused, by service; None for an edge that doesn't answer."""
        names = (e.name for place in platform.locations.values() for e in place.edges)
        return await count_observed({name: self._state / "edges" / name for name in names})

    async def stop(self, *, keep_edges: bool) -> None:
        """End every agent, and with it its Envoy, unless they are kept."""
        if not keep_edges:
            await asyncio.to_thread(stop_spooler, self._state / "spool")
            await asyncio.gather(*(asyncio.to_thread(_stop_agent, folder) for folder in self._edge_folders()))
        await self._server.stop()
        await self._hub.stop()

    @property
    def _telemetry_socket(self) -> Path:
        return telemetry_socket(self._folder("control"))

    def _ensure_agent(self, edge: str, location: str, place: Location) -> None:
        folder = self._folder("edges", edge)
        boot = EdgeBoot(
            edge=edge,
            location=location,
            agent_socket=str(agent_socket(folder)),
            admin_socket=str(admin_socket(folder)),
            telemetry_socket=str(telemetry_socket(folder)),
            connections_max=max(1, place.capacity.connections // len(place.edges)),
        )
        settings = AgentSettings(
            edge=edge,
            control_socket=str(agent_socket(self._folder("control"))),
            hub_socket=str(self._telemetry_socket),
            bootstrap=compile_bootstrap(boot),
            workers=1,
            cpus=_edge_cpus(),
        )
        settings.save(folder)
        if _running_agent(folder) is None:
            _start_agent(folder)

    def _edge_folders(self) -> list[Path]:
        return sorted(p for p in (self._state / "edges").glob("*") if p.is_dir())

    def _folder(self, *parts: str) -> Path:
        folder = self._state.joinpath(*parts)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


def _edge_cpus() -> frozenset[int]:
    """Cores that edges are kept to, as `HOLDFAST_EDGE_CPUS=0,1` says; all if it isn't set."""
    text = os.environ.get("HOLDFAST_EDGE_CPUS", "")
    return frozenset(int(part) for part in text.split(",") if part.strip())


def _start_agent(folder: Path) -> None:
    """Start an agent that outlives its parent: its edge needs it more than control does."""
    with (folder / "agent.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "holdfast.agent", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    born = psutil.Process(process.pid).create_time()
    draft = folder / "agent.pid.new"
    draft.write_text(json.dumps({"pid": process.pid, "born": born}))
    draft.replace(folder / "agent.pid")


def _running_agent(folder: Path) -> psutil.Process | None:
    try:
        noted = json.loads((folder / "agent.pid").read_text())
        process = psutil.Process(int(noted["pid"]))
        alive = process.create_time() == noted["born"] and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, TypeError, psutil.NoSuchProcess):
        return None
    return process if alive else None


def _stop_agent(folder: Path) -> None:
    process = _running_agent(folder)
    if process is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(_STOP_S_MAX)
        except psutil.TimeoutExpired:
            process.kill()
