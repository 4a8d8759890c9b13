"""Kills spooler, agents, control and Envoys at random instants, with deliveries in flight, and counts what came of it.

`python -m bench.spooling.kills` is the full form: 100 kills. The suite runs a short one.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from bench.spooling.customers import HOST, ORDER_HEADER, Customer
from bench.spooling.receiver import Mood, Receiver
from holdfast.drills.stage.holdfast_process import HoldfastProcess
from holdfast.drills.stage.machine import Cores, find_free_ports
from holdfast.runtime.recovery.spooler_process import find_spooler
from holdfast.views.spool import SpoolDocument

if TYPE_CHECKING:
    from collections.abc import Sequence

CUSTOMERS = 8
KILLS = 100
PAUSE_S = (0.2, 1.5)
MOOD_S = (0.3, 2.5)
CALM_S = (0.5, 8.0)
"""Long enough, at times, for edges to be switched back."""
BRING_S_MAX = 180.0
"""For what customers have begun."""
STUCK_S_MAX = 60.0
PARTS = ("spooler", "agent", "control", "envoy")
MOODS = (Mood.TAKING, Mood.TAKING, Mood.REFUSING, Mood.HANGING, Mood.FAILING, Mood.FORGETFUL)


@dataclass
class Outcome:
    """What came of it. `lost` was acknowledged and isn't in the receiver's ledger; `disordered` was overtaken there."""

    seed: int
    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    spooled: int = 0
    failed: int = 0
    known_again: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    left: int = 0

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost, doubled or overtaken, and the test had something to lose."""
        return not (self.lost or self.doubled or self.disordered or self.left) and self.spooled > 0


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


async def run_kills(folder: Path, kills: int, seed: int) -> Outcome:
    """Play it; HoldfastFailed where Holdfast doesn't come up again."""
    chance = random.Random(seed)
    *ports, upstream_port = find_free_ports(3)
    outcome = Outcome(seed)
    receiver = Receiver(upstream_port)
    await receiver.set_mood(Mood.TAKING)
    holdfast = await asyncio.to_thread(
        HoldfastProcess, folder, write_platform(ports, upstream_port), Cores(frozenset(), frozenset())
    )
    customers = [Customer(f"c{n}", bool(n % 4), ports, random.Random(chance.getrandbits(64))) for n in range(CUSTOMERS)]
    stop = asyncio.Event()
    sending = [asyncio.create_task(customer.send_until(stop)) for customer in customers]
    moods = asyncio.create_task(_change_moods(receiver, chance, stop))
    try:
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(*PAUSE_S))
            await _kill_one(holdfast, chance, outcome)
        stop.set()
        await moods
        await receiver.set_mood(Mood.TAKING)
        await asyncio.wait_for(asyncio.gather(*sending), BRING_S_MAX)
        outcome.left = await _drain(holdfast)
    finally:
        for task in (*sending, moods):
            task.cancel()
        await asyncio.to_thread(holdfast.stop)
        await receiver.stop()
    _judge(outcome, customers, receiver)
    return outcome


async def _change_moods(receiver: Receiver, chance: random.Random, stop: asyncio.Event) -> None:
    while not stop.is_set():
        mood = chance.choice(MOODS)
        await receiver.set_mood(mood)
        await asyncio.sleep(chance.uniform(*(CALM_S if mood is Mood.TAKING else MOOD_S)))


async def _kill_one(holdfast: HoldfastProcess, chance: random.Random, outcome: Outcome) -> None:
    part = chance.choice(PARTS)
    if part == "control":
        await asyncio.to_thread(holdfast.kill_control)
        await asyncio.sleep(chance.uniform(0.0, 1.0))
        await asyncio.to_thread(holdfast.start_again)
    else:
        pids = _find_pids(holdfast, part)
        if not pids:
            return
        os.kill(chance.choice(pids), signal.SIGKILL)
    outcome.kills[part] += 1


def _find_pids(holdfast: HoldfastProcess, part: str) -> list[int]:
    if part == "agent":
        return holdfast.agent_pids
    if part == "envoy":
        return [envoy.pid for envoy in holdfast.envoys.values()]
    spooler = find_spooler(holdfast.places.path / "spool")
    return [spooler.pid] if spooler else []


async def _drain(holdfast: HoldfastProcess) -> int:
    """Wait until nothing waits any more; how much still does when nothing has gone on for a while, or is dead."""
    deadline, left, least = time.monotonic() + STUCK_S_MAX, -1, 1_000_000_000
    transport = httpx.AsyncHTTPTransport(uds=str(holdfast.places.socket))
    token = holdfast.places.admin_token.read_text().strip()
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://control", headers=headers) as http:
        while left and time.monotonic() < deadline:
            spool = SpoolDocument.model_validate_json((await http.get("/v1/spool")).content)
            left = sum(each.waiting + each.dead for each in spool.services) if spool.running else -1
            if 0 <= left < least:
                deadline, least = time.monotonic() + STUCK_S_MAX, left
            await asyncio.sleep(0.2)
    return left


def _judge(outcome: Outcome, customers: Sequence[Customer], receiver: Receiver) -> None:
    ledger = receiver.ledger
    for customer in customers:
        taken = [number for name, number in ledger.taken if name == customer.name]
        place = {number: at for at, number in reversed(list(enumerate(taken)))}
        outcome.lost += sum(number not in place for number in customer.acknowledged)
        places = [place[number] for number in customer.acknowledged if number in place]
        outcome.disordered += sum(earlier > later for earlier, later in itertools.pairwise(places))
        outcome.acknowledged += len(customer.acknowledged)
        outcome.spooled += customer.later
        outcome.failed += customer.failed
    outcome.doubled = ledger.count_doubles()
    outcome.known_again = ledger.known_again


def main() -> int:
    """Run the full form, or as many kills as are said."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1_000_000)
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        outcome = asyncio.run(run_kills(Path(folder) / "run", kills, seed))
    print(outcome)
    return 0 if outcome.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
