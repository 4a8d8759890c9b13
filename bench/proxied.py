"""Processor time for each proxied request: a Holdfast edge with all default protections, and bare proxies."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, get_args

from bench.edge import run_edge
from bench.proxies import ProxyName, find_free_port, is_installed, run_proxy
from bench.report import Row, Table
from bench.samples import Samples, divide, interleave
from bench.stage import CORES, INSTANT, LOCATION, UNHURRIED, Requests, intend, measure_cpu_us
from holdfast.drills.instruments import start_upstream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

RATIO_MAX = 1.1
TITLES: Mapping[str, str] = {
    "envoy": "Envoy, stock and bare",
    "holdfast": "Holdfast edge, all default protections",
    "nginx": "nginx, bare",
    "haproxy": "HAProxy, bare",
}


async def run(*, quick: bool) -> Table:
    """Compare them in one interleaved run."""
    block = Requests(rps=8_000, seconds=0.5 if quick else 1.0)
    async with AsyncExitStack() as running:
        upstream = running.enter_context(start_upstream(INSTANT, UNHURRIED))
        measures: dict[str, Callable[[], Awaitable[float]]] = {}
        for name in get_args(ProxyName):
            if is_installed(name):
                proxy = run_proxy(name, "proxy", CORES.edge, upstream_port=upstream.port)
                peer = await running.enter_async_context(proxy)
                measures[name] = partial(measure_cpu_us, peer.port, peer.pids, block)
        port = find_free_port()
        edge = await running.enter_async_context(run_edge(intend(port, upstream.port), LOCATION, CORES.edge))
        measures["holdfast"] = partial(measure_cpu_us, port, (edge.envoy.pid,), block)
        found = await interleave(7 if quick else 11, measures)
    return Table(
        "proxied",
        "CPU for each proxied request: GET, keep-alive on both sides, one worker",
        tuple(_to_row(name, found) for name in TITLES if name in found),
        ratio_to="bare Envoy",
        notes=(f"at {block.rps:,.0f} requests a second; the ratio is the median of those of each round",),
    )


def _to_row(name: str, found: Mapping[str, Samples]) -> Row:
    ratio = divide(found[name], found["envoy"]).median
    if name != "holdfast":
        return Row(TITLES[name], "us", found[name], ratio)
    return Row(TITLES[name], "us", found[name], ratio, f"at most {RATIO_MAX} x", ratio <= RATIO_MAX)
