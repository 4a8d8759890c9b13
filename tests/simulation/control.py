"""The production `Core`, `Publisher` and `Prover`, driven step by step in an order that a seed decides."""

from dataclasses import dataclass, field

from fakes.compiler import ReadableCompiler
from fakes.fleet import FakeCanary, FakeFleet
from fakes.journal import MemoryJournal
from fakes.platforms import check_names
from holdfast.engine.command import CanaryAnswered, Command, Tick
from holdfast.engine.evolve import replay
from holdfast.engine.facts import Facts
from holdfast.engine.react import Effect, ProveRevision, resume
from holdfast.model.event import Event
from holdfast.model.ports import JournalUnavailable
from holdfast.model.state import State
from holdfast.runtime.core import Core, Ticket
from holdfast.runtime.prover import Base, Prover, Unready, write_cohorts
from holdfast.runtime.publisher import Publisher
from holdfast.runtime.reading import PlatformReader


@dataclass
class Outside:
    """What outlives a control."""

    journal: MemoryJournal
    fleet: FakeFleet
    now: float = 1_000.0


@dataclass
class SimulatedControl:
    """One life of a control, from its start to its crash."""

    outside: Outside
    tickets: list[Ticket] = field(default_factory=list)
    proofs: list[int] = field(default_factory=list)
    batch: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        compiler, journal = ReadableCompiler(), self.outside.journal
        self.publisher = Publisher(self.outside.fleet, compiler)
        self.prover = Prover(journal, PlatformReader(check_names), compiler, FakeCanary())
        self.core = Core(replay(r.event for r in journal.read()), self._facts, self._perform)
        state = self.core.state
        if state.in_force is not None:
            compiled = self.prover.compile_in_force(state.revisions[state.in_force].revision, state)
            assert not isinstance(compiled, Unready)
            self.publisher.stage(compiled)
            if state.rollout is not None:
                coming = self.prover.compile_coming(state.rollout, state, Base(compiled.intent, compiled.snapshots))
                assert not isinstance(coming, Unready)
                self.publisher.stage(coming)
        self.take(Tick())
        self._perform(self.core.state, resume(self.core.state))

    def take(self, command: Command) -> None:
        ticket = Ticket(command)
        self.tickets.append(ticket)
        self.core.take(ticket)

    def begin_write(self) -> None:
        self.batch = self.core.begin_write() or self.batch

    def reach_disk(self) -> bool:
        """Whether the batch is durable now; control doesn't know yet."""
        try:
            self.outside.journal.append(self.batch)
        except JournalUnavailable:
            return False
        return True

    def end_write(self, *, written: bool) -> None:
        self.batch = ()
        self.core.end_write(written=written)

    def prove(self, *, refused: bool) -> None:
        """Finish the oldest proof that was begun, be it still wanted or not."""
        number, state = self.proofs.pop(0), self.core.state
        revision, intent = state.revisions[number].revision, self.publisher.intent
        base = Base(intent, self.publisher.copy_kept()) if intent else None
        compiled = self.prover.compile_proposed(revision, state, base)
        if refused or isinstance(compiled, Unready):
            self.take(CanaryAnswered(number, None, why="Envoy refuses it"))
            return
        waves = compiled.course.waves if compiled.course else ()
        try:
            cohorts = self.outside.journal.keep_text(write_cohorts(compiled.course)) if compiled.course else ""
        except JournalUnavailable:
            self.take(CanaryAnswered(number, None, why="the journal can't be written"))
            return
        self.publisher.stage(compiled)
        self.take(CanaryAnswered(number, compiled.facts, compiled.intent.settled, waves, cohorts))

    def _facts(self) -> Facts:
        base, coming = self.publisher.base, self.publisher.coming
        return Facts(
            self.outside.now, self.publisher.facts, base.facts if base else None, coming.facts if coming else None
        )

    def _perform(self, state: State, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, ProveRevision):
                self.proofs[:] = [effect.number]
            self.publisher.perform(state, effect)
