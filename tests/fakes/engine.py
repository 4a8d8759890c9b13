"""Plays commands to the pure engine, as a transcript."""

from dataclasses import dataclass, field

from holdfast.engine.command import CanaryAnswered, Command, ProposeRevision
from holdfast.engine.decide import decide
from holdfast.engine.evolve import evolve
from holdfast.engine.facts import Facts, PlatformFacts
from holdfast.engine.react import Effect, react
from holdfast.model.event import Event
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.platform import Bounds
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State


def make_facts(*services: str, bounds: Bounds | None = None) -> PlatformFacts:
    """A platform of these services, on the edges e1 and e2."""
    return PlatformFacts({name: f"t-{name}" for name in services}, bounds or Bounds(), frozenset({"e1", "e2"}))


def make_finding(service: str = "shop", kind: FindingKind = FindingKind.SURGE, now: float = 900.0) -> Finding:
    """Something found of a service: `now` requests a second where 90 are usual."""
    evidence = Evidence(now=now, usual=90.0, capacity=200.0)
    return Finding(
        kind=kind,
        tier=Tier.HARMFUL,
        service=service,
        tenant=f"t-{service}",
        began_at=990.0,
        seen_at=995.0,
        evidence=evidence,
    )


def make_content(digit: str) -> str:
    return digit * 64


@dataclass
class Play:
    platform: PlatformFacts | None = None
    now: float = 1_000.0
    state: State = field(default_factory=State)
    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    message: str = ""

    def do(self, command: Command) -> tuple[Event, ...]:
        """The events of a command that must not be refused."""
        decision = decide(self.state, command, Facts(self.now, self.platform))
        assert not isinstance(decision, Refusal), decision
        self.effects = []
        for event in decision:
            self.state = evolve(self.state, event)
            self.effects += react(self.state, event)
            self.events.append(event)
        return decision

    def refuse(self, command: Command) -> RefusalCode:
        """The code that a command is refused with."""
        decision = decide(self.state, command, Facts(self.now, self.platform))
        assert isinstance(decision, Refusal), decision
        self.message = decision.message
        return decision.code

    def put_in_force(self, content: str, platform: PlatformFacts) -> None:
        """A revision proposed and proved."""
        self.do(ProposeRevision("ann", make_content(content), "p.yaml"))
        self.do(CanaryAnswered(self.state.revision_next - 1, platform))
        self.platform = platform
