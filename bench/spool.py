"""Durable accepts over HTTP: the spool, and NATS JetStream and RabbitMQ behind the same front.

All sides have the same HTTP front, the same acceptance and the same load; they differ in who makes messages durable.
Every one of them has been synced to the disk before its 202. The generator shares the cores, alike for all.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.accepting.front import ROUTE, SERVICE
from bench.accepting.nats import find_nats, read_nats_version, run_nats
from bench.accepting.rabbitmq import find_rabbit, read_rabbit_version, run_rabbit
from bench.proxies import ProxyFailed, find_free_port
from bench.report import Row, Table
from bench.samples import Samples, interleave
from bench.stage import WrongAnswers
from holdfast.drills.instruments import HostLoad, LoadPlan, Placement, RateWindow, start_load
from holdfast.model.inner import ROUTE_HEADER, SERVICE_HEADER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from holdfast.drills.instruments import LoadResult

ACCEPTS_MIN: Final = 5_000
RATIO_MIN: Final = 1.3
P99_MS_MAX: Final = 50.0
CONNECTIONS: Final = 64
BODY: Final = "x" * 1_024
HEADERS: Final = ((SERVICE_HEADER, SERVICE), (ROUTE_HEADER, ROUTE), ("content-type", "application/json"))
LISTENS_S_MAX: Final = 60.0
ANYWHERE: Final = Placement()
OURS: Final = "holdfast"
SIDES: Final = (OURS, "nats", "rabbitmq")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: `burst` requests as fast as they are taken, and ACCEPTS_MIN a second for `steady_s`."""

    rounds: int
    burst: int
    steady_s: float


async def run(*, quick: bool) -> Table:
    """Compare them in one interleaved run."""
    size = Size(3, 5_000, 1.0) if quick else Size(5, 20_000, 3.0)
    missing = [side for side in SIDES if side not in _list_sides()]
    async with AsyncExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-bench-")))
        sync_ms = measure_sync_ms(folder / "sync")
        ports = {side: await running.enter_async_context(_run_side(side, folder / side)) for side in _list_sides()}
        accepts = await interleave(size.rounds, {s: partial(measure_accepts, p, size.burst) for s, p in ports.items()})
        p99 = await interleave(size.rounds, {s: partial(measure_p99_ms, p, size.steady_s) for s, p in ports.items()})
    return Table(
        "spool",
        f"Durable accepts over HTTP: POST of 1 KiB, {CONNECTIONS} connections, all on the same cores",
        (*_rate_rows(accepts), *_latency_rows(p99), Row("fdatasync of 64 KiB on this disk", "ms", sync_ms)),
        ratio_to="the better peer",
        notes=(
            f"each round: {size.burst:,} requests, taken as fast as they are accepted",
            f"99th percentiles are at {ACCEPTS_MIN:,} requests a second, counted from when each was due",
            "all sides: the same HTTP front and acceptance, a Python process of its own, and a sync before every 202",
            "the publishers to the peers speak their protocols themselves, without the cost of a client library",
            *(f"not installed, so measured without: {side}" for side in missing),
        ),
    )


def measure_sync_ms(file: Path) -> Samples:
    """Milliseconds that the disk needs to make 64 KiB durable within a file that doesn't grow."""
    block = os.urandom(65_536)
    opened = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.write(opened, block * 64)
        os.fsync(opened)
        return Samples(tuple(_sync_ms(opened, block, number % 64) for number in range(201)))
    finally:
        os.close(opened)


def _sync_ms(opened: int, block: bytes, place: int) -> float:
    os.pwrite(opened, block, place * len(block))
    began = time.perf_counter()
    os.fdatasync(opened)
    return (time.perf_counter() - began) * 1e3


async def measure_accepts(port: int, requests: int) -> float:
    """Requests a second that are accepted when all are due at once. Raises WrongAnswers."""
    window = RateWindow(0.0, 0.001, requests * 1e3)
    result = await _send(port, window, duration_s=1.0)
    ended_s = result.records["intended_s"] + result.records["latency_ms"] / 1e3
    return len(result.records) / float(np.max(ended_s))


async def measure_p99_ms(port: int, seconds: float) -> float:
    """The 99th percentile of the latency at a steady rate, from when each request was due. Raises WrongAnswers."""
    result = await _send(port, RateWindow(0.0, seconds, ACCEPTS_MIN), duration_s=seconds)
    return float(np.percentile(result.records["latency_ms"], 99))


async def _send(port: int, window: RateWindow, duration_s: float) -> LoadResult:
    host = HostLoad("spool.example", (window,), method="POST", path="/messages", headers=HEADERS, body=BODY)
    plan = LoadPlan(port, duration_s, (host,), timeout_ms=60_000, connections_max=CONNECTIONS)
    result = await start_load(plan, ANYWHERE).wait_async()
    statuses = dict(result.summary.statuses)
    if set(statuses) != {202}:
        raise WrongAnswers(f"expected 202 only from port {port}, got {statuses}")
    return result


def _list_sides() -> list[str]:
    missing = {"nats": find_nats() is None, "rabbitmq": find_rabbit() is None}
    return [side for side in SIDES if not missing.get(side)]


@asynccontextmanager
async def _run_side(side: str, folder: Path) -> AsyncIterator[int]:
    """A side's peer, if it has one, and the front before it; yields the front's port."""
    folder.mkdir()  # noqa: ASYNC240 - nothing else runs yet
    async with AsyncExitStack() as running:
        peers = {"nats": run_nats, "rabbitmq": run_rabbit}
        peer_port = await running.enter_async_context(peers[side](folder)) if side in peers else 0
        port = find_free_port()
        of_peer = ("bench.accepting.front", side, str(port), str(peer_port))
        ours = ("bench.accepting.spool", str(folder), str(port))
        front = await asyncio.create_subprocess_exec(sys.executable, "-m", *(ours if side == OURS else of_peer))
        try:
            await _wait_until_listening(front, port)
            yield port
        finally:
            with suppress(ProcessLookupError):
                front.kill()
            await front.wait()


async def _wait_until_listening(front: asyncio.subprocess.Process, port: int) -> None:
    end = time.monotonic() + LISTENS_S_MAX
    while front.returncode is None and time.monotonic() < end:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise ProxyFailed(f"nothing listens on port {port}")


def _describe(side: str) -> str:
    return {
        OURS: "Holdfast spool",
        "nats": f"NATS JetStream {read_nats_version()}, sync_interval always",
        "rabbitmq": f"RabbitMQ {read_rabbit_version()}, quorum queue",
    }[side]


def _rate_rows(accepts: Mapping[str, Samples]) -> list[Row]:
    rows = [Row(_describe(side), "/s", samples) for side, samples in accepts.items() if side != OURS]
    ours = accepts[OURS]
    ratio = None
    if rows:
        better = [max(values) for values in zip(*(row.samples.values for row in rows), strict=True)]
        ratio = Samples(tuple(a / b for a, b in zip(ours.values, better, strict=True))).median
    is_met = ours.median >= ACCEPTS_MIN and (ratio is None or ratio >= RATIO_MIN)
    goal = f"at least {ACCEPTS_MIN:,}/s and {RATIO_MIN} x"
    return [Row(_describe(OURS), "/s", ours, ratio, goal, is_met), *rows]


def _latency_rows(p99: Mapping[str, Samples]) -> list[Row]:
    rows = [Row(f"{_describe(side)}: 99th percentile", "ms", samples) for side, samples in p99.items() if side != OURS]
    ours = p99[OURS]
    is_met = math.isfinite(ours.median) and ours.median <= P99_MS_MAX
    return [Row(f"{_describe(OURS)}: 99th percentile", "ms", ours, None, f"at most {P99_MS_MAX:g} ms", is_met), *rows]
