"""The production detector, policy and engine, driven in virtual time as the watch drives them beside control."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from holdfast.engine.command import Command, Mitigate, Tick
from holdfast.engine.decide import decide
from holdfast.engine.evolve import evolve
from holdfast.engine.facts import Facts, PlatformFacts
from holdfast.mitigate.plan import plan_steps
from holdfast.mitigate.steps import Step, TellTenant
from holdfast.model.event import Event
from holdfast.model.intent import Intent
from holdfast.model.refusal import Refusal
from holdfast.model.sample import SampledRequest
from holdfast.model.state import State
from holdfast.model.telemetry import EdgeReport
from holdfast.runtime.watch.acting import to_command
from holdfast.runtime.watch.guard import Level
from holdfast.runtime.watch.lookout import Batch, Look, Lookout
from holdfast.runtime.watch.planner import Planner, Seen
from holdfast.runtime.watch.recording import record_findings
from holdfast.runtime.watch.watcher import Sources, keep_sources

if TYPE_CHECKING:
    from holdfast.mitigate.pace import Timers
    from holdfast.model.mitigation import MitigationId

WATCHED_S = 30.0


@dataclass(eq=False)
class SimulatedControl:
    """Control and its watch. `events` are what was decided; `letters` what tenants were told."""

    intent: Intent
    since: float
    state: State = field(default_factory=State)
    events: list[Event] = field(default_factory=list)
    letters: list[TellTenant] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lookout = Lookout(lambda: 0.0)
        self._planner = Planner(self._lookout.samples)
        self._lookout.set_platform(self.intent, self.since, 1.0)
        self._planner.set_platform(self.intent)
        self._facts = PlatformFacts.of(self.intent)
        self._sources: Sources = {}
        self._timers: Timers = {}
        self._told: list[MitigationId] = []
        self._watched: dict[str, float] = {}

    @property
    def watched(self) -> frozenset[str]:
        """The services that are looked into."""
        return frozenset(self._watched)

    def look(self, reports: Sequence[EdgeReport], samples: Sequence[SampledRequest], now: float) -> Look:
        """One look, and all that follows from it."""
        self.decide(Tick(), now)
        concerned = {m.measure.service for m in self.state.mitigations.values() if m.measure.service}
        concerned |= {f.service for f in self.state.findings.values() if f.service}
        self._planner.take(reports, self.state)
        look = self._lookout.look(Batch(reports, samples), now, Level.FULL, concerned)
        self._sources = keep_sources(self._sources, look)
        for command in record_findings(self.state, look.result, self._sources, self.since):
            self.decide(command, now)
        seen = Seen(look.at, look.services, look.locations)
        plan = plan_steps(self._planner.describe(self.state, self.intent, seen, self._told), self._timers)
        self._timers = plan.timers
        self._take(plan.steps, now)
        unusual = dict.fromkeys(look.result.unusual_services, now + WATCHED_S)
        self._watched = {name: end for name, end in (self._watched | unusual).items() if end > now}
        return look

    def decide(self, command: Command, now: float) -> tuple[Event, ...]:
        """What follows from a command; what is refused is noted."""
        decision = decide(self.state, command, Facts(now, self._facts))
        if isinstance(decision, Refusal):
            if isinstance(command, Mitigate):
                self.refusals.append(decision.message)
            return ()
        for event in decision:
            self.state = evolve(self.state, event)
            self.events.append(event)
        return decision

    def restart(self) -> None:
        """Control dies and returns: what was decided is known, what was learned isn't."""
        events, letters, refusals = self.events, self.letters, self.refusals
        self.__post_init__()
        self.events, self.letters, self.refusals = events, letters, refusals
        self._told = [telling.mitigation for telling in self.state.told]

    def _take(self, steps: Iterable[Step], now: float) -> None:
        for step in steps:
            if isinstance(step, TellTenant):
                self.letters.append(step)
                self._told.append(step.mitigation)
            elif command := to_command(step):
                self.decide(command, now)
