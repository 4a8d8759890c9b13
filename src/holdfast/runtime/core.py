"""In which order things are decided, published and recorded.

Revisions and owners' limits are recorded first and take effect after. Protection is the other way round: a
mitigation takes effect at once, is recorded as soon as the journal can be written, and says so until then. At most
one record-first decision is on its way at a time; protection never waits behind it, because the events of the two
touch no part of the state in common (see `engine`). To roll back a revision on its way is in between: that takes
effect before it is recorded, but not while a record-first decision is on its way.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from holdfast.engine.command import CanaryAnswered, Command, Protective, Releasing, RollBackRollout
from holdfast.engine.decide import decide
from holdfast.engine.evolve import evolve
from holdfast.engine.facts import Facts
from holdfast.engine.react import Effect, react
from holdfast.model.event import Event
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State

UNRECORDED_MAX: Final = 10_000
"""Commands whose events may await recording; beyond it nothing new is begun."""


@dataclass(eq=False)
class Ticket:
    """A command on its way. `settle` is called once: when it was refused, recorded, or found unrecordable for now."""

    command: Command
    settle: Callable[["Ticket"], None] = lambda _: None
    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None
    recorded: bool = False
    settled: bool = field(default=False, init=False)

    def answer(self, refusal: Refusal | None = None, *, recorded: bool = False) -> None:
        """Note what became of the command; only the first answer is told."""
        self.refusal, self.recorded = refusal, recorded
        if not self.settled:
            self.settled = True
            self.settle(self)


@dataclass(eq=False)
class Core:
    """The state, what is yet to be recorded, and the only way to change either.

    `facts` gives the time and the platform in force. `perform` does what the engine asks for, given the new state;
    if it raises, a mitigation isn't put in force at all.
    The driver takes a batch with `begin_write`, makes it durable, and says how that went with `end_write`.
    """

    state: State
    facts: Callable[[], Facts]
    perform: Callable[[State, tuple[Effect, ...]], None]
    writing: int = field(default=0, init=False)
    _unrecorded: deque[Ticket] = field(default_factory=deque, init=False)
    _first: Ticket | None = field(default=None, init=False)
    _waiting: deque[Ticket] = field(default_factory=deque, init=False)
    _urgent: deque[Ticket] = field(default_factory=deque, init=False)
    _held: Ticket | None = field(default=None, init=False)

    @property
    def unrecorded(self) -> tuple[Event, ...]:
        """What takes effect already and isn't in the journal yet, in order."""
        return tuple(event for ticket in self._unrecorded if ticket is not self._first for event in ticket.events)

    @property
    def waiting(self) -> int:
        """How many record-first commands wait for their turn."""
        return len(self._waiting)

    def take(self, ticket: Ticket) -> None:
        """Decide a command: now if it protects, else as soon as those before it are recorded."""
        if isinstance(ticket.command, Protective):
            self._act(ticket)
            return
        (self._urgent if isinstance(ticket.command, RollBackRollout) else self._waiting).append(ticket)
        self._decide_next()

    def begin_write(self) -> tuple[Event, ...]:
        """What the journal is to be given now, in order; empty if nothing is to be, or a write is under way."""
        if self.writing:
            return ()
        self.writing = len(self._unrecorded)
        return tuple(event for ticket in self._unrecorded for event in ticket.events)

    def end_write(self, *, written: bool) -> None:
        """Say what became of the batch: all of it is durable, or none."""
        batch = [self._unrecorded.popleft() for _ in range(self.writing)]
        self.writing = 0
        try:
            self._settle_written(batch) if written else self._settle_unwritten(batch)
        finally:
            self._decide_next()

    def retry(self) -> None:
        """Decide again what the journal couldn't take before and nobody would ask for again."""
        if self._held is not None:
            held, self._held = self._held, None
            self.take(held)

    def _settle_written(self, batch: Iterable[Ticket]) -> None:
        effects: tuple[Effect, ...] = ()
        for ticket in batch:
            if ticket is self._first:
                self._first = None
                self.state, effects = self._follow(ticket.events)
            ticket.answer(recorded=True)
        self.perform(self.state, effects)

    def _settle_unwritten(self, batch: Iterable[Ticket]) -> None:
        kept = []
        for ticket in batch:
            if ticket is not self._first:
                kept.append(ticket)
                ticket.answer(recorded=False)
            elif isinstance(ticket.command, CanaryAnswered):
                self._held, self._first = ticket, None
            else:
                self._first = None
                ticket.answer(Refusal(RefusalCode.JOURNAL_UNAVAILABLE, "this can't be recorded now, so it isn't done"))
        self._unrecorded.extendleft(reversed(kept))

    def _act(self, ticket: Ticket) -> None:
        """Decide what takes effect before it is recorded."""
        if self._decide(ticket):
            state, effects = self._follow(ticket.events)
            self.perform(state, effects)
            self.state = state
            self._unrecorded.append(ticket)

    def _decide_next(self) -> None:
        while self._urgent and self._first is None:
            self._act(self._urgent.popleft())
        while self._waiting and self._first is None:
            ticket = self._waiting.popleft()
            if self._decide(ticket):
                self._first = ticket
                self._unrecorded.append(ticket)

    def _decide(self, ticket: Ticket) -> bool:
        """Whether there is anything to record: if not, the ticket is answered."""
        unbounded = isinstance(ticket.command, Protective) and not isinstance(ticket.command, Releasing)
        if unbounded and len(self._unrecorded) >= UNRECORDED_MAX:
            message = f"{UNRECORDED_MAX} decisions could not be recorded yet, which is the most"
            ticket.answer(Refusal(RefusalCode.JOURNAL_UNAVAILABLE, message))
            return False
        decision = decide(self.state, ticket.command, self.facts())
        if isinstance(decision, Refusal):
            ticket.answer(decision)
            return False
        if not decision:
            ticket.answer(recorded=True)
            return False
        ticket.events = decision
        return True

    def _follow(self, events: tuple[Event, ...]) -> tuple[State, tuple[Effect, ...]]:
        state, effects = self.state, dict[Effect, None]()
        for event in events:
            state = evolve(state, event)
            effects |= dict.fromkeys(react(state, event))
        return state, tuple(effects)
