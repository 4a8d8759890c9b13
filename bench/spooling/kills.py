"""Kills a Holdfast's parts and hangs its edges, with deliveries in flight, and counts what came of it.

`python -m bench.spooling.kills` is the full form: 520 kills, over storms and calms (`rounds`). The suite runs a short
one.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bench.spooling.customers import HOST, ORDER_HEADER, Customer
from bench.spooling.ending import bring_customers, drain
from bench.spooling.outcome import Outcome, judge, tabulate
from bench.spooling.receiver import Mood, Receiver
from bench.spooling.rounds import Rounds
from holdfast.drills.stage.holdfast_process import HoldfastProcess
from holdfast.drills.stage.machine import Cores, find_free_ports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

CUSTOMERS = 8
KILLS = 520


async def run_kills(folder: Path, kills: int, seed: int) -> Outcome:
    """Play it; HoldfastFailed where Holdfast doesn't come up again."""
    began = time.monotonic()
    chance = random.Random(seed)
    *ports, upstream_port = find_free_ports(3)
    customers = [Customer(f"c{n}", bool(n % 4), ports, random.Random(chance.getrandbits(64))) for n in range(CUSTOMERS)]
    outcome = Outcome(seed)
    receiver = Receiver(upstream_port)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(receiver.stop)
        await receiver.set_mood(Mood.TAKING)
        holdfast = await stack.enter_async_context(_start(folder, write_platform(ports, upstream_port)))
        stop = asyncio.Event()
        sending = await stack.enter_async_context(_send(customers, stop))
        await Rounds(holdfast, receiver, chance, outcome).play(kills)
        stop.set()
        outcome.unanswered = await bring_customers(sending)
        await drain(holdfast, outcome)
    judge(outcome, customers, receiver.ledger)
    outcome.seconds = time.monotonic() - began
    return outcome


@asynccontextmanager
async def _start(folder: Path, platform: str) -> AsyncIterator[HoldfastProcess]:
    holdfast = await asyncio.to_thread(HoldfastProcess, folder, platform, Cores(frozenset(), frozenset()))
    try:
        yield holdfast
    finally:
        await asyncio.to_thread(holdfast.stop)


@asynccontextmanager
async def _send(customers: Sequence[Customer], stop: asyncio.Event) -> AsyncIterator[Collection[asyncio.Task[None]]]:
    sending = [asyncio.create_task(customer.send_until(stop)) for customer in customers]
    try:
        yield sending
    finally:
        for task in sending:
            task.cancel()
        await asyncio.wait(sending)


def write_platform(ports: Sequence[int], upstream_port: int) -> str:
    """Two edges, and one service that defers, in order."""
    edges = "".join(f"\n      - {{name: edge-{n}, listen: 127.0.0.1:{port}}}" for n, port in enumerate(ports, start=1))
    return f"""\
holdfast: 1
name: kills
clients: {{trusted_proxies: []}}
locations:
  here:
    edges:{edges}
    capacity: {{in_flight: 1000, requests: 100000/s}}
bounds: {{requests_max: 100000/s, burst_max: 200000, per_client_max: 100000/s}}
tenants:
  shop:
    services:
      mail:
        hosts: [{HOST}]
        limits: {{requests: 50000/s, per_client: {{requests: 50000/s}}}}
        upstream:
          endpoints: ["127.0.0.1:{upstream_port}"]
          timeouts: {{request: 2s}}
        routes:
          - name: send
            match: {{path: {{exact: /send}}, methods: [POST]}}
            deferred: {{order_by: {ORDER_HEADER}, age_max: 1h}}
"""


def main(
    kills: Annotated[int, typer.Argument(help="How many, of all parts together.")] = KILLS,
    seed: Annotated[int | None, typer.Argument(help="Draws whom, and when; random if it isn't said.")] = None,
) -> None:
    """Kill parts and hang edges with deliveries in flight, and count what was lost, doubled, overtaken or left."""
    drawn = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    folder = Path(tempfile.mkdtemp(prefix="hf-"))
    outcome = asyncio.run(run_kills(folder / "run", kills, drawn))
    console = Console()
    console.print(tabulate(outcome))
    if outcome.is_well:
        shutil.rmtree(folder)
    else:
        console.print(f"what its parts said is in {folder}")
    raise typer.Exit(0 if outcome.is_well else 1)


if __name__ == "__main__":
    typer.run(main)
