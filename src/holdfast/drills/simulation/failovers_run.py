"""One primary that is lost, or comes and goes, before the production decisions: how soon, and how often, they move."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np

from holdfast.drills.simulation.failovers_world import BEGINS_AT, FailoverWorld, Fate, FateOf
from holdfast.engine.command import Command, Tick
from holdfast.engine.decide import decide
from holdfast.engine.evolve import evolve
from holdfast.engine.facts import Facts, PlatformFacts
from holdfast.model.intent import Intent
from holdfast.model.mitigation import FailOver, Mitigation
from holdfast.model.platform import Platform
from holdfast.model.recovery import Failover
from holdfast.model.refusal import Refusal
from holdfast.model.state import State
from holdfast.recover.failover.layout import lay_out
from holdfast.recover.failover.observed import Observed, Remembered
from holdfast.recover.failover.plan import plan_failover
from holdfast.runtime.recovery.failing_over import find_due_s, name_cluster, remember
from holdfast.runtime.recovery.failover_commands import to_command

SERVICE: Final = "shop"
WARM_S: Final = 5.0
"""All is well for so long at first."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One run: what the primary does, for which edges, and the policy. `period_s` None: lost once, for good.

    `duty` is the part of a period that it is lost for; `fails_for` how many of the edges see it so.
    """

    fate: Fate
    edges: int
    fails_for: int
    rps: float
    checked: bool
    failover: Failover
    length_s: float
    began_s: float = WARM_S
    period_s: float | None = None
    duty: float = 1.0
    restart_s: float | None = None
    tick_s: float = 0.05

    def fate_of(self, now_s: float, edge: int) -> Fate:
        """How the primary is for an edge."""
        if edge >= self.fails_for or now_s < self.began_s:
            return Fate.WELL
        if self.period_s is None:
            return self.fate
        is_lost = (now_s - self.began_s) % self.period_s < self.duty * self.period_s
        return self.fate if is_lost else Fate.WELL


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a run. `there` and `back` are the moments at which each edge was sent away from its primary, and
    began its way back, in seconds from the run's beginning; `flaps` says of which edge there was one too many.
    """

    draw: Draw
    seed: int
    there: tuple[tuple[float, ...], ...]
    back: tuple[tuple[float, ...], ...]
    flaps: tuple[str, ...] = ()
    first_failed_s: float | None = None

    @property
    def decided_s(self) -> float | None:
        """How long after the first request that it failed the first edge was moved."""
        moves = [at_s for edge in self.there for at_s in edge]
        return min(moves) - self.first_failed_s if moves and self.first_failed_s is not None else None

    @property
    def lost_for_s(self) -> float | None:
        """How long after it was lost that was."""
        moves = [at_s for edge in self.there for at_s in edge]
        return min(moves) - self.draw.began_s if moves else None

    @property
    def moved(self) -> int:
        """How many edges were ever moved."""
        return sum(bool(edge) for edge in self.there)


@dataclass
class _Run:
    """Control, with its memory; and for each edge whether its requests go to the standby."""

    intent: Intent
    state: State = field(default_factory=State)
    observed: Observed = field(default_factory=lambda: Observed(lambda *_: ""))
    remembered: Remembered = field(default_factory=Remembered)
    due_at: float = 0.0

    def __post_init__(self) -> None:
        self._facts = PlatformFacts.of(self.intent)
        self.begin()

    def begin(self) -> None:
        """Control starts, knowing what was decided and nothing else."""
        self.observed, self.remembered = Observed(lambda *_: ""), Remembered()
        self.observed.set_layout(lay_out(self.intent, name_cluster))

    def look(self, now: float) -> None:
        """Look, decide, and act."""
        self._decide(Tick(), now)
        names = self.observed.take_changed()
        situation = self.observed.describe(names, self.state, self.intent, self.remembered, now)
        plan = plan_failover(situation)
        self.remembered = remember(self.remembered, plan)
        for step in plan.steps:
            if command := to_command(step, self.state):
                self._decide(command, now)
        self.due_at = now + find_due_s(situation)

    def share_moved(self, edge: str) -> float:
        """The part of an edge's requests that goes to the standby."""
        moves = [m for m in self.state.mitigations.values() if m.edges is None or edge in m.edges]
        latest: Mitigation | None = max(moves, key=lambda m: m.started_at, default=None)
        return latest.measure.share if latest and isinstance(latest.measure, FailOver) else 0.0

    def _decide(self, command: Command, now: float) -> None:
        decision = decide(self.state, command, Facts(now, self._facts))
        if isinstance(decision, Refusal):
            raise RuntimeError(f"{command} was refused: {decision.message}")  # noqa: TRY004 - it is no type
        for event in decision:
            self.state = evolve(self.state, event)


def run_failover(draw: Draw, seed: int) -> Verdict:
    """Play it, and count."""
    run = _Run(make_intent(draw))
    fate: FateOf = draw.fate_of
    world = FailoverWorld(fate, draw.edges, draw.rps, draw.checked, np.random.default_rng(seed))
    world.share_moved, world.tick_s = run.share_moved, draw.tick_s
    there = [list[float]() for _ in range(draw.edges)]
    back = [list[float]() for _ in range(draw.edges)]
    away, restarted = [False] * draw.edges, False
    while world.now_s < draw.length_s:
        for report in world.step():
            run.observed.take(report)
        if draw.restart_s is not None and not restarted and world.now_s >= draw.restart_s:
            restarted = True
            run.begin()
        if world.now >= run.due_at:
            run.look(world.now)
        for edge in range(draw.edges):
            now_away = run.share_moved(f"e{edge}") >= 1
            if now_away is not away[edge]:
                (there if now_away else back)[edge].append(world.now - BEGINS_AT)
                away[edge] = now_away
    flaps = tuple(_find_flaps(there, "there", draw) + _find_flaps(back, "back", draw))
    return Verdict(draw, seed, tuple(map(tuple, there)), tuple(map(tuple, back)), flaps, world.first_failed_s)


def make_intent(draw: Draw) -> Intent:
    """A platform with one service, its primary at one site and its standby at another."""
    check: dict[str, Any] = {"health_check": {}} if draw.checked else {}
    upstream = {
        "endpoints": ["10.0.0.1:80"],
        "site": "here",
        **check,
        "standbys": {"b": {"endpoints": ["10.1.0.1:80"], "site": "there"}},
    }
    edges = [{"name": f"e{n}", "listen": f"127.0.0.1:{10_000 + n}"} for n in range(draw.edges)]
    platform = {
        "holdfast": 1,
        "name": "simulated",
        "locations": {"l": {"edges": edges, "capacity": {"in_flight": 1000, "requests": 10_000}}},
        "sites": {"here": {}, "there": {}},
        "tenants": {"t": {"services": {SERVICE: {"hosts": ["shop.example"], "upstream": upstream}}}},
    }
    intent = Intent(Platform.model_validate(platform))
    owned = intent.services[SERVICE]
    service = owned.service.model_copy(update={"failover": draw.failover})
    tenants = {"t": intent.platform.tenants["t"].model_copy(update={"services": {SERVICE: service}})}
    return Intent(intent.platform.model_copy(update={"tenants": tenants}))


def _find_flaps(moments: list[list[float]], which: str, draw: Draw) -> list[str]:
    stay_s = draw.failover.stay
    return [
        f"edge {edge} was sent {which} at {one:.2f} s and again at {other:.2f} s, within {stay_s:.0f} s"
        for edge, at in enumerate(moments)
        for one, other in pairwise(at)
        if other - one < stay_s
    ]
