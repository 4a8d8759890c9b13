"""One rollout from one seed: what is drawn, how its waves go, and what is said of it."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from holdfast.drills.simulation.rollouts_events import (
    PLATFORM_KINDS,
    Badness,
    Rows,
    draw_platform_events,
    draw_tenant_events,
)
from holdfast.drills.simulation.rollouts_shapes import Shapes
from holdfast.drills.simulation.rollouts_world import RolloutWorld
from holdfast.rollout.cohorts import Cohorts
from holdfast.rollout.judging import Blame, Harm

BEFORE_S: Final = 180.0
BAKE_S: Final = 30.0
BEFORE_STEP_S: Final = 1.0
FIRST_SHARE, FIRST_MAX, GROWTH = 0.02, 50, 5


@dataclass(frozen=True, slots=True)
class Draw:
    """What a rollout is like: `waves` are the numbers of services of each, `often` multiplies what befalls tenants."""

    services: int
    edges: int
    waves: tuple[int, ...]
    befalls: str = "nothing"
    often: float = 1.0
    step_s: float = 0.5
    bake_s: float = BAKE_S
    by_edges: bool = False
    """The first wave is all services on one edge."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of a rollout. `harm` is what rolled it back, after so many seconds of its wave."""

    draw: Draw
    seed: int
    harm: Harm | None
    wave: int
    after_s: float
    tenants_blamed: int = 0
    all_blamed: int = 0
    """Waves of which a tenant by itself, or everybody, was found to suffer."""
    wave_rps: float = 0.0
    hit_rps: float = 0.0


def draw_rollout(seed: int, often: float) -> Draw:
    """A rollout of a size and kind by chance: of one service, of five, of a tenth or of everything."""
    random = np.random.default_rng((seed, 17))
    services = int(random.choice([20, 200, 1_000, 3_000, 10_000], p=[0.3, 0.35, 0.22, 0.1, 0.03]))
    touched = int(random.choice([1, 5, max(1, services // 10), services], p=[0.35, 0.15, 0.2, 0.3]))
    return Draw(
        services=services,
        edges=int(random.choice([1, 2, 4])),
        waves=plan_waves(min(touched, services)),
        befalls=str(random.choice(PLATFORM_KINDS, p=[0.3, *[0.1] * 7])),
        often=often,
        by_edges=bool(random.random() < 0.15),
    )


def plan_waves(touched: int) -> tuple[int, ...]:
    """A fiftieth of the services first, at most fifty; each wave five times the one before."""
    waves, size = [], min(max(1, round(touched * FIRST_SHARE)), FIRST_MAX)
    while touched > 0:
        waves.append(min(size, touched))
        touched -= waves[-1]
        size *= GROWTH
    return tuple(waves)


def run_rollout(draw: Draw, seed: int, shapes: Shapes, badness: Badness | None = None) -> Verdict:
    """Roll a revision out over a drawn platform, until it is found to do harm or is everywhere.

    A bad one does its harm from the first wave's beginning on.
    """
    random = np.random.default_rng((seed, 23))
    length_s = BEFORE_S + len(draw.waves) * draw.bake_s
    world = _make_world(draw, shapes, random, length_s)
    cohorts = Cohorts()
    cohorts.set_services(world.tenants)
    for reports in world.run(BEFORE_S + float(random.uniform(0, 1)), BEFORE_STEP_S):
        for report in reports:
            cohorts.take(report)
    verdict = Verdict(draw, seed, None, 0, 0.0)
    for number, wave in enumerate(_split_waves(draw, random)):
        if badness is not None and number == 0:
            world.events.append(badness.strike(world.tenant_of, wave, world.now_s, random))
            hit = world.events[-1].rows
            verdict = replace(
                verdict, wave_rps=float(world.mean_rps[wave].sum()), hit_rps=float(world.mean_rps[hit].sum())
            )
        verdict = _run_wave(world, cohorts, wave, number, verdict)
        if verdict.harm is not None:
            return verdict
    cohorts.end()
    return verdict


def _make_world(draw: Draw, shapes: Shapes, random: np.random.Generator, length_s: float) -> RolloutWorld:
    world = RolloutWorld(draw.services, draw.edges, shapes, random)
    between_s = (BEFORE_S - 20.0, length_s)
    world.events += draw_tenant_events(world.members, length_s, draw.often, random)
    world.events += draw_platform_events(draw.befalls, world.members, draw.services, between_s, random)
    if draw.befalls == "drift":
        world.drift = float(random.uniform(-0.5, 1.0))
    if draw.befalls == "edge restarts":
        world.restarts_s = (float(random.uniform(*between_s)), float(random.random()))
    return world


def _split_waves(draw: Draw, random: np.random.Generator) -> list[Rows]:
    order = random.permutation(draw.services)
    ends = np.cumsum([0, *draw.waves])
    return [order[begin:end] for begin, end in pairwise(ends.tolist())]


def _run_wave(world: RolloutWorld, cohorts: Cohorts, wave: Rows, number: int, verdict: Verdict) -> Verdict:
    draw, began_s = verdict.draw, world.now_s
    names = frozenset(world.names[row] for row in wave.tolist())
    on = frozenset({"e0"}) if draw.by_edges and number == 0 and draw.edges > 1 else None
    cohorts.begin_wave(names, on, world.now)
    blamed: set[Blame] = set()
    for reports in world.run(draw.bake_s, draw.step_s):
        for report in reports:
            cohorts.take(report)
        harm = cohorts.judge(world.now)
        if harm is not None:
            blamed.add(harm.blamed)
        if harm is not None and harm.blamed is Blame.REVISION:
            return replace(verdict, harm=harm, wave=number, after_s=world.now_s - began_s)
    return replace(
        verdict,
        tenants_blamed=verdict.tenants_blamed + (Blame.TENANT in blamed),
        all_blamed=verdict.all_blamed + (Blame.ALL in blamed),
    )
