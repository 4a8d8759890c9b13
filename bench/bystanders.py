"""The drill's flood of one tenant among twenty, on Holdfast and on others with the same limits; load and scoring too
are the drill's.
"""

from __future__ import annotations

import asyncio
import math
import random
import tempfile
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import numpy as np
import psutil

from bench.proxies import ProxyName, is_installed, run_proxy
from bench.report import Row, Table
from bench.samples import Samples
from bench.stage import CORES
from holdfast.adapters.envoy.process import EnvoyProcess
from holdfast.drills import score
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.instruments import UpstreamOptions, start_upstream
from holdfast.drills.noisy_neighbour.blocks import Block, Side, Stand, plan_flood, run_block, run_gated
from holdfast.drills.noisy_neighbour.cast import draw_cast
from holdfast.drills.noisy_neighbour.measures import SPREAD, Pairs, latencies_by_block
from holdfast.drills.noisy_neighbour.platform_file import write_platform
from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour
from holdfast.drills.scenario import CapMode
from holdfast.drills.stage.holdfast_process import HoldfastProcess
from holdfast.drills.stage.machine import find_free_ports
from holdfast.drills.stage.names import name_tenant
from holdfast.model.effective import BURST_S
from holdfast.model.platform import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from holdfast.drills.instruments import Upstream
    from holdfast.drills.noisy_neighbour.cast import Cast

DRILL: Final = "noisy-neighbour"
SEED_BITS: Final = 32
WARM_UP_S: Final = 0.5
BLOCK_S: Final = 2.0
PAIRS: Final[Mapping[CapMode, int]] = {"queue": 6, "reject": 4}
QUICK_BLOCK_S: Final = 1.0
TITLES: Final[Mapping[str, str]] = {
    "holdfast": "Holdfast",
    "envoy": "Envoy by hand",
    "nginx": "nginx",
    "haproxy": "HAProxy",
}


@dataclass(frozen=True, slots=True)
class Contender:
    """A running proxy in front of the location: its port, and its processes, of which the CPU time is read."""

    port: int
    processes: tuple[EnvoyProcess, ...]


@dataclass(slots=True)
class Trial:
    """What is played, on whom, and what came of it, by mode of the location and contender."""

    scenario: NoisyNeighbour
    cast: Cast
    upstream_port: int
    contenders: dict[str, Contender] = field(default_factory=dict)
    pairs: dict[tuple[CapMode, str], Pairs] = field(default_factory=dict)


async def run(*, quick: bool) -> Table:
    """All of them in turn. Raises InstrumentError, LocationBusy, HoldfastFailed, EdgeRefused, ProxyFailed."""
    scenario = load_scenario_of(NoisyNeighbour, DRILL)
    seed = random.SystemRandom().getrandbits(SEED_BITS)
    async with AsyncExitStack() as running:
        trial = Trial(scenario, draw_cast(scenario, seed), find_free_ports(1)[0])
        await _start_contenders(running, trial)
        for mode in get_args(CapMode):
            await asyncio.to_thread(_play_mode, trial, mode, quick=quick)
    rows = [row for (mode, name), pairs in trial.pairs.items() for row in _to_rows(trial, mode, name, pairs)]
    return Table(
        "bystanders",
        "One tenant of twenty flooded at 50 times its usual load: what the others notice",
        tuple(rows),
        ratio_to="without flood",
        notes=(_tell_limits(scenario), _tell_blocks(trial), *_tell_unsteady(trial)),
    )


async def _start_contenders(running: AsyncExitStack, trial: Trial) -> None:
    for name in get_args(ProxyName):
        if is_installed(name):
            values = describe_tenants(trial.scenario) | {"upstream_port": trial.upstream_port}
            proxy = await running.enter_async_context(run_proxy(name, "tenants", CORES.edge, **values))
            trial.contenders[name] = Contender(proxy.port, tuple(map(_note_process, proxy.pids)))
    folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-bench-")))
    port = find_free_ports(1)[0]
    text = write_platform(
        trial.scenario,
        services=trial.scenario.tenants,
        edge_ports=[port],
        upstream_port=trial.upstream_port,
        mode=Mode.ENFORCE,
    )
    holdfast = running.enter_context(HoldfastProcess(folder / "holdfast", text, CORES))
    trial.contenders["holdfast"] = Contender(port, tuple(holdfast.envoys.values()))


def describe_tenants(scenario: NoisyNeighbour) -> dict[str, object]:
    """What `peers/tenants.*` need to know: the limits that Holdfast's platform file states, and its default burst."""
    limit = scenario.protections.limit
    return {
        "tenants": [name_tenant(number) for number in range(1, scenario.tenants + 1)],
        "limit": round(limit),
        "burst": round(limit * BURST_S),
        "in_flight_max": scenario.protections.maximum,
    }


def _play_mode(trial: Trial, mode: CapMode, *, quick: bool) -> None:
    """Pairs of blocks without and with the flood, on one contender after the other, every second round backwards."""
    seconds, count = (QUICK_BLOCK_S, 1) if quick else (BLOCK_S, PAIRS[mode])
    names = [name for name in TITLES if name in trial.contenders]
    trial.pairs |= {(mode, name): Pairs(Side(), Side()) for name in names}
    with _start_location(trial, mode) as upstream:
        stands = {name: _make_stand(trial, trial.contenders[name], upstream) for name in names}
        for stand in stands.values():
            run_block(stand, WARM_UP_S, None)
        for turn in range(count):
            for name in names if turn % 2 else reversed(names):
                _play_pair(stands[name], trial.pairs[mode, name], seconds, gated=not quick)


def _play_pair(stand: Stand, pairs: Pairs, seconds: float, *, gated: bool) -> None:
    sides = [(pairs.solo, None), (pairs.flood, plan_flood(stand.scenario))]
    for side, flood in reversed(sides) if stand.cast.draw_flood_first() else sides:
        run_gated(stand, seconds, flood, side, gated=gated)


@contextmanager
def _start_location(trial: Trial, mode: CapMode) -> Iterator[Upstream]:
    location = trial.scenario.location
    options = UpstreamOptions(
        cap=location.in_flight,
        when_full=mode,
        capacity_host=trial.cast.victim_host,
        answer_ms=location.answer * 1e3,
        capacity_answer_ms_max=location.slowest_answer * 1e3,
        port=trial.upstream_port,
    )
    with start_upstream(options, CORES.beside) as upstream:
        yield upstream


def _make_stand(trial: Trial, contender: Contender, upstream: Upstream) -> Stand:
    return Stand(trial.scenario, trial.cast, CORES, upstream, contender.processes, (contender.port,))


def _note_process(pid: int) -> EnvoyProcess:
    return EnvoyProcess(pid, psutil.Process(pid).create_time())


def _to_rows(trial: Trial, mode: CapMode, name: str, pairs: Pairs) -> Iterator[Row]:
    """Nothing for a contender of which no block is left, since the generator was late each time."""
    if not (pairs.solo.blocks and pairs.flood.blocks):
        return
    what, goals = f"{TITLES[name]}, location {mode}s", trial.scenario.goals
    solo, flood = (np.concatenate(latencies_by_block(side)) for side in (pairs.solo, pairs.flood))
    compared, success = score.compare_p99(flood, solo), score.compute_success(flood)
    ratio = compared if math.isfinite(compared) else None
    p99 = _sample(pairs.flood.blocks, lambda block: block.latency_ms_p99)
    goodput = _sample(pairs.flood.blocks, lambda block: block.goodput_rps)
    answered = _sample(pairs.flood.blocks, lambda block: 100 * block.success)
    if name == "holdfast":
        told, at_most = goals.bystander_success, goals.bystander_p99_ratio_max
        yield Row(f"{what}: bystanders answered", "%", answered, None, f"at least {told:.0%}", success >= told)
        ok = compared <= at_most if _is_steady(trial, pairs) else None
        yield Row(f"{what}: bystanders' p99", "ms", p99, ratio, f"at most {at_most:g} x", ok)
    else:
        yield Row(f"{what}: bystanders answered", "%", answered)
        yield Row(f"{what}: bystanders' p99", "ms", p99, ratio)
    yield Row(f"{what}: flooded tenant answered", "/s", goodput)


def _sample(blocks: Sequence[Block], read: Callable[[Block], float]) -> Samples:
    return Samples(tuple(read(block) for block in blocks))


def _is_steady(trial: Trial, pairs: Pairs) -> bool:
    """Whether blocks without a flood are so alike that a ratio tells something."""
    low, high = score.compare_halves(latencies_by_block(pairs.solo), trial.cast.seed)
    return SPREAD[0] <= low and high <= SPREAD[1]


def _tell_limits(scenario: NoisyNeighbour) -> str:
    walls = scenario.protections
    return (
        f"all with the same limits: {walls.limit:g} requests a second for each tenant, {walls.maximum} in flight, and "
        f"but for HAProxy a burst of {BURST_S:g} s; the location works on {scenario.location.in_flight} at once"
    )


def _tell_blocks(trial: Trial) -> str:
    sides = [side for pairs in trial.pairs.values() for side in (pairs.solo, pairs.flood)]
    kept, discarded = sum(len(side.blocks) for side in sides), sum(side.discarded for side in sides)
    return (
        f"seed {trial.cast.seed} drew {trial.cast.victim} to be flooded; {discarded} of {kept + discarded} blocks "
        "were thrown away because the generator was late; a failed request counts as infinitely slow"
    )


def _tell_unsteady(trial: Trial) -> Iterator[str]:
    unsteady = [
        f"{TITLES[name]} ({mode})" for (mode, name), pairs in trial.pairs.items() if not _is_steady(trial, pairs)
    ]
    if unsteady:
        yield f"ratios prove little, blocks without a flood differ among themselves: {', '.join(unsteady)}"
