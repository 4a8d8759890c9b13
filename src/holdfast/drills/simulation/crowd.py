"""Many tenants for a long time: how often something is found where nothing is, and what that would have done."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np

from holdfast.drills.simulation.traffic import DAY_S, Flood
from holdfast.drills.simulation.witness import LINGER_S
from holdfast.drills.simulation.world import BEGINS_AT, Moment, World
from holdfast.mitigate.case import is_automatic
from holdfast.model.event import FindingOpened, MitigationEnded, MitigationStarted
from holdfast.model.finding import FindingKind
from holdfast.model.telemetry import Metric

MONTH_S: Final = 30 * DAY_S
LEARNING_S: Final = 600.0
"""Found things count from then on: before, nobody knows what is usual."""
FLOOD_S: Final = 120.0
VICTIM_RPS_MIN: Final = 5.0
OF_SERVICES: Final = (FindingKind.SURGE, FindingKind.ERRORS, FindingKind.SLOWNESS, FindingKind.SILENCE)


@dataclass(frozen=True, slots=True)
class Size:
    """How many tenants, for how long, in steps of how long (seconds); how many floods there are in all."""

    tenants: int
    length_s: float
    step_s: float
    floods: int


MONTH: Final = Size(tenants=500, length_s=MONTH_S, step_s=1.0, floods=60)
HOUR: Final = Size(tenants=50_000, length_s=3_600.0, step_s=0.25, floods=20)


@dataclass(eq=False)
class Tally:
    """What is counted while it goes on."""

    world: World
    floods: list[Flood]
    unusual: int = 0
    true: Counter[str] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)
    """Found of others while somebody was flooded: they may have suffered."""
    false: Counter[str] = field(default_factory=Counter)
    of_places: Counter[str] = field(default_factory=Counter)
    """Found of locations and edges."""
    mitigations: Counter[str] = field(default_factory=Counter)
    false_mitigations: int = 0
    false_refused: float = 0.0
    ended: Counter[str] = field(default_factory=Counter)
    found_s: dict[int, float] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    def see(self, world: World, moment: Moment) -> None:
        """One tick more."""
        if moment.now < BEGINS_AT + LEARNING_S:
            world.control.events.clear()
            return
        self.unusual += len(moment.result.opened)
        for event in world.control.events:
            if isinstance(event, FindingOpened):
                self._note_finding(event)
            elif isinstance(event, MitigationStarted):
                self._note_mitigation(event)
            elif isinstance(event, MitigationEnded):
                self.ended[event.why.partition(":")[0]] += 1
        world.control.events.clear()
        if world.control.state.mitigations:
            self._note_refusals(world, moment)

    def _note_finding(self, event: FindingOpened) -> None:
        finding = event.finding
        if finding.service is None or finding.kind not in OF_SERVICES:
            self.of_places[finding.kind] += 1
            return
        row = int(finding.service[1:])
        guilty = next((n for n, f in enumerate(self.floods) if f.service == row and _covers(f, event.at)), None)
        if guilty is not None:
            self.true[finding.kind] += 1
            self.found_s.setdefault(guilty, event.at - self.floods[guilty].began_at)
        elif any(_covers(flood, event.at) for flood in self.floods):
            self.beside[finding.kind] += 1
        else:
            self.false[finding.kind] += 1
            if len(self.examples) < 20:
                self.examples.append(
                    f"{event.at - BEGINS_AT:.0f} s: {finding.kind} of {finding.service}: {finding.evidence}"
                )

    def _note_mitigation(self, event: MitigationStarted) -> None:
        measure = event.mitigation.measure
        self.mitigations[measure.kind] += 1
        if is_automatic(event.mitigation) and measure.service is not None:
            row = int(measure.service[1:])
            self.false_mitigations += not any(f.service == row and _covers(f, event.at) for f in self.floods)

    def _note_refusals(self, world: World, moment: Moment) -> None:
        """What services lost to mitigations of their own that nobody flooded."""
        flooded = {f.service for f in self.floods if _covers(f, moment.now)}
        for mitigation in world.control.state.mitigations.values():
            row = int((mitigation.measure.service or "s-1")[1:])
            if row >= 0 and row not in flooded:
                self.false_refused += float(moment.passed.counts[row, [Metric.MITIGATED, Metric.SHED]].sum())


def run_crowd(size: Size, seed: int, show: Callable[[str], None]) -> dict[str, Any]:
    """A run of a size and a seed: what was found and done, rightly and wrongly, as JSON."""
    began = time.monotonic()
    world = World(size.tenants, seed, step_s=size.step_s)
    floods = draw_floods(world, size, np.random.default_rng(seed + 7))
    world.traffic.floods.extend(floods)
    tally = Tally(world, floods)
    world.on_moment.append(tally.see)
    ticks = round(size.length_s / size.step_s)
    shown = began
    for tick in range(ticks):
        world.tick()
        world.traffic.floods = [f for f in floods if f.rate(world.now) > 0 or f.began_at > world.now]
        if time.monotonic() - shown >= 10 or tick == ticks - 1:
            shown = time.monotonic()
            done = (tick + 1) / ticks
            left_s = (shown - began) / done - (shown - began)
            show(f"{done:6.1%}  false: {sum(tally.false.values())}  found: {len(tally.found_s)}  left: {left_s:.0f} s")
    return _report(world, tally, size, seed, time.monotonic() - began)


def draw_floods(world: World, size: Size, random: np.random.Generator) -> list[Flood]:
    """Floods of services that have traffic to speak of, spread over the time."""
    population = world.population
    known = np.flatnonzero(population.mean_rps >= VICTIM_RPS_MIN)
    spread = np.linspace(LEARNING_S, size.length_s - FLOOD_S - LINGER_S, size.floods + 1)
    floods = []
    for begin, end in pairwise(spread):
        row = int(random.choice(known))
        rps = max(10 * population.mean_rps[row], 2 * population.limit_rps[row])
        at = BEGINS_AT + float(random.uniform(begin, end))
        floods.append(Flood(row, at, FLOOD_S, float(rps), clients=1_000))
    return floods


def _covers(flood: Flood, at: float) -> bool:
    return flood.began_at - 1.0 <= at <= flood.began_at + flood.length_s + LINGER_S


def _report(world: World, tally: Tally, size: Size, seed: int, took_s: float) -> dict[str, Any]:
    found_s = sorted(tally.found_s.values())
    return {
        "tenants": size.tenants,
        "length_s": size.length_s,
        "step_s": size.step_s,
        "seed": seed,
        "tenant_months": round(size.tenants * size.length_s / MONTH_S, 1),
        "flash_crowds": world.traffic.crowds_begun,
        "edge_restarts": world.reporter.restarts,
        "tier_1_opened": tally.unusual,
        "false_tier_2": dict(tally.false) | {"total": sum(tally.false.values())},
        "tier_2_beside_floods": dict(tally.beside),
        "tier_2_of_places": dict(tally.of_places),
        "floods": len(tally.floods),
        "floods_found": len(found_s),
        "found_s_p50": found_s[len(found_s) // 2] if found_s else None,
        "found_s_p95": found_s[int(len(found_s) * 0.95)] if found_s else None,
        "mitigations": dict(tally.mitigations),
        "mitigations_of_nobodys_flood": tally.false_mitigations,
        "requests_refused_without_flood": round(tally.false_refused),
        "ended": dict(tally.ended),
        "left_in_force": len(world.control.state.mitigations),
        "examples_of_false": tally.examples,
        "took_s": round(took_s, 1),
    }
