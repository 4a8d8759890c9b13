"""What telemetry costs: an edge for each request; agent, edge and control for each second with 10,000 services."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from envoy.config.listener.v3 import listener_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2

from bench.edge import UNALTERED, Alterations, run_edge
from bench.proxies import find_free_port
from bench.report import Row, Table
from bench.samples import divide, interleave
from bench.stage import CORES, INSTANT, LOCATION, PLENTY, UNHURRIED, Requests, intend, measure_cpu_us
from bench.telemetry_reports import SERVICES
from bench.telemetry_scale import measure_scale
from holdfast.adapters.envoy.admin import EnvoyAdmin
from holdfast.adapters.telemetry.receiver import TelemetryReceiver
from holdfast.adapters.telemetry.samples import SampleReader
from holdfast.agent.budget import Budget
from holdfast.agent.settings import admin_socket, telemetry_socket
from holdfast.agent.telemetry import EdgeTelemetry
from holdfast.compile import names
from holdfast.compile.accept import GRAPHQL_DOCUMENT
from holdfast.drills.instruments import start_upstream
from holdfast.model.inner import CAUSE_HEADER
from holdfast.model.resource import Resource, ResourceType

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    from bench.edge import Edge
    from bench.samples import Samples
    from holdfast.model.resource import Snapshot

RATIO_MAX = 1.05
RPS = 4_000
SCARCE = {"requests": 0.01, "burst": 1, "per_client": {"requests": PLENTY}}
KINDS: Mapping[str, tuple[str, int, dict[str, Any], float | None]] = {
    "proxied": ("proxied", 200, {}, RATIO_MAX),
    "limited": ("refused by the service's limit, 429", 429, {"limits": SCARCE}, None),
    "methods": ("refused by its method, 405", 405, {"accept": {"methods": ["POST"]}}, None),
}
"""What is sent: its title, the status of each answer, what its service says, and what the ratio may be at most."""


async def run(*, quick: bool) -> Table:
    """Each kind with and without telemetry, in one interleaved run. Raises EdgeRefused, InstrumentError."""
    async with AsyncExitStack() as running:
        upstream = running.enter_context(start_upstream(INSTANT, UNHURRIED))
        measures: dict[str, Callable[[], Awaitable[float]]] = {}
        for kind, (_, status, service, _) in KINDS.items():
            requests = Requests(rps=RPS, seconds=0.5 if quick else 1.0, status=status)
            for variant, alterations in (("with", UNALTERED), ("without", WITHOUT)):
                port = find_free_port()
                intent = intend(port, upstream.port, **service)
                edge = await running.enter_async_context(run_edge(intent, LOCATION, CORES.edge, alterations))
                if variant == "with":
                    await running.enter_async_context(_take_telemetry(edge))
                measures[f"{kind} {variant}"] = partial(measure_cpu_us, port, (edge.envoy.pid,), requests)
        found = await interleave(7 if quick else 15, measures)
    rows = [row for kind in KINDS for row in _to_rows(kind, found)]
    rows += await measure_scale(seconds=3.0 if quick else 10.0)
    return Table(
        "telemetry",
        "What telemetry costs",
        tuple(rows),
        ratio_to="without telemetry",
        notes=(
            f"for each request: CPU of an edge at {RPS:,} requests a second, one worker, its reports included",
            "about 100 a second are sampled; 50 refusals a second and 1 % of the rest are written to the access log",
            "the ratio is the median of those of each round",
            f"for each second: {SERVICES:,} services, all of which get requests",
        ),
    )


def _to_rows(kind: str, found: Mapping[str, Samples]) -> Iterator[Row]:
    title, _, _, most = KINDS[kind]
    with_it, without = found[f"{kind} with"], found[f"{kind} without"]
    ratio = divide(with_it, without).median
    goal, ok = (f"at most {most} x", ratio <= most) if most else (None, None)
    yield Row(f"{title}: with telemetry", "us", with_it, ratio, goal, ok)
    yield Row(f"{title}: without", "us", without)


@asynccontextmanager
async def _take_telemetry(edge: Edge) -> AsyncIterator[None]:
    """What an agent does about telemetry, for an edge that has none: samples are drawn as they would be."""
    async with EnvoyAdmin(admin_socket(edge.folder)) as admin:
        reader = SampleReader("edge-1", CAUSE_HEADER, names.MITIGATION_HEADER, GRAPHQL_DOCUMENT)
        generous = Budget(cpu_share_max=100.0, late_s_max=100.0)
        telemetry = EdgeTelemetry("edge-1", lambda: edge.envoy, admin, lambda _told: None, reader, generous)
        socket = str(telemetry_socket(edge.folder))
        receiver = TelemetryReceiver(socket, telemetry.take_export, telemetry.take_entries)
        await receiver.start()
        task = asyncio.create_task(telemetry.run())
        try:
            yield
        finally:
            task.cancel()
            await receiver.stop()


def _report_nothing(boot: dict[str, Any]) -> dict[str, Any]:
    return {**boot, "stats_sinks": [], "stats_flush_interval": "5s"}


def _log_nothing(snapshot: Snapshot) -> Snapshot:
    return {key: _silence(r) if key.type is ResourceType.LISTENER else r for key, r in snapshot.items()}


def _silence(resource: Resource) -> Resource:
    listener = listener_pb2.Listener.FromString(resource.body)
    config = listener.filter_chains[0].filters[0].typed_config
    manager = http_connection_manager_pb2.HttpConnectionManager.FromString(config.value)
    del manager.access_log[:]
    config.Pack(manager, deterministic=True)
    return Resource.of(resource.key.type, resource.key.name, listener.SerializeToString(deterministic=True))


WITHOUT = Alterations(bootstrap=_report_nothing, snapshot=_log_nothing)
"""The same edge, which counts no answers, samples and logs nothing, and reports to nobody."""
