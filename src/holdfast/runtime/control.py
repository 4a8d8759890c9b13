"""Control at work: a `Core` driven by one asyncio task, with the journal and the compiler in threads beside it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Final

from holdfast.engine.command import CanaryAnswered, Command, Protective, Recompile, RollBackRollout, Tick
from holdfast.engine.evolve import replay
from holdfast.engine.facts import Facts
from holdfast.engine.react import Effect, ProveRevision, PublishRevision, PublishServices, WakeAt, resume
from holdfast.model.event import Event
from holdfast.model.intent import Intent
from holdfast.model.ports import Canary, Clock, Fleet, Journal, JournalCorrupt, JournalUnavailable, Recorded
from holdfast.model.recovery import Endpoint
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.state import State
from holdfast.model.token import SYSTEM
from holdfast.runtime.compiler import Compiler
from holdfast.runtime.core import Core, Ticket
from holdfast.runtime.kept import KeptSnapshots
from holdfast.runtime.proofs import Proofs
from holdfast.runtime.prover import Prover, Unready
from holdfast.runtime.publisher import Publisher
from holdfast.runtime.reading import PlatformReader
from holdfast.runtime.taking_up import TakenUp, take_up

LOG: Final = logging.getLogger(__name__)
INBOX_MAX: Final = 1_000
"""Commands that may wait to be decided; more are refused as busy."""
TICK_S: Final = 1.0
"""The longest sleep: a clock that is set forward ends mitigations within this."""
REMEMBERED_MAX: Final = 2_000
"""The latest recorded events, kept to be shown."""
RETRY_S: Final = 1.0
"""Between two attempts to write to a journal that couldn't be written."""


class RevisionUnreadable(Exception):
    """The revision in force can't be compiled by this version: control must not start, the edges go on."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside that control works with."""

    journal: Journal
    fleet: Fleet
    canary: Canary
    compiler: Compiler
    reader: PlatformReader
    clock: Clock
    kept: KeptSnapshots | None = None
    discovered: Mapping[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    """Endpoints that were learnt before this control started, by cluster."""


class Control:
    """Runs the loop. All of it belongs to the event loop that `run` is awaited in.

    Raises RevisionUnreadable, JournalCorrupt, JournalFromNewerVersion or JournalUnavailable when made.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.publisher = Publisher(world.fleet, world.compiler)
        self.publisher.discover(State(), world.discovered)
        self.publisher.renewed = self._note_renewed
        recorded = world.journal.read()
        self.recent = deque(recorded, REMEMBERED_MAX)
        self.core = Core(replay(r.event for r in recorded), self._know_facts, self._perform)
        self._prover = Prover(world.journal, world.reader, world.compiler, world.canary, world.discovered)
        self._inbox: asyncio.Queue[Ticket | Callable[[], None]] = asyncio.Queue()
        self.proofs = Proofs(self._prover, self.publisher, self.keep_text, self._take_answer)
        self._writer = ThreadPoolExecutor(1, "journal")
        self._writing: asyncio.Future[bool] | None = None
        self._batch: tuple[Event, ...] = ()
        self._changed = asyncio.Event()
        self._tick_at, self._wake_at = 0.0, float("inf")
        self._retry_at: float | None = None
        self._fresh = False
        self._keeper = ThreadPoolExecutor(1, "keeper")
        self._taken_up = self._take_up()

    @property
    def state(self) -> State:
        """What is decided, and takes effect."""
        return self.core.state

    @property
    def intent(self) -> Intent | None:
        """What the edges are compiled from, if anything is in force."""
        return self.publisher.intent

    @property
    def journal_writable(self) -> bool:
        """Whether nothing is known against the journal: no write has failed since that wasn't made good."""
        return self._retry_at is None

    def resume(self) -> None:
        """Give the edges what was in force when control ended, and take up what it left undone."""
        self.core.take(Ticket(Tick()))
        if self._taken_up.lost:
            self.core.take(Ticket(RollBackRollout(SYSTEM, f"it can't be taken up again: {self._taken_up.lost}")))
        self._perform(self.state, resume(self.state))
        if self._taken_up.is_compiled_otherwise:
            self._inbox.put_nowait(Ticket(Recompile(f"Holdfast {version('holdfast')} makes something else of it")))
        self._taken_up = TakenUp()

    async def run(self) -> None:
        """Serve commands until cancelled; then record what isn't yet."""
        try:
            while True:
                self._start_write()
                await self._serve_next()
        finally:
            self.proofs.cancel()
            await self._write_last()
            self._writer.shutdown()
            self._keeper.shutdown()

    async def submit(self, command: Command, patience_s: float | None = None) -> Ticket:
        """Have a command decided; returns when it is refused, recorded, or found unrecordable for now.

        What takes effect already is waited for no longer than `patience_s`.
        """
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        ticket = Ticket(command, lambda _: None if answered.done() else answered.set_result(None))
        if self._inbox.qsize() + self.core.waiting >= INBOX_MAX:
            ticket.answer(Refusal(RefusalCode.BUSY, f"{INBOX_MAX} commands wait already; try again"))
        else:
            self._inbox.put_nowait(ticket)
        await asyncio.wait([answered], timeout=patience_s)
        if not isinstance(command, Protective) or not ticket.events:
            await answered
        return ticket

    def watch(self, services: frozenset[str]) -> None:
        """Have a larger share of these services' requests sampled, and of no others."""
        self.publisher.watch(self.state, services)

    def discover(self, discovered: Mapping[str, tuple[Endpoint, ...]]) -> frozenset[str]:
        """Have requests sent to these endpoints, by cluster; the services that it concerns."""
        return self.publisher.discover(self.state, discovered)

    async def keep_text(self, text: str) -> str:
        """Keep a platform text durably; its hash. JournalUnavailable if that can't be done now."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self.world.journal.keep_text, text)

    async def until(self, condition: Callable[[State], bool], deadline_s: float | None) -> bool:
        """Wait until the state fulfils a condition, for ever if there is no deadline; False at the deadline."""
        try:
            async with asyncio.timeout(deadline_s):
                while not condition(self.state):
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def _know_facts(self) -> Facts:
        base, coming = self.publisher.base, self.publisher.coming
        return Facts(
            self.world.clock(), self.publisher.facts, base.facts if base else None, coming.facts if coming else None
        )

    def _take_up(self) -> TakenUp:
        found = take_up(self._prover, self.world.compiler, self.world.kept, self.state)
        if isinstance(found, Unready):
            raise RevisionUnreadable(f"revision {self.state.in_force} is in force, but {found.why}")
        for compiled in (found.base, found.coming):
            if compiled is not None:
                self.publisher.stage(compiled)
        return found

    async def _serve_next(self) -> None:
        before = self.state
        try:
            async with asyncio.timeout(self._sleep_s()):
                item = await self._inbox.get()
        except TimeoutError:
            self._serve(self._tick)
        else:
            self._serve(item)
            if self._sleep_s() <= 0:
                self._serve(self._tick)
        if self.state is not before:
            self._changed.set()
            self._changed = asyncio.Event()

    def _serve(self, item: Ticket | Callable[[], None]) -> None:
        try:
            if isinstance(item, Ticket):
                self._fresh = True
                self.core.take(item)
            else:
                item()
        except Exception:
            LOG.exception("a command failed")
            if isinstance(item, Ticket):
                item.answer(Refusal(RefusalCode.FAILED, "Holdfast itself failed at this; its log says more"))

    def _sleep_s(self) -> float:
        """Until the next expiry by the clock, the next tick or the next attempt to write by the loop's time."""
        expiry_s = self._wake_at - self.world.clock()
        retry_at = self._tick_at if self._retry_at is None or self.core.writing else self._retry_at
        due_s = min(self._tick_at, retry_at) - asyncio.get_running_loop().time()
        return max(0.0, min(expiry_s, due_s))

    def _tick(self) -> None:
        self._tick_at = asyncio.get_running_loop().time() + TICK_S
        if self._wake_at <= self.world.clock():
            self._wake_at = float("inf")
        self.core.take(Ticket(Tick()))
        self.core.retry()

    def _start_write(self) -> None:
        """Write what is to be written, unless that failed just now and nobody waits for it."""
        if self._retry_at is not None and not self._fresh and asyncio.get_running_loop().time() < self._retry_at:
            return
        batch = self.core.begin_write()
        if batch:
            self._fresh = False
            self._batch = batch
            self._writing = asyncio.get_running_loop().run_in_executor(self._writer, self._write, batch)
            self._writing.add_done_callback(self._note_written)
        elif not self.core.writing:
            self._retry_at = None

    def _note_written(self, writing: asyncio.Future[bool]) -> None:
        self._inbox.put_nowait(lambda: self._end_write(writing.result()))

    async def _write_last(self) -> None:
        """Record what is in force and not in the journal yet, before control ends."""
        if self.core.writing and self._writing is not None:
            self.core.end_write(written=await self._writing)
        batch = self.core.begin_write()
        if batch:
            self.core.end_write(written=self._write(batch))

    def _write(self, batch: tuple[Event, ...]) -> bool:
        try:
            self.world.journal.append(batch)
        except (JournalUnavailable, JournalCorrupt) as error:
            LOG.warning("the journal can't be written: %s", error)
            return False
        return True

    def _end_write(self, written: bool) -> None:
        self._retry_at = None if written else asyncio.get_running_loop().time() + RETRY_S
        if written:
            first = self.recent[-1].sequence + 1 if self.recent else 1
            self.recent.extend(Recorded(n, event) for n, event in enumerate(self._batch, first))
        self.core.end_write(written=written)

    def _perform(self, state: State, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case ProveRevision(number):
                    self.proofs.start(state.revisions[number].revision, state)
                case WakeAt(at):
                    self._wake_at = at
                case _:
                    self.publisher.perform(state, effect)
                    self._keep(effect)

    def _take_answer(self, answer: CanaryAnswered) -> None:
        self._inbox.put_nowait(Ticket(answer))

    def _keep(self, effect: Effect) -> None:
        """Have kept what edges have of the revision in force, beside everything else."""
        kept, base = self.world.kept, self.publisher.base
        if kept is None or base is None:
            return
        match effect:
            case PublishRevision(number) if not self._taken_up.is_compiled_otherwise:
                self._keeper.submit(kept.save, number, self.publisher.copy_kept())
            case PublishServices(names):
                self._note_renewed(names)

    def _note_renewed(self, names: tuple[str, ...]) -> None:
        kept, base = self.world.kept, self.publisher.base
        if kept is not None and base is not None:
            self._keeper.submit(kept.note_changed, base.number, names)
