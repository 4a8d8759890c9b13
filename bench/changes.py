"""What a change costs: a plan for one service of many, and waves over all of them."""

from __future__ import annotations

import asyncio
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.report import Row, Table
from bench.samples import Samples, divide
from bench.scale import make_platform
from holdfast import compile as compiler
from holdfast.adapters.envoy.binary import find_envoy
from holdfast.adapters.journal.sql_journal import SqlJournal
from holdfast.engine.command import ProposeRevision
from holdfast.model.edge import EdgeState, EdgeStatus, Proof
from holdfast.model.intent import Intent
from holdfast.model.platform import Edge, Limits, Location, Waves
from holdfast.model.recorded import RecordedRequest
from holdfast.model.telemetry import METRICS, EdgeReport, Metric
from holdfast.runtime.canary import EnvoyCanary
from holdfast.runtime.control import Control, World
from holdfast.runtime.effects import EffectTrials
from holdfast.runtime.planning import Planner
from holdfast.runtime.reading import PlatformReader
from holdfast.runtime.rollouts import Pacer
from holdfast.spec import dump_platform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from holdfast.model.platform import Platform
    from holdfast.model.resource import Resource, ResourceKey, Snapshot, SnapshotDelta

SIZES = (1_000, 10_000)
EDGES = 10
REQUESTS = 1_000
PLAN_S_MAX = 10.0
WAVES_CORE_MAX = 0.25
REPORT_S = 0.25
BAKE_S = 5.0
ROLLOUT_S_MAX = 300.0


async def run(*, quick: bool) -> Table:
    """Both at each size. Raises what the canary and the trials do where there is no Envoy."""
    rows: list[Row] = []
    sizes, repeats = (SIZES[:1], 1) if quick else (SIZES, 3)
    plans, waves = {}, {}
    for size in sizes:
        plans[size] = Samples(tuple([await _time_plan(size) for _ in range(repeats)]))
        waves[size] = Samples((await _measure_waves(size),))
    for what, unit, found, goal in (
        (f"plan: one service changed, {REQUESTS:,} recorded requests", "s", plans, PLAN_S_MAX),
        (f"waves over all services at {EDGES} simulated edges: control", "of a core", waves, WAVES_CORE_MAX),
    ):
        smallest = found[sizes[0]]
        for size, samples in found.items():
            ratio = divide(Samples((samples.median,)), Samples((smallest.median,))).median
            last = size == SIZES[-1]
            ok = samples.median <= goal if last else None
            rows.append(Row(f"{size:,} services: {what}", unit, samples, ratio, f"<= {goal:g}" if last else None, ok))
    notes = (
        "Plans are tried on two scratch Envoys and proved by a third, as in production.",
        f"Each edge reports every service {1 / REPORT_S:g} times a second and takes what it is given at once.",
        "They aren't reached by wire: what xDS and telemetry cost is in the other tables.",
    )
    return Table("changes", "What a change costs", tuple(rows), f"{sizes[0]:,} services", notes)


async def _time_plan(size: int) -> float:
    old = make_platform(size, 18_080, 19_999)
    service = old.tenants["service-7"].services["service-7"]
    changed = service.model_copy(update={"limits": Limits(requests=400.0)})
    tenant = old.tenants["service-7"].model_copy(update={"services": {"service-7": changed}})
    new = old.model_copy(update={"tenants": {**old.tenants, "service-7": tenant}})
    requests = [RecordedRequest(method="GET", host="service-7.example", path=f"/{n}") for n in range(REQUESTS)]
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        canary = EnvoyCanary(Path(folder) / "canary", find_envoy)
        planner = Planner(compiler, canary, EffectTrials(Path(folder) / "effects", find_envoy))
        began = time.perf_counter()
        plan = await planner.plan(Intent(old), new, requests)
        took_s = time.perf_counter() - began
    if plan.asked < REQUESTS:
        raise RuntimeError(f"only {plan.asked} requests were asked about: {plan.dangers}")
    return took_s


async def _measure_waves(size: int) -> float:
    """The share of a core that control uses while a change of every service goes out and all edges report."""
    platform = _spread(make_platform(size, 18_080, 19_999))
    new = platform.model_copy(
        update={"defaults": platform.defaults.model_copy(update={"limits": Limits(requests=400.0)})}
    )
    async with _run_control(platform) as (control, pacer):
        reporting = asyncio.create_task(_report(pacer, tuple(Intent(platform).services)))
        content = await control.keep_text(dump_platform(new))
        await control.submit(ProposeRevision("bench", content, "platform.yaml"))
        await _until(control, lambda state: state.rollout is not None)
        began, began_cpu = time.perf_counter(), time.process_time()
        await _until(control, lambda state: state.rollout is None)
        used = (time.process_time() - began_cpu) / (time.perf_counter() - began)
        reporting.cancel()
        if control.state.in_force != 2:
            raise RuntimeError(f"the rollout went back: {control.state.revisions[2].why}")
    return used


def _spread(platform: Platform) -> Platform:
    (name,) = platform.locations
    place = platform.locations[name]
    edges = tuple(Edge(name=f"edge-{n}", listen=f"127.0.0.1:{18_080 + n}") for n in range(EDGES))
    return platform.model_copy(
        update={"locations": {name: Location(edges=edges, capacity=place.capacity)}, "waves": Waves(bake=BAKE_S)}
    )


class _Edges:
    """Takes everything at once."""

    def __init__(self, platform: Platform) -> None:
        self._statuses = tuple(
            EdgeStatus(edge.name, name, EdgeState.CONNECTED, 0.0)
            for name, place in platform.locations.items()
            for edge in place.edges
        )
        self._wanted: dict[str, dict[ResourceKey, Resource]] = {}

    def publish(self, group: str, delta: SnapshotDelta) -> None:
        wanted = self._wanted[group]
        wanted.update({each.key: each for each in delta.upserts})
        for key in delta.removals:
            wanted.pop(key, None)

    def replace(self, group: str, snapshot: Snapshot) -> None:
        self._wanted[group] = dict(snapshot)

    async def programmed(self, group: str, deadline_s: float) -> bool:  # noqa: ARG002
        return True

    def statuses(self) -> tuple[EdgeStatus, ...]:
        return self._statuses


class _Willing:
    """A canary that has nothing against anything: what it costs is in the plan's figures."""

    async def prove(self, snapshot: Snapshot) -> Proof:  # noqa: ARG002
        return Proof()


@asynccontextmanager
async def _run_control(platform: Platform) -> AsyncIterator[tuple[Control, Pacer]]:
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        journal = SqlJournal(Path(folder) / "journal.db")
        control = Control(World(journal, _Edges(platform), _Willing(), compiler, PlatformReader(), time.time))
        control.resume()
        pacer = Pacer(control, reporting=True)
        tasks = [asyncio.create_task(control.run()), asyncio.create_task(pacer.run())]
        try:
            content = await control.keep_text(dump_platform(platform))
            await control.submit(ProposeRevision("bench", content, "platform.yaml"))
            await _until(control, lambda state: state.in_force == 1)
            yield control, pacer
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            journal.close()


async def _report(pacer: Pacer, services: tuple[str, ...]) -> None:
    counts = np.zeros((len(services), METRICS), np.int64)
    counts[:, [Metric.OFFERED, Metric.ADMITTED]] = 2
    sequence = 0
    while True:
        sequence += 1
        now = time.time()
        for n in range(EDGES):
            names = tuple(services)
            in_flight = np.zeros(len(services), np.int64)
            pacer.take_report(EdgeReport(f"edge-{n}", "1", sequence, now - REPORT_S, now, names, counts, in_flight))
            await asyncio.sleep(REPORT_S / EDGES)


async def _until(control: Control, condition: object) -> None:
    assert callable(condition)
    if not await control.until(condition, ROLLOUT_S_MAX):
        raise TimeoutError("the rollout takes too long")
