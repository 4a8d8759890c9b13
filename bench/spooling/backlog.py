"""A long backlog, and an upstream that has just come back: how busy it is kept, in which order, and at what memory."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.report import Row, Table
from bench.samples import Samples
from holdfast.adapters.spool import SqlSpool
from holdfast.drills.instruments import UpstreamOptions, start_upstream
from holdfast.drills.stage.holdfast_process import HoldfastProcess
from holdfast.drills.stage.machine import divide_cores, find_free_ports
from holdfast.model.recovery import SpoolBounds
from holdfast.model.spool import Accepted, Draft
from holdfast.runtime.recovery.spooler_process import find_spooler, stop_spooler
from holdfast.spooler.settings import store_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holdfast.drills.instruments import Upstream

MESSAGES = 500_000
MESSAGES_QUICK = 20_000
WORKERS, WORK_MS = 10, 5
"""The upstream's capacity: 2,000 messages a second."""
BODY = b"x" * 1_024
SHARES = {0: 0.1, 5: 0.4, 9: 0.5}
"""How many messages are of each priority."""
CUSTOMERS = 10_000
FILL_AT_ONCE = 2_000
BUSY_MAX = 0.8
FLAT_MAX = 1.15
WARM = 0.1
"""Of what is delivered first, memory isn't judged: it is what the rest is compared with."""
LOOK_S = 1.0
DONE_S_MAX = 1_500.0
HOST = "mail.example"
BOUNDS = SpoolBounds(
    bytes_max=4 * 1024**3 - 1, tenant_bytes_max=4 * 1024**3 - 1, messages_max=2_000_000, tenant_messages_max=2_000_000
)


@dataclass
class Look:
    """What was seen of a second: how busy the upstream was, how much was delivered, the spooler's memory."""

    busy: float
    delivered: int
    memory_mib: float


@dataclass
class Seen:
    """All of it. `overtaken` were delivered before something more urgent that could have been."""

    looks: list[Look] = field(default_factory=list)
    seconds: float = 0.0
    overtaken: int = 0
    delivered: int = 0


async def run(*, quick: bool) -> Table:
    """Play it once. Raises HoldfastFailed, InstrumentError."""
    messages = MESSAGES_QUICK if quick else MESSAGES
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        seen = await _play(Path(folder), messages)
    return _tabulate(seen, messages)


async def _play(folder: Path, messages: int) -> Seen:
    port, upstream_port = find_free_ports(2)
    cores = divide_cores()
    holdfast = await asyncio.to_thread(HoldfastProcess, folder / "run", write_platform(port, upstream_port), cores)
    try:
        spool = holdfast.places.path / "spool"
        await asyncio.to_thread(holdfast.kill_control)
        await asyncio.to_thread(stop_spooler, spool)
        await _fill(store_file(spool), messages)
        await asyncio.to_thread(holdfast.start_again)
        ledger = folder / "ledger"
        options = UpstreamOptions(cap=WORKERS, answer_ms=WORK_MS, port=upstream_port, ledger=ledger)
        with start_upstream(options) as upstream:
            seen = await _watch(upstream, spool, messages)
        seen.overtaken = _count_overtaken(ledger)
        return seen
    finally:
        await asyncio.to_thread(holdfast.stop)
        await asyncio.to_thread(shutil.rmtree, folder / "run", ignore_errors=True)


async def _fill(path: Path, messages: int) -> None:
    store = SqlSpool(path, BOUNDS, 0)
    chance = random.Random(1)
    now = time.time()
    try:
        drafts = _write_drafts(messages, chance, now)
        while batch := [draft for _, draft in zip(range(FILL_AT_ONCE), drafts, strict=False)]:
            answers = await asyncio.gather(*(store.accept(draft) for draft in batch))
            if not all(isinstance(answer, Accepted) for answer in answers):
                raise RuntimeError(f"not everything was accepted: {answers[0]}")
    finally:
        await store.close()


def _write_drafts(messages: int, chance: random.Random, now: float) -> Iterator[Draft]:
    for number in range(messages):
        (priority,) = chance.choices(list(SHARES), list(SHARES.values()))
        ordered = number % 2 == 0
        yield Draft(
            service="mail",
            tenant="shop",
            route=f"p{priority}",
            order_key=f"{priority}-{chance.randrange(CUSTOMERS)}" if ordered else None,
            idempotency_key=None,
            priority=priority,
            method="POST",
            host=HOST,
            path=f"/p{priority}/{number}",
            headers=(("content-type", "text/plain"),),
            body=BODY,
            accepted_at=now,
            expires_at=now + 86_400,
        )


async def _watch(upstream: Upstream, spool: Path, messages: int) -> Seen:
    seen = Seen()
    began = before_at = time.monotonic()
    answered = 0
    while answered < messages:
        await asyncio.sleep(LOOK_S)
        if time.monotonic() - began > DONE_S_MAX:
            break
        stats = await upstream.read_stats_async()
        now, after = time.monotonic(), stats.answered.get(200, 0)
        busy = (after - answered) * WORK_MS / 1_000 / WORKERS / (now - before_at)
        spooler = find_spooler(spool)
        parts = [spooler, *spooler.children()] if spooler else []
        memory = sum(part.memory_info().rss for part in parts) / 1024**2
        seen.looks.append(Look(busy, after, memory))
        answered, before_at = after, now
    seen.seconds, seen.delivered = time.monotonic() - began, answered
    return seen


def _count_overtaken(ledger: Path) -> int:
    """How many were delivered before one that is more urgent; few are, since what is sent next is claimed ahead."""
    priorities = [int(line.split()[2].split("/")[1][1:]) for line in ledger.read_text().splitlines()]
    left = {priority: priorities.count(priority) for priority in SHARES}
    overtaken = 0
    for priority in priorities:
        left[priority] -= 1
        overtaken += any(left[other] for other in SHARES if other < priority)
    return overtaken


def _tabulate(seen: Seen, messages: int) -> Table:
    busy = Samples(tuple(look.busy for look in seen.looks if look.delivered < seen.delivered))
    judged = [look for look in seen.looks if look.delivered >= WARM * messages]
    first = next(look.memory_mib for look in judged)
    memory = Samples(tuple(look.memory_mib for look in judged))
    mean = seen.delivered * WORK_MS / 1_000 / WORKERS / seen.seconds
    urgent = 1 - seen.overtaken / max(1, seen.delivered)
    rows = (
        Row("upstream's busy share, over all", "", Samples((mean,)), None, f"<= {BUSY_MAX:g}", mean <= BUSY_MAX),
        Row("upstream's busy share, by second", "", busy),
        Row("delivered", "messages/s", Samples((seen.delivered / seen.seconds,))),
        Row("delivered after all that was more urgent", "of all", Samples((urgent,)), None, ">= 0.99", urgent >= 0.99),
        Row(
            "spooler's memory", "MiB", memory, memory.most / first, f"<= {FLAT_MAX:g}x", memory.most <= FLAT_MAX * first
        ),
        Row(
            "not delivered",
            "messages",
            Samples((float(messages - seen.delivered),)),
            None,
            "0",
            seen.delivered >= messages,
        ),
    )
    notes = (
        f"{messages:,} messages of 1 KiB, half of them in order for {CUSTOMERS:,} customers, of three priorities.",
        f"The upstream works on {WORKERS} at a time, each for {WORK_MS} ms, and isn't known to the spooler.",
        "Memory is compared with what it was when a tenth was delivered.",
    )
    return Table("spool-backlog", "A backlog, and an upstream that has just come back", rows, "a tenth", notes)


def write_platform(port: int, upstream_port: int) -> str:
    """One edge, and one service that defers with three priorities."""
    routes = "".join(
        f"\n          - {{name: p{priority}, match: {{path: {{prefix: /p{priority}/}}, methods: [POST]}}, "
        f"deferred: {{order_by: x-customer, priority: {priority}, age_max: 24h}}}}"
        for priority in SHARES
    )
    return f"""\
holdfast: 1
name: backlog
clients: {{trusted_proxies: []}}
locations:
  here:
    edges: [{{name: edge-1, listen: 127.0.0.1:{port}}}]
    capacity: {{in_flight: 2000, requests: 100000/s}}
bounds: {{requests_max: 100000/s, burst_max: 200000, per_client_max: 100000/s}}
spool: {{bytes_max: 3GiB, messages_max: 2000000, tenant_bytes_max: 3GiB, tenant_messages_max: 2000000}}
tenants:
  shop:
    services:
      mail:
        hosts: [{HOST}]
        limits: {{requests: 50000/s, per_client: {{requests: 50000/s}}}}
        bulkhead: {{in_flight: {{guaranteed: 100, maximum: 500}}}}
        upstream: {{endpoints: ["127.0.0.1:{upstream_port}"]}}
        routes:{routes}
"""
