"""What grows with the number of services, and what doesn't: compile, push, kill, memory, start."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.edge import Edge as RunningEdge
from bench.edge import run_edge
from bench.proxies import find_free_port
from bench.report import Row, Table
from bench.samples import Samples, divide
from bench.stage import CORES, pin
from holdfast.compile import compile_services, compile_snapshot
from holdfast.drills.instruments import UpstreamOptions, start_upstream
from holdfast.drills.noisy_neighbour.kill_timer import KillOrder
from holdfast.drills.stage.holdfast_process import HoldfastProcess
from holdfast.model.intent import Intent
from holdfast.model.platform import Capacity, Clients, Edge, Limits, Location, Platform, Service, Tenant
from holdfast.model.resource import SnapshotDelta
from holdfast.model.upstream import Upstream
from holdfast.spec import dump_platform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SIZES = (100, 1_000, 10_000)
LOCATION = "here"
CHANGED = "service-7"
ACK_S_MAX = 10.0
COMPILE_S_MAX = 1.0
CONTROL_MIB_MAX = 150
READY_S_MAX = 6.0
FLAT_MAX = 2.0
MIB = 1024**2


def make_platform(services: int, edge_port: int, upstream_port: int) -> Platform:
    """A platform of services that state nothing, each of a tenant of its own."""
    names = [f"service-{n}" for n in range(services)]
    upstream = Upstream(endpoints=(f"127.0.0.1:{upstream_port}",))
    return Platform(
        holdfast=1,
        name="scale",
        clients=Clients(trusted_proxies=()),
        locations={
            LOCATION: Location(
                edges=(Edge(name="edge-1", listen=f"127.0.0.1:{edge_port}"),),
                capacity=Capacity(in_flight=1_000, requests=50_000.0),
            )
        },
        tenants={n: Tenant(services={n: Service(hosts=(f"{n}.example",), upstream=upstream)}) for n in names},
    )


async def run(*, quick: bool) -> Table:
    """Everything at each size. Raises EdgeRefused, HoldfastFailed, InstrumentError."""
    rows: list[Row] = []
    sizes, repeats, kills = (SIZES[:2], 5, 5) if quick else (SIZES, 21, 50)
    with start_upstream(UpstreamOptions(cap=1_000)) as upstream:
        pushes, killed = {}, {}
        for size in sizes:
            platform = make_platform(size, find_free_port(), upstream.port)
            rows.append(_measure_compile(platform, size, repeats))
            ready, pushes[size] = await _measure_edge(platform, repeats)
            rows.append(_row(f"{size:,} services: edge ready from nothing", "s", ready, f"<= {READY_S_MAX:g}", size))
            memory, killed[size] = await asyncio.to_thread(_measure_control, platform, size, kills)
            rows.append(_row(f"{size:,} services: control", "MiB", memory, f"<= {CONTROL_MIB_MAX}", size))
    for what, found in (("one changed service: compile, push, ACK", pushes), ("kill: call to last 503", killed)):
        rows += _compare(what, found)
    return Table("scale", "What grows with the number of services", tuple(rows), f"{sizes[0]:,} services")


def _measure_compile(platform: Platform, size: int, repeats: int) -> Row:
    intent = Intent(platform)
    times = [_time(lambda: compile_snapshot(intent, LOCATION)) for _ in range(repeats)]
    return _row(f"{size:,} services: compile everything", "s", Samples(tuple(times)), f"<= {COMPILE_S_MAX:g}", size)


async def _measure_edge(platform: Platform, repeats: int) -> tuple[Samples, Samples]:
    """Seconds until ready; milliseconds to change one service."""
    intent = Intent(platform)
    async with run_edge(intent, LOCATION, CORES.edge) as edge:
        pushes = [await _push_change(edge, intent, rate) for rate in range(100, 100 + repeats)]
        return Samples((edge.ready_s,)), Samples(tuple(pushes))


async def _push_change(edge: RunningEdge, intent: Intent, rate: int) -> float:
    answered = edge.answers.expect(CHANGED)
    began = time.monotonic()
    changed = intent.with_owner_limits({CHANGED: Limits(requests=float(rate))})
    edge.group.apply(SnapshotDelta(compile_services(changed, LOCATION, [CHANGED])))
    await asyncio.wait_for(answered.wait(), ACK_S_MAX)
    edge.answers.raise_refusals()
    return (edge.answers.when(CHANGED) - began) * 1000


def _measure_control(platform: Platform, size: int, kills: int) -> tuple[Samples, Samples]:
    """MiB resident of a real control; milliseconds from a kill's call to the last refusal begun."""
    port = int(platform.locations[LOCATION].edges[0].listen.rpartition(":")[2])
    with (
        tempfile.TemporaryDirectory(prefix="hf-") as folder,
        HoldfastProcess(Path(folder) / "p", dump_platform(platform), CORES) as holdfast,
    ):
        services = tuple(f"service-{n * (size // kills) if size > kills else n}" for n in range(kills))
        order = KillOrder(
            socket=str(holdfast.places.socket),
            token_file=str(holdfast.places.admin_token),
            edge_ports=(port,),
            services=services,
            hosts=tuple(f"{service}.example" for service in services),
            pauses_s=(0.05,) * kills,
        )
        times = _time_kills(order)
        memory = psutil.Process(holdfast.control_pid).memory_info().rss / MIB
    return Samples((memory,)), Samples(tuple(times))


def _time_kills(order: KillOrder) -> Sequence[float]:
    command = [*pin(CORES.rest), sys.executable, "-m", "holdfast.drills.noisy_neighbour.kill_timer"]
    done = subprocess.run(command, input=order.model_dump_json(), capture_output=True, text=True, check=True)
    return [json.loads(line)["in_force_ms"] for line in done.stdout.splitlines()]


def _time(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _row(what: str, unit: str, samples: Samples, goal: str, size: int) -> Row:
    """Goals are for the largest size; at others the number is shown without one."""
    if size != SIZES[-1]:
        return Row(what, unit, samples)
    return Row(what, unit, samples, goal=goal, ok=samples.median <= float(goal.removeprefix("<= ")))


def _compare(what: str, found: dict[int, Samples]) -> list[Row]:
    smallest = next(iter(found.values()))
    rows = []
    for size, samples in found.items():
        ratio = divide(Samples((samples.median,)), Samples((smallest.median,))).median
        last = size == SIZES[-1]
        ok = ratio <= FLAT_MAX if last else None
        rows.append(Row(f"{size:,} services: {what}", "ms", samples, ratio, f"<= {FLAT_MAX:g} x" if last else None, ok))
    return rows
