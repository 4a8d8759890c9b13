"""Blocks of load: the same seconds of everybody's usual traffic, without the flood or with it."""

from __future__ import annotations

import http.client
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import psutil

from holdfast.drills.broken import DrillBroken
from holdfast.drills.instruments import (
    HostLoad,
    LatenessVerdict,
    LoadPlan,
    RateWindow,
    check_lateness,
    is_success,
    latency_ms_percentile,
    select_hosts,
    start_load,
    success_rate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from holdfast.adapters.envoy.process import EnvoyProcess
    from holdfast.drills.instruments import LoadRun, Upstream
    from holdfast.drills.instruments.load_result import Records
    from holdfast.drills.noisy_neighbour.cast import Cast
    from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour
    from holdfast.drills.stage.machine import Cores

LEAD_S: Final = 0.5
"""How long the flood runs before the bystanders are looked at."""
TAIL_S: Final = 0.1
REST_WAIT_S_MAX: Final = 20.0
POLL_S: Final = 0.02
REPEATS_MAX: Final = 3
BYSTANDER_CONNECTIONS_MAX: Final = 2_048
FLOOD_CONNECTIONS_MAX: Final = 1_024
"""Of a flood that is answered at once. More would make the edge's queue of unread requests what is measured."""
REST_S_MAX: Final = 0.02
"""An edge at rest answers within this."""
BYSTANDER_SOURCES: Final = 20
UNKNOWN_HOST: Final = "nobody.invalid"


class LocationBusy(DrillBroken):
    """The location or its edges didn't come to rest between two blocks, so no block can begin."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Everything that runs: edges by the ports they listen on, one upstream, the cores, and who plays what."""

    scenario: NoisyNeighbour
    cast: Cast
    cores: Cores
    upstream: Upstream
    envoys: Sequence[EnvoyProcess]
    edge_ports: Sequence[int]


@dataclass(frozen=True, slots=True)
class FloodLoad:
    """A flood of so many requests a second; without keep-alive each comes on a connection of its own."""

    rps: float
    keep_alive: bool = True
    connections_max: int = FLOOD_CONNECTIONS_MAX


def plan_flood(scenario: NoisyNeighbour) -> FloodLoad:
    """The flood that decides, with connections enough even if every request waits for its timeout."""
    waiting = scenario.flood_rps * scenario.client_timeout
    return FloodLoad(scenario.flood_rps, connections_max=max(FLOOD_CONNECTIONS_MAX, round(1.2 * waiting)))


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What one block measured; records of all edges together.

    `usual` are the victim's own customers; `flood` is what was sent on top of them, from the flood's beginning, a
    little before the bystanders are looked at. `edge_core_share` is the edges' CPU time over the time that passed.
    """

    seconds: float
    flood_seconds: float
    bystanders: Records
    usual: Records
    flood: Records
    edge_core_share: float
    lateness: LatenessVerdict

    @property
    def flood_rps(self) -> float:
        """Requests a second that really were sent to the victim."""
        return len(self.flood) / self.flood_seconds + len(self.usual) / self.seconds

    @property
    def goodput_rps(self) -> float:
        """Requests a second that the victim got answered."""
        answered = [float(np.count_nonzero(is_success(each))) for each in (self.flood, self.usual)]
        return answered[0] / self.flood_seconds + answered[1] / self.seconds

    @property
    def success(self) -> float:
        """Bystanders' requests answered well, 0 to 1."""
        return success_rate(self.bystanders)

    @property
    def latency_ms_p99(self) -> float:
        """Bystanders' p99, failures counted as infinite."""
        return latency_ms_percentile(self.bystanders, 99)


@dataclass(slots=True)
class Side:
    """The blocks of one side, and how many were thrown away because the generator was late."""

    blocks: list[Block] = field(default_factory=list)
    discarded: int = 0


def run_gated(stand: Stand, seconds: float, flood: FloodLoad | None, side: Side, *, gated: bool = True) -> Block | None:
    """Run a block, and again while the bystanders' generator was late; None if it was so to the last.

    Raises InstrumentError, LocationBusy.
    """
    for _ in range(1 + (REPEATS_MAX if gated else 0)):
        block = run_block(stand, seconds, flood)
        if block.lateness.ok or not gated:
            side.blocks.append(block)
            return block
        side.discarded += 1
    return None


def run_block(stand: Stand, seconds: float, flood: FloodLoad | None) -> Block:
    """Run one block, once the location has come to rest. Raises InstrumentError, LocationBusy."""
    await_rest(stand)
    flood_seconds = LEAD_S + seconds + TAIL_S
    with ExitStack() as running:
        floods = [running.enter_context(each) for each in start_flood(stand, flood, flood_seconds)]
        _sleep_until(max((each.started_ns for each in floods), default=0) + LEAD_S * 1e9)
        usual = [running.enter_context(each) for each in start_usual(stand, seconds)]
        share = _measure_core_share(stand.envoys, usual[0].started_ns, seconds)
        results = [each.wait() for each in usual]
        flooding = [each.wait().records for each in floods]
    bystanders = join_records([select_hosts(result, stand.cast.bystander_hosts) for result in results])
    victims = join_records([select_hosts(result, [stand.cast.victim_host]) for result in results])
    flooded = join_records([victims[:0], *flooding])
    lateness = check_lateness(bystanders, timeout_ms=stand.scenario.client_timeout * 1e3)
    return Block(seconds, flood_seconds, bystanders, victims, flooded, share, lateness)


def await_rest(stand: Stand) -> None:
    """Return once nothing is in flight or queued at the location, and edges have nothing left to do.

    Raises LocationBusy.
    """
    deadline = time.monotonic() + REST_WAIT_S_MAX
    while not (stand.upstream.read_stats().idle and all(map(_is_at_rest, stand.edge_ports))):
        if time.monotonic() > deadline:
            raise LocationBusy(f"location and edges were not at rest within {REST_WAIT_S_MAX:g} s")
        time.sleep(POLL_S)


def _is_at_rest(edge_port: int) -> bool:
    """Whether an edge answers a question that no upstream is needed for as fast as one without work does."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", edge_port, timeout=REST_WAIT_S_MAX)
    try:
        connection.request("GET", "/", headers={"Host": UNKNOWN_HOST})
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return time.monotonic() - began <= REST_S_MAX


def start_usual(stand: Stand, seconds: float) -> Iterator[LoadRun]:
    """Start everybody's usual traffic, a generator for each edge."""
    part = 1 / len(stand.edge_ports)
    hosts = tuple(HostLoad(host, (RateWindow(0, seconds, rps * part),)) for host, rps in stand.cast.usual_rps.items())
    for port in stand.edge_ports:
        plan = LoadPlan(
            target_port=port,
            duration_s=seconds,
            hosts=hosts,
            seed=stand.cast.draw_seed(),
            timeout_ms=round(stand.scenario.client_timeout * 1e3),
            connections_max=BYSTANDER_CONNECTIONS_MAX,
            sources=BYSTANDER_SOURCES,
        )
        yield start_load(plan, stand.cores.beside)


def start_flood(stand: Stand, flood: FloodLoad | None, seconds: float) -> Iterator[LoadRun]:
    """Start what the victim gets on top of its usual traffic, a generator for each edge."""
    if flood is None:
        return
    extra_rps = (flood.rps - stand.scenario.requests) / len(stand.edge_ports)
    for port in stand.edge_ports:
        plan = LoadPlan(
            target_port=port,
            duration_s=seconds,
            hosts=(HostLoad(stand.cast.victim_host, (RateWindow(0, seconds, extra_rps),)),),
            seed=stand.cast.draw_seed(),
            timeout_ms=round(stand.scenario.client_timeout * 1e3),
            connections_max=flood.connections_max,
            requests_max=10_000_000,
            sources=stand.cast.flood_sources,
            keep_alive=flood.keep_alive,
        )
        yield start_load(plan, stand.cores.flood)


def join_records(parts: Sequence[Records]) -> Records:
    """Records of several generators, as one array."""
    return np.concatenate(parts)


def _measure_core_share(envoys: Sequence[EnvoyProcess], start_ns: int, seconds: float) -> float:
    """CPU time of the edges over `seconds` from `start_ns`, as a share of one core; returns when they have passed."""
    before, began_ns = _read_cpu_s(envoys), time.monotonic_ns()
    _sleep_until(start_ns + seconds * 1e9)
    return (_read_cpu_s(envoys) - before) / ((time.monotonic_ns() - began_ns) / 1e9)


def _read_cpu_s(envoys: Sequence[EnvoyProcess]) -> float:
    times = [psutil.Process(envoy.pid).cpu_times() for envoy in envoys]
    return sum(each.user + each.system for each in times)


def _sleep_until(moment_ns: float) -> None:
    time.sleep(max(0.0, (moment_ns - time.monotonic_ns()) / 1e9))
