"""What the provider does: it takes machines back without a word, one with notice, and in the end all of them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.spot_reclaim.prober import Probe, probe_assets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from holdfast.drills.bad_route_push.timing import DrillClock
    from holdfast.drills.spot_reclaim.operator import SpotOperator
    from holdfast.drills.spot_reclaim.provider import Machine, Provider
    from holdfast.drills.spot_reclaim.scenario import Form, SpotReclaim

ALIVE_MIN: Final = 3
"""So many machines that have settled are left while others are taken back, until all go."""
DRAIN_S_MAX: Final = 10.0
LOOK_S: Final = 0.05
QUIET_S: Final = 1.5
"""So long after a drain is in force, what was on its way has arrived; from then on a machine must be asked nothing."""
BACK_S_MAX: Final = 30.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that the acts are played with."""

    scenario: SpotReclaim
    form: Form
    provider: Provider
    edge_ports: Sequence[int]
    clock: DrillClock
    chance: Random
    tell: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Kills:
    """From when to when machines were killed, and at which moments, in seconds."""

    began_s: float
    over_s: float
    at_s: tuple[float, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Announced:
    """A machine was announced at `told_s`, known to be drained at `drained_s` (infinite: never), killed at `killed_s`.

    `asked_after` is how many requests it was asked between being quiet and its end, by its own count.
    """

    told_s: float
    drained_s: float
    killed_s: float
    over_s: float
    asked_after: int
    is_ended: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """All machines were gone from `began_s` on, and came back at `back_s`; what files were served meanwhile."""

    began_s: float
    over_s: float
    back_s: float
    probes: tuple[Probe, ...]


def play_kills(stage: Stage) -> Kills:
    """Kill machines at drawn moments; each is replaced when the provider's list takes note of it."""
    began_s, at_s, kinds = stage.clock.now_s(), list[float](), list[str]()
    due: list[tuple[float, int]] = []
    next_s = began_s
    while len(at_s) < stage.form.kills:
        next_s += stage.chance.uniform(stage.form.between.least, stage.form.between.most)
        _wait(stage, next_s, due)
        victim = stage.chance.choice(stage.provider.alive)
        if sum(each.is_settled for each in stage.provider.alive if each is not victim) >= ALIVE_MIN:
            at_s.append(stage.clock.now_s())
            kinds.append("ephemeral" if victim.endpoint.ephemeral else "stable")
            stage.provider.kill(victim)
            due.append((at_s[-1] + stage.scenario.machines.listed_for, victim.slot))
    _wait(stage, stage.clock.now_s() + stage.scenario.machines.listed_for + QUIET_S, due)
    stage.tell(f"{len(at_s)} machines were killed and replaced")
    return Kills(began_s, stage.clock.now_s(), tuple(at_s), tuple(kinds))


def play_announced(stage: Stage, operator: SpotOperator) -> Announced:
    """Announce one machine, see it drained, and kill it when its time has come."""
    machine = stage.chance.choice([each for each in stage.provider.alive if each.endpoint.ephemeral])
    address = machine.endpoint.address
    told_s = stage.clock.now_s()
    operator.announce(address, time.time() + stage.form.notice)
    drained_s = _await(lambda: operator.is_drained(address), stage, DRAIN_S_MAX)
    time.sleep(QUIET_S)
    asked_before = machine.read_served()
    time.sleep(max(0.0, told_s + stage.form.notice - stage.clock.now_s()))
    asked_after = machine.read_served() - asked_before
    killed_s = stage.clock.now_s()
    stage.provider.kill(machine)
    _replace(stage, machine)
    ended_s = _await(lambda: not operator.has_drains(), stage, DRAIN_S_MAX)
    stage.tell(f"one machine was announced: drained after {drained_s - told_s:.2f} s, asked {asked_after} times more")
    over_s = stage.clock.now_s()
    return Announced(told_s, drained_s, killed_s, over_s, asked_after, is_ended=ended_s < float("inf"))


def play_gone(stage: Stage, gone_s: float, assets: Sequence[str], *, is_awaited: bool) -> Gone:
    """Kill all machines at once, ask for all files again and again, and bring the machines back.

    If that `is_awaited`, until files come from machines again.
    """
    slots = [machine.slot for machine in stage.provider.alive]
    killers = [threading.Thread(target=stage.provider.kill, args=(each,)) for each in stage.provider.alive]
    began_s = stage.clock.now_s()
    for killer in killers:
        killer.start()
    for killer in killers:
        killer.join()
    probes = list[Probe]()
    while stage.clock.now_s() < began_s + gone_s:
        probes += probe_assets(stage.edge_ports, assets)
    over_s = stage.clock.now_s()
    for slot in slots:
        stage.provider.start(slot)
    stage.provider.publish()
    wait_s = BACK_S_MAX if is_awaited else 0.0
    back_s = _await(lambda: all(map(_is_fresh, probe_assets(stage.edge_ports, assets[:1]))), stage, wait_s)
    stage.tell(f"all machines were gone for {over_s - began_s:.1f} s: {len(probes)} files were asked for")
    return Gone(began_s, over_s, back_s, tuple(probes))


def _is_fresh(probe: Probe) -> bool:
    return probe.is_right and not probe.is_marked


def _replace(stage: Stage, machine: Machine) -> None:
    stage.provider.start(machine.slot)
    stage.provider.publish()


def _wait(stage: Stage, until_s: float, due: list[tuple[float, int]]) -> None:
    """Until a moment; machines that are due to be replaced meanwhile are."""
    while due and due[0][0] <= until_s:
        at_s, slot = due.pop(0)
        time.sleep(max(0.0, at_s - stage.clock.now_s()))
        stage.provider.start(slot)
        stage.provider.publish()
    time.sleep(max(0.0, until_s - stage.clock.now_s()))


def _await(is_so: Callable[[], bool], stage: Stage, seconds_max: float) -> float:
    """When something was seen to be so; infinite if it wasn't in time."""
    deadline = stage.clock.now_s() + seconds_max
    while stage.clock.now_s() < deadline:
        if is_so():
            return stage.clock.now_s()
        time.sleep(LOOK_S)
    return float("inf")
