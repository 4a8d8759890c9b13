"""What an agent, its Envoy and control spend each second on the telemetry of 10,000 services."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.edge import READY_S_MAX, EdgeRefused
from bench.proxies import find_free_port
from bench.report import Row
from bench.samples import Samples, read_cpu_s
from bench.scale import LOCATION, make_platform
from bench.stage import CORES, UNHURRIED
from bench.telemetry_reports import EDGE, SERVICES, TICK_S
from holdfast.adapters.envoy.process import EnvoyProcess, adopt_envoy
from holdfast.adapters.telemetry.hub import TelemetryHub
from holdfast.adapters.xds.fleet import FleetServer
from holdfast.agent.settings import AgentSettings, admin_socket, agent_socket, telemetry_socket
from holdfast.compile import EdgeBoot, compile_bootstrap, compile_snapshot, owner_of
from holdfast.drills.instruments import HostLoad, LoadPlan, RateWindow, UpstreamOptions, start_load, start_upstream
from holdfast.model.intent import Intent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

RPS = 4_000.0
LOOKS = 7
CONTROL_PERCENT_MAX = 10
MIB = 1024**2


async def measure_scale(*, seconds: float) -> list[Row]:
    """Shares of one core, in percent: for so many seconds without requests, with some, and of reports on everything."""
    with tempfile.TemporaryDirectory(prefix="hf-") as name:
        folder = Path(name)
        hub = TelemetryHub(str(folder / "hub.sock"))
        hub.expect([EDGE])
        await hub.start()
        try:
            async with _run_agent(folder) as (agent, envoy, port):
                idle = await _measure_shares(agent, envoy, seconds)
                load = await _start_load(port, seconds)
                busy = await _measure_shares(agent, envoy, seconds)
                await load
                memory = Samples((psutil.Process(agent).memory_info().rss / MIB,))
            control = await _measure_hub(hub, str(folder / "hub.sock"), seconds)
        finally:
            await hub.stop()
    size = f"{SERVICES:,} services"
    rows = [Row(f"{size}, no requests: {who}", "%", samples) for who, samples in idle.items()]
    rows += [Row(f"{size}, {RPS:,.0f} requests a second: {who}", "%", samples) for who, samples in busy.items()]
    goal, ok = f"<= {CONTROL_PERCENT_MAX}", control.median <= CONTROL_PERCENT_MAX
    return [
        *rows,
        Row(f"{size}: agent's memory", "MiB", memory),
        Row(f"{size}, all of which changed in every report: control", "%", control, goal=goal, ok=ok),
    ]


@asynccontextmanager
async def _run_agent(folder: Path) -> AsyncIterator[tuple[int, EnvoyProcess, int]]:
    """A real agent with its Envoy, serving 10,000 services: the agent's pid, the Envoy, and its port."""
    port = find_free_port()
    async with AsyncExitStack() as running:
        upstream = running.enter_context(start_upstream(UpstreamOptions(cap=1_000), UNHURRIED))
        fleet = FleetServer(str(folder / "control.sock"), owner_of)
        fleet.expect({EDGE: LOCATION})
        fleet.replace(LOCATION, compile_snapshot(Intent(make_platform(SERVICES, port, upstream.port)), LOCATION))
        await fleet.start()
        running.push_async_callback(fleet.stop)
        _settle_agent(folder)
        agent = running.enter_context(_run_module("holdfast.agent", str(folder)))
        await _wait_until_programmed(fleet)
        envoy = adopt_envoy(folder)
        if envoy is None:
            raise EdgeRefused("it has ended")
        yield agent, envoy, port


def _settle_agent(folder: Path) -> None:
    sockets = (str(agent_socket(folder)), str(admin_socket(folder)))
    boot = EdgeBoot(EDGE, LOCATION, *sockets, 10_000, telemetry_socket=str(telemetry_socket(folder)))
    AgentSettings(
        edge=EDGE,
        control_socket=str(folder / "control.sock"),
        hub_socket=str(folder / "hub.sock"),
        bootstrap=compile_bootstrap(boot),
        cpus=CORES.edge,
    ).save(folder)


@contextmanager
def _run_module(module: str, argument: str) -> Iterator[int]:
    """A Python process of its own; its pid."""
    process = subprocess.Popen([sys.executable, "-m", module, argument], stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


async def _wait_until_programmed(fleet: FleetServer) -> None:
    deadline = time.monotonic() + READY_S_MAX
    while not (await fleet.programmed(LOCATION, 1.0) and fleet.statuses()[0].programmed):
        if time.monotonic() > deadline:
            raise EdgeRefused("it isn't ready")
        await asyncio.sleep(0.2)


async def _start_load(port: int, seconds: float) -> asyncio.Task[None]:
    """Requests for every service, begun early enough that most have had some when this returns."""
    lead_s = 2 * SERVICES / RPS
    windows = (RateWindow(0, lead_s + seconds, RPS / SERVICES),)
    hosts = tuple(HostLoad(f"service-{n}.example", windows) for n in range(SERVICES))
    plan = LoadPlan(port, lead_s + seconds, hosts, sources=8, connections_max=64)

    async def load() -> None:
        await start_load(plan, UNHURRIED).wait_async()

    task = asyncio.create_task(load())
    await asyncio.sleep(lead_s)
    return task


async def _measure_shares(agent: int, envoy: EnvoyProcess, seconds: float) -> dict[str, Samples]:
    found: dict[str, list[float]] = {"agent": [], "Envoy's main thread": []}
    for _ in range(LOOKS):
        before, began = (read_cpu_s(agent), _read_main_thread_s(envoy.pid)), time.monotonic()
        await asyncio.sleep(seconds / LOOKS)
        passed_s = time.monotonic() - began
        after = (read_cpu_s(agent), _read_main_thread_s(envoy.pid))
        for values, began_s, ended_s in zip(found.values(), before, after, strict=True):
            values.append((ended_s - began_s) / passed_s * 100)
    return {name: Samples(tuple(values)) for name, values in found.items()}


def _read_main_thread_s(pid: int) -> float:
    """Processor time of a process's first thread (schedstat in proc(5): nanoseconds)."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


async def _measure_hub(hub: TelemetryHub, socket: str, seconds: float) -> Samples:
    """This process is control, and does nothing else; what it spends on each report, as if one came each tick."""
    taken: list[int] = []
    hub.follow(lambda report: taken.append(report.sequence), lambda _samples: None)
    shares = []
    with _run_module("bench.telemetry_reports", socket):
        for _ in range(LOOKS + 1):
            before, spent_s = len(taken), time.process_time()
            await asyncio.sleep(max(1.0, seconds / LOOKS))
            if reports := len(taken) - before:
                shares.append((time.process_time() - spent_s) / reports / TICK_S * 100)
    return Samples(tuple(shares[1:]))
