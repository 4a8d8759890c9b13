"""One simulated world: traffic, edges, reports and control, tick after tick."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from holdfast.detect.tick_result import TickResult
from holdfast.drills.simulation.control import SimulatedControl
from holdfast.drills.simulation.edges import ModelledEdges, Passed
from holdfast.drills.simulation.population import RATE_MEDIAN_RPS, Floats, Population, draw_population
from holdfast.drills.simulation.reporting import Mishaps, Reporter
from holdfast.drills.simulation.sampling import Sampler
from holdfast.drills.simulation.traffic import CROWDS_PER_DAY, Flood, Traffic
from holdfast.model.mitigation import Block, Deny

BEGINS_AT = 1_700_000_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One tick as it was: who sent what, what became of it, and what was found. Times are Unix, in seconds."""

    now: float
    good: Floats
    bad: Floats
    passed: Passed
    result: TickResult


@dataclass(eq=False)
class World:
    """Everything from one seed. `sampled` are the services whose single requests are drawn."""

    services: int
    seed: int
    step_s: float = 0.25
    median_rps: float = RATE_MEDIAN_RPS
    crowds_per_day: float = CROWDS_PER_DAY
    sampled: frozenset[int] = frozenset()
    mishaps: Mishaps = field(default_factory=Mishaps)
    now: float = BEGINS_AT
    on_moment: list[Callable[["World", Moment], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        self.population: Population = draw_population(self.services, random, self.median_rps)
        self.traffic = Traffic(self.population, random, self.step_s, self.crowds_per_day)
        self.edges = ModelledEdges(self.population, random, self.step_s)
        self.reporter = Reporter(self.population, random, self.step_s, self.mishaps)
        self.sampler = Sampler(self.population, random, self.step_s, self.sampled)
        self.control = SimulatedControl(self.population.intent, self.now)

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        for _ in range(round(seconds / self.step_s)):
            self.tick()

    def tick(self) -> Moment:
        """One tick."""
        self.now += self.step_s
        good, bad = self.traffic.draw(self.now)
        floods = {f.service: f for f in self.traffic.floods if f.rate(self.now) > 0}
        mitigations = self.control.state.mitigations
        self._match_sources(floods)
        passed = self.edges.pass_on(good, bad, mitigations, floods)
        samples = self.sampler.draw(self.now, good, bad, passed, floods, self.control.watched, mitigations)
        look = self.control.look(self.reporter.report(passed, self.now), samples, self.now)
        moment = Moment(self.now, good, bad, passed, look.result)
        for watch in self.on_moment:
            watch(self, moment)
        return moment

    def _match_sources(self, floods: dict[int, Flood]) -> None:
        """What source rules match of good and bad requests, worked out once for each."""
        mitigations = self.control.state.mitigations
        for id_, mitigation in mitigations.items():
            if isinstance(mitigation.measure, Deny | Block) and id_ not in self.edges.matched:
                row = self.population.names.index(mitigation.measure.service or self.population.names[0])
                self.edges.matched[id_] = self.sampler.match(mitigation, floods.get(row))
