"""Control at work: a `Core` driven by one asyncio task, with the journal and the compiler in threads beside it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from holdfast.engine.command import CanaryAnswered, Command, Protective, Tick
from holdfast.engine.evolve import replay
from holdfast.engine.facts import Facts
from holdfast.engine.react import Effect, ProveRevision, WakeAt, resume
from holdfast.model.event import Event
from holdfast.model.intent import Intent
from holdfast.model.ports import Canary, Clock, Fleet, Journal, JournalCorrupt, JournalUnavailable, Recorded
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.revision import Revision
from holdfast.model.state import State
from holdfast.runtime.compiler import Compiler
from holdfast.runtime.core import Core, Ticket
from holdfast.runtime.prover import Prover, Unready
from holdfast.runtime.publisher import Compiled, Publisher
from holdfast.runtime.reading import PlatformReader

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


class Control:
    """Runs the loop. All of it belongs to the event loop that `run` is awaited in.

    Raises RevisionUnreadable, JournalCorrupt, JournalFromNewerVersion or JournalUnavailable when made.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.publisher = Publisher(world.fleet, world.compiler)
        recorded = world.journal.read()
        self.recent = deque(recorded, REMEMBERED_MAX)
        self.core = Core(replay(r.event for r in recorded), self._know_facts, self._perform)
        self._prover = Prover(world.journal, world.reader, world.compiler, world.canary)
        self._inbox: asyncio.Queue[Ticket | Callable[[], None]] = asyncio.Queue()
        self._writer = ThreadPoolExecutor(1, "journal")
        self._writing: asyncio.Future[bool] | None = None
        self._batch: tuple[Event, ...] = ()
        self._proof: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._tick_at, self._wake_at = 0.0, float("inf")
        self._retry_at: float | None = None
        self._fresh = False
        self._stage_in_force()

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
        self._perform(self.state, resume(self.state))

    async def run(self) -> None:
        """Serve commands until cancelled; then record what isn't yet."""
        try:
            while True:
                self._start_write()
                await self._serve_next()
        finally:
            if self._proof is not None:
                self._proof.cancel()
            await self._write_last()
            self._writer.shutdown()

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
        return Facts(self.world.clock(), self.publisher.facts)

    def _stage_in_force(self) -> None:
        if self.state.in_force is None:
            return
        compiled = self._prover.compile_in_force(self.state.revisions[self.state.in_force].revision, self.state)
        if isinstance(compiled, Unready):
            raise RevisionUnreadable(f"revision {self.state.in_force} is in force, but {compiled.why}")
        self.publisher.stage(compiled)

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
                    self._start_proof(state.revisions[number].revision, state)
                case WakeAt(at):
                    self._wake_at = at
                case _:
                    self.publisher.perform(state, effect)

    def _start_proof(self, revision: Revision, state: State) -> None:
        if self._proof is not None:
            self._proof.cancel()
        self._proof = asyncio.get_running_loop().create_task(self._prove(revision, state))

    async def _prove(self, revision: Revision, state: State) -> None:
        try:
            ready = await self._make_ready(revision, state)
        except Exception as error:
            LOG.exception("revision %s can't be proved", revision.number)
            ready = Unready(f"Holdfast itself failed at it: {error!r}")
        if isinstance(ready, Unready):
            answer = CanaryAnswered(revision.number, None, why=ready.why)
        else:
            self.publisher.stage(ready)
            answer = CanaryAnswered(revision.number, ready.facts, ready.intent.settled)
        self._inbox.put_nowait(Ticket(answer))

    async def _make_ready(self, revision: Revision, state: State) -> Compiled | Unready:
        compiled = await asyncio.to_thread(self._prover.compile_proposed, revision, state, self.intent)
        if isinstance(compiled, Unready):
            return compiled
        return await self._prover.ask_canary(compiled) or compiled
