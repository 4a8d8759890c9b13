"""The watch at work: one asyncio task that looks four times a second, beside control and never in its way.

What takes time runs in a thread of the watch's own. Control is reached only by commands, as people reach it; if the
watch is late, dead or switched off, limits, walls and mitigations hold as they are, and mitigations expire.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from holdfast.detect.attribution import Attribution
from holdfast.detect.tick_result import TickResult
from holdfast.engine.command import Command, NoteTenantTold, SwitchComponent
from holdfast.mitigate.plan import Plan, plan_steps
from holdfast.mitigate.steps import Step, TellTenant
from holdfast.model.finding import Finding
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Measure, MitigationId
from holdfast.model.prediction import Prediction
from holdfast.model.sample import SampledRequest
from holdfast.model.state import ComponentState, State
from holdfast.model.telemetry import EdgeReport
from holdfast.runtime.control import Control
from holdfast.runtime.watch.acting import to_command
from holdfast.runtime.watch.guard import TICK_S, WORDS, Guard, Level
from holdfast.runtime.watch.lookout import Batch, Look, Lookout
from holdfast.runtime.watch.planner import Planner, Seen
from holdfast.runtime.watch.recording import add_source, record_findings
from holdfast.runtime.watch.remembering import load_memory, save_memory

LOG: Final = logging.getLogger(__name__)
Sources = dict[str, Attribution]
"""The latest that was told of where excesses come from, by service."""
COMPONENT: Final = "detector"
REPORTS_MAX: Final = 4_000
SAMPLES_MAX: Final = 20_000
"""Reports and samples that may wait for a look; the oldest are dropped, and counted."""
DECISION_S_MAX: Final = 0.05
"""How long a look waits for a decision of control's to be recorded; it takes effect before."""
WATCHED_MAX: Final = 100
"""Services that are looked into at one time."""
WATCHED_S: Final = 30.0
"""How long a service is looked into after it was last unusual."""

_T = TypeVar("_T")
SAVE_S: Final = 60.0
"""What was learned is kept so often."""
BLIND_S: Final = 10.0
"""When no edge has reported for so long, nothing is known."""

Tell = Callable[[TellTenant], Awaitable[str | None]]
"""Delivers a notice to a tenant's contact; what went wrong, or None."""
OnPlatform = Callable[[Intent], None]
"""Hears of a platform that is watched from now on, in the watch's thread."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What came in faster than it could be looked at, since the start."""

    reports: int = 0
    samples: int = 0


class Watcher:
    """Runs the watch. All of it but the work in its thread belongs to the event loop that `run` is awaited in."""

    def __init__(
        self, control: Control, tell: Tell, on_platform: OnPlatform, memory: Path | None = None, edge_cores: float = 1.0
    ) -> None:
        self.lookout = Lookout(time.thread_time)
        self.planner = Planner(self.lookout.samples)
        self.look = Look(control.world.clock(), TickResult(control.world.clock()))
        self.sources = Sources()
        self.since = control.world.clock()
        self.guard = Guard(Level.FULL if self._is_wanted(control.state) else Level.OFF)
        self.dropped = Dropped()
        self._control = control
        self._tell = tell
        self._on_platform = on_platform
        self._memory = memory
        self._saved_at: float | None = None
        self._edge_cores = edge_cores
        self._reports: deque[EdgeReport] = deque()
        self._samples: deque[SampledRequest] = deque()
        self._watched_until: dict[str, float] = {}
        self._timers = Plan().timers
        self._telling: set[MitigationId] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: Intent | None = None
        self._thread = ThreadPoolExecutor(1, "watch")

    @property
    def switched(self) -> ComponentState | None:
        """When and why it was last switched; None if it never was."""
        return self._control.state.components.get(COMPONENT)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that goes on, recorded or not, each with its source as far as that was told."""
        return tuple(add_source(finding, self.sources) for finding in self.look.result.findings.values())

    @property
    def is_reported(self) -> bool:
        """Whether anything is known of any edge now."""
        return any(edge.age_s is not None and edge.age_s < BLIND_S for edge in self.lookout.read_edges())

    async def run(self) -> None:
        """Look until cancelled. A look that fails is noted, counts as an expensive one, and the next one is tried."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + TICK_S[self.guard.level], loop.time())
            await asyncio.sleep(due - loop.time())
            await self._look_once(due)

    def close(self) -> None:
        """Look no more; what was learned is kept."""
        if self._memory is not None and self._saved_at is not None:
            save_memory(self._memory, self.lookout.remember(), self._control.world.clock())
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def ask(self, question: Callable[[Lookout, Planner], _T]) -> _T:
        """Have something read in the watch's own thread, between two looks."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, question, self.lookout, self.planner)

    async def predict(self, measure: Measure) -> Prediction | None:
        """What a measure would do to the traffic of the last minutes; None while nothing is watched."""
        intent, state, now = self._watching, self._control.state, self._control.world.clock()
        if intent is None or self.guard.level is Level.OFF:
            return None
        names = [measure.service] if measure.service is not None else list(intent.services)
        known = [name for name in names if name in intent.services]

        def foretell(lookout: Lookout, planner: Planner) -> Prediction:
            readings = {r.service: r for r in lookout.read_services(known)}
            return planner.predict(measure, state, intent, now, readings)

        return await self.ask(foretell)

    async def switch(self, *, on: bool, author: str, why: str) -> None:
        """Switch detection on or off."""
        self.guard = Guard(Level.FULL if on else Level.OFF)
        await self._decide(SwitchComponent(COMPONENT, on, why, author=author))

    def take_report(self, report: EdgeReport) -> None:
        """Keep an edge's report for the next look."""
        if len(self._reports) >= REPORTS_MAX:
            self._reports.popleft()
            self.dropped = replace(self.dropped, reports=self.dropped.reports + 1)
        self._reports.append(report)

    def take_samples(self, samples: Sequence[SampledRequest]) -> None:
        """Keep sampled requests for the next look."""
        self._samples.extend(samples)
        over = len(self._samples) - SAMPLES_MAX
        if over > 0:
            self.dropped = replace(self.dropped, samples=self.dropped.samples + over)
            for _ in range(over):
                self._samples.popleft()

    async def _look_once(self, due: float) -> None:
        loop = asyncio.get_running_loop()
        batch = Batch(tuple(self._reports), tuple(self._samples))
        self._reports.clear()
        self._samples.clear()
        intent, level = self._control.intent, self.guard.level
        if intent is None:
            return
        began = time.thread_time()
        try:
            look = await self._see(intent, batch, level)
            if level is not Level.OFF:
                await self._act(await self._plan(intent, look))
                self._look_into(look)
        except Exception:
            LOG.exception("a look failed")
            await self._note_cost(TICK_S[level], loop.time() - due)
        else:
            await self._note_cost(look.cpu_s + time.thread_time() - began, loop.time() - due)

    async def _see(self, intent: Intent, batch: Batch, level: Level) -> Look:
        state, now = self._control.state, self._control.world.clock()
        concerned = {m.measure.service for m in state.mitigations.values() if m.measure.service}
        concerned |= {f.service for f in state.findings.values() if f.service}
        is_new = self._watching is None or _differ(self._watching, intent)
        self._watching = intent

        memory = self._memory if self._saved_at is None else None
        is_due = self._saved_at is None or now - self._saved_at >= SAVE_S
        self._saved_at = now if is_due else self._saved_at

        def see(lookout: Lookout, planner: Planner) -> Look:
            if is_new:
                lookout.set_platform(intent, now, self._edge_cores)
                planner.set_platform(intent)
                self._on_platform(intent)
            if memory is not None:
                _recall(lookout, memory, now)
            elif is_due and self._memory is not None:
                save_memory(self._memory, lookout.remember(), now)
            planner.take(batch.reports, state)
            return lookout.look(batch, now, level, concerned)

        look = await self.ask(see)
        if level is Level.OFF:
            return look
        self.look = look
        self.sources = keep_sources(self.sources, look)
        for command in record_findings(self._control.state, look.result, self.sources, self.since):
            await self._decide(command)
        return look

    async def _plan(self, intent: Intent, look: Look) -> Sequence[Step]:
        state = self._control.state
        told = {*self._telling, *(telling.mitigation for telling in state.told)}
        seen = Seen(look.at, look.services, look.locations)
        timers = self._timers
        plan = await self.ask(lambda _, planner: plan_steps(planner.describe(state, intent, seen, told), timers))
        self._timers = plan.timers
        return plan.steps

    async def _act(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if isinstance(step, TellTenant):
                self._telling.add(step.mitigation)
                task = asyncio.create_task(self._tell_tenant(step))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            elif command := to_command(step):
                await self._decide(command)

    async def _tell_tenant(self, step: TellTenant) -> None:
        error = await self._tell(step)
        await self._decide(NoteTenantTold(step.tenant, step.mitigation, step.contact, error))
        self._telling.discard(step.mitigation)

    async def _decide(self, command: Command) -> None:
        ticket = await self._control.submit(command, DECISION_S_MAX)
        if ticket.refusal is not None:
            LOG.warning("%s was refused: %s", type(command).__name__, ticket.refusal.message)

    def _look_into(self, look: Look) -> None:
        """Have more sampled of what is unusual; for a while longer than it is, so that edges aren't told in a loop."""
        until = self._watched_until
        until |= dict.fromkeys(look.result.unusual_services, look.at + WATCHED_S)
        kept = sorted((name for name, end in until.items() if end >= look.at), key=lambda name: -until[name])
        self._watched_until = {name: until[name] for name in kept[:WATCHED_MAX]}
        self._control.watch(frozenset(self._watched_until))

    @staticmethod
    def _is_wanted(state: State) -> bool:
        switched = state.components.get(COMPONENT)
        return switched is None or switched.on

    async def _note_cost(self, cpu_s: float, lag_s: float) -> None:
        before = self.guard.level
        self.guard = self.guard.note(asyncio.get_running_loop().time(), cpu_s, lag_s)
        if self.guard.level is before:
            return
        what = WORDS[self.guard.level] or "it does everything again"
        LOG.warning("the watch uses %.0f %% of a core, %.1f s behind: %s", self.guard.share * 100, lag_s, what)
        if self.guard.level is Level.OFF:
            await self._decide(SwitchComponent(COMPONENT, on=False, why=f"over its budget: {what}"))


def keep_sources(known: Sources, look: Look) -> Sources:
    """The latest told, of services that are still looked at. One without a rule doesn't take the place of a rule."""
    told = {name: source for name, source in look.sources.items() if source.source or name not in known}
    return {name: source for name, source in (known | told).items() if name in look.services}


def _recall(lookout: Lookout, memory: Path, now: float) -> None:
    """A restart during an attack mustn't take it for usual."""
    learned = load_memory(memory, now)
    if learned is not None:
        try:
            lookout.recall(learned)
        except (KeyError, ValueError) as error:
            LOG.warning("what was usual is of another version, and is learned anew: %s", error)


def _differ(old: Intent, new: Intent) -> bool:
    """Whether the detector has to be told: mitigations alone change nothing about what is watched."""
    return old.platform is not new.platform or old.owner_limits != new.owner_limits
