"""Watches a revision on its way: beside control, and only by commands as people give them.

If this dies, the rollout stands still where it is; whoever has the revision keeps it, and nobody else gets it.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final

from holdfast.engine.command import AdvanceRollout, RollBackRollout
from holdfast.engine.rollouts import check_freeze
from holdfast.model.edge import EdgeState, EdgeStatus
from holdfast.model.intent import Intent
from holdfast.model.resource import ResourceKey
from holdfast.model.revision import RevisionNumber
from holdfast.model.rollout import Rollout
from holdfast.model.telemetry import EdgeReport
from holdfast.model.token import SYSTEM
from holdfast.rollout.cohorts import Cohorts
from holdfast.rollout.pace import GoBack, GoOn, Pace, Seen, Wait, pace_rollout
from holdfast.runtime.compiled import Course
from holdfast.runtime.control import Control
from holdfast.runtime.probing import Asked, ask_probes, list_probes

LOG: Final = logging.getLogger(__name__)
LOOK_S: Final = 0.5
PROBE_S: Final = 2.0
"""Between two times that a wave's probes are asked."""
FAILED_TWICE: Final = 2
"""A probe counts when it fails so many times in a row: one lost answer proves nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the revision on its way is."""

    waits_for: str = ""
    bakes_s: float | None = None
    evidence: tuple[str, ...] = ()


@dataclass
class _Wave:
    """What is kept of the wave that is looked at."""

    number: RevisionNumber
    wave: int
    began_at: float
    edges: frozenset[str]
    processes: dict[str, str]
    probes: tuple[Asked, ...]
    ready_at: float | None = None
    failed: dict[Asked, int] = field(default_factory=dict)
    failing: tuple[str, ...] = ()
    rounds: int = 0
    """How often all of its probes were answered, or not in time."""
    probing: asyncio.Task[None] | None = None
    probed_at: float = 0.0


class Pacer:
    """Begins waves when the one before was well, and takes a revision back that isn't.

    With `reporting`, edges are expected to report what they count, and nothing goes on without that.
    """

    def __init__(self, control: Control, *, reporting: bool) -> None:
        self.standing: Standing | None = None
        self._control = control
        self._reporting = reporting
        self._cohorts = Cohorts()
        self._known: Intent | None = None
        self._wave: _Wave | None = None
        self._answered: dict[tuple[str, str, str, str], int | None] = {}
        """What probes of services were answered before they went over."""
        self._refused: frozenset[tuple[str, ResourceKey]] = frozenset()
        """What edges refused before the rollout."""
        self._reported_at: dict[str, float] = {}
        self._processes: dict[str, str] = {}
        control.proofs.before_wave = self.ask_before

    def take_report(self, report: EdgeReport) -> None:
        """Count what an edge reports."""
        if self._known is not None:
            self._cohorts.take(report)
        self._reported_at[report.edge] = self._control.world.clock()
        self._processes[report.edge] = report.process

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look_once()
            await asyncio.sleep(LOOK_S)

    async def look_once(self) -> None:
        """See how the revision on its way is, and do what follows."""
        self._know_services()
        rollout = self._control.state.rollout
        if rollout is None:
            self._forget()
            return
        wave = self._follow(rollout)
        self._make_ready(rollout, wave)
        self._probe(wave)
        intent = self._control.intent
        bake_s = intent.platform.waves.bake if intent else 0.0
        await self._act(rollout, pace_rollout(rollout, self._see(wave), bake_s))

    async def ask_before(self, intent: Intent, services: frozenset[str], locations: frozenset[str]) -> None:
        """Ask the probes of services that are about to go over, so that what fails already isn't blamed on it."""
        if self._control.state.rollout is None:
            self._refused = _list_refused(self._control.world.fleet.statuses())
        answers = await ask_probes(list_probes(intent, services, locations))
        self._answered |= {_name(probe): status for probe, status in answers.items()}

    def _know_services(self) -> None:
        intent = self._control.intent
        if intent is None or (self._known is not None and self._known.services is intent.services):
            return
        self._cohorts.set_services({name: owned.tenant for name, owned in intent.services.items()})
        self._known = intent

    def _forget(self) -> None:
        if self._wave is not None:
            self._cohorts.end()
            self._wave, self.standing = None, None
            self._answered.clear()

    def _follow(self, rollout: Rollout) -> _Wave:
        """What is kept of the wave that the rollout is at; begun anew with each."""
        wave = self._wave
        if wave is not None and (wave.number, wave.wave) == (rollout.number, rollout.wave):
            return wave
        if wave is None or wave.number != rollout.number:
            self._cohorts.end()
        intent, course = self._control.intent, self._find_course()
        services, locations = _find_going(course, rollout) if course else (frozenset[str](), frozenset[str]())
        statuses = self._control.world.fleet.statuses()
        self._wave = _Wave(
            number=rollout.number,
            wave=rollout.wave,
            began_at=self._control.world.clock(),
            edges=frozenset(status.name for status in statuses if status.location in locations),
            processes=dict(self._processes),
            probes=list_probes(intent, services, locations) if intent else (),
        )
        return self._wave

    def _make_ready(self, rollout: Rollout, wave: _Wave) -> None:
        """Once every edge that is connected has it, the wave bakes, and what is counted is counted for it."""
        if wave.ready_at is not None:
            return
        statuses = [s for s in self._control.world.fleet.statuses() if s.name in wave.edges]
        connected = [status for status in statuses if status.state is EdgeState.CONNECTED]
        if (statuses and not connected) or any(status.pending for status in connected):
            return
        wave.ready_at = self._control.world.clock()
        course, intent = self._find_course(), self._control.intent
        if course is None or intent is None:
            return
        services, _ = _find_going(course, rollout)
        is_shared = rollout.waves[rollout.wave].cohort is None
        everywhere = rollout.waves[rollout.wave].locations is None
        going = frozenset(intent.services) if is_shared else services
        self._cohorts.begin_wave(going, None if everywhere else wave.edges, wave.ready_at)

    def _find_course(self) -> Course | None:
        coming = self._control.publisher.coming
        return coming.course if coming else None

    def _probe(self, wave: _Wave) -> None:
        now = self._control.world.clock()
        is_busy = wave.probing is not None and not wave.probing.done()
        if wave.ready_at is None or not wave.probes or is_busy or now - wave.probed_at < PROBE_S:
            return
        wave.probed_at = now
        wave.probing = asyncio.create_task(self._ask(wave))

    async def _ask(self, wave: _Wave) -> None:
        answers = await ask_probes(wave.probes)
        failing = {p: s for p, s in answers.items() if s != p.expect and self._answered.get(_name(p)) == p.expect}
        wave.rounds += 1
        wave.failed = {probe: wave.failed.get(probe, 0) + 1 for probe in failing}
        wave.failing = tuple(p.describe(s) for p, s in failing.items() if wave.failed[p] >= FAILED_TWICE)

    def _see(self, wave: _Wave) -> Seen:
        now, fleet = self._control.world.clock(), self._control.world.fleet
        statuses = [status for status in fleet.statuses() if status.name in wave.edges]
        reported = {edge: at for edge, at in self._reported_at.items() if edge in wave.edges and edge in wave.processes}
        freeze = check_freeze(self._control.state, now)
        return Seen(
            since_s=now - wave.began_at,
            ready_s=None if wave.ready_at is None else now - wave.ready_at,
            harm=self._cohorts.judge(now) if wave.ready_at is not None else None,
            refusals=tuple(
                f"{status.name}: {nack.message}"
                for status in statuses
                for nack in status.nacks
                if any((status.name, key) not in self._refused for key in nack.resources)
            ),
            restarted=tuple(
                sorted(e for e in reported if wave.processes[e] != self._processes[e] and reported[e] > wave.began_at)
            ),
            silent_s={edge: now - at for edge, at in reported.items()},
            is_reported=not self._reporting or any(edge in self._reported_at for edge in wave.edges),
            failing=wave.failing,
            is_probed=not wave.probes or wave.rounds >= FAILED_TWICE,
            frozen="" if freeze is None else freeze.message,
        )

    async def _act(self, rollout: Rollout, pace: Pace) -> None:
        match pace:
            case Wait(for_what, left_s):
                self.standing = Standing(for_what, left_s)
            case GoOn(why):
                self.standing = Standing("the next wave to begin", 0.0)
                await self._ask_next(rollout)
                await self._submit(AdvanceRollout(rollout.number, rollout.wave, why))
            case GoBack(why, evidence):
                self.standing = Standing("edges to take back what they had", None, evidence)
                LOG.warning("revision %s is rolled back: %s", rollout.number, why)
                await self._submit(RollBackRollout(SYSTEM, why, rollout.number, evidence))

    async def _ask_next(self, rollout: Rollout) -> None:
        course, intent = self._find_course(), self._control.intent
        if course is None or intent is None or rollout.is_last:
            return
        before = course.reach_anywhere(rollout.wave)
        after = course.reach_anywhere(rollout.wave + 1)
        await self.ask_before(intent, after - before, frozenset(course.passages))

    async def _submit(self, command: AdvanceRollout | RollBackRollout) -> None:
        ticket = await self._control.submit(command)
        if ticket.refusal is not None:
            LOG.warning("%s was refused: %s", type(command).__name__, ticket.refusal.message)


def _find_going(course: Course, rollout: Rollout) -> tuple[frozenset[str], frozenset[str]]:
    """The services of the latest wave, and the locations where they go over."""
    wave = rollout.waves[rollout.wave]
    locations = frozenset(course.passages if wave.locations is None else wave.locations)
    services = frozenset() if wave.cohort is None else frozenset(course.cohorts[wave.cohort])
    return services, locations


def _list_refused(statuses: tuple[EdgeStatus, ...]) -> frozenset[tuple[str, ResourceKey]]:
    return frozenset((status.name, key) for status in statuses for nack in status.nacks for key in nack.resources)


def _name(probe: Asked) -> tuple[str, str, str, str]:
    return probe.edge, probe.method, probe.host, probe.path
