"""Fails services over, and back: beside control, by commands as people give them, from what edges report.

It looks only at services whose figures changed, that fail, or that are moved, and sleeps for longer the more a look
costs. If it dies, is late or is switched off, edges keep what they have: moves that are in force stay, and an edge
still goes on by itself to the next of a chain. After a restart of control the moves are known from the journal, what
edges see isn't yet, and nothing returns before it is.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from holdfast.compile.names import cluster_of, standby_of
from holdfast.engine.command import Command, SwitchComponent
from holdfast.model.finding import FindingKind
from holdfast.model.mitigation import FailOver
from holdfast.model.state import ComponentState, State
from holdfast.model.telemetry import EdgeReport
from holdfast.recover.failover.case import Case, Mark, Situation
from holdfast.recover.failover.layout import lay_out
from holdfast.recover.failover.observed import Observed, Remembered, Unready
from holdfast.recover.failover.plan import Plan, plan_failover
from holdfast.recover.failover.steps import Step
from holdfast.runtime.control import Control
from holdfast.runtime.recovery.failover_commands import to_command
from holdfast.runtime.recovery.failover_standing import show_standing
from holdfast.views.failover import FailoverDocument

if TYPE_CHECKING:
    from holdfast.model.platform import Platform

LOG: Final = logging.getLogger(__name__)
COMPONENT: Final = "failover"
LOOK_S: Final = 0.25
CPU_SHARE_MAX: Final = 0.1
"""Of one core: after an expensive look the next one is waited for."""
LOOK_S_MAX: Final = 4.0
DECISION_S_MAX: Final = 0.05
"""How long a look waits for a decision of control's to be recorded; it takes effect before."""


def name_cluster(service: str, upstream: str | None, standby: str | None) -> str:
    """The cluster of an upstream, or of one of its standbys."""
    return cluster_of(service, upstream) if standby is None else standby_of(service, upstream, standby)


def _object_to_nothing(_service: str, _upstream: str | None, _standby: str) -> str:
    return ""


class FailingOver:
    """Runs it. All of it belongs to the event loop that `run` is awaited in.

    `unready` says what speaks against a standby beside what edges see: what was last proved of it, say.
    """

    def __init__(self, control: Control, unready: Unready = _object_to_nothing) -> None:
        self.cpu_share = 0.0
        self.waiting: dict[str, str] = {}
        self.since = control.world.clock()
        self._control = control
        self._unready = unready
        self._observed = Observed(unready)
        self._laid_out: Platform | None = None
        self._remembered = Remembered()
        self._due_s = LOOK_S

    @property
    def switched(self) -> ComponentState | None:
        """When and why it was last switched; None if it never was."""
        return self._control.state.components.get(COMPONENT)

    @property
    def is_on(self) -> bool:
        """Whether it decides anything."""
        return self.switched is None or self.switched.on

    def take_report(self, report: EdgeReport) -> None:
        """Take in what an edge reports."""
        if self.is_on and self._laid_out is not None:
            self._observed.take(report)

    async def switch(self, *, on: bool, author: str, why: str) -> None:
        """Switch it on or off. What was seen before it is on again counts for nothing."""
        self._observed, self._laid_out = Observed(self._unready), None
        self._remembered, self.waiting = Remembered(), {}
        await self._decide(SwitchComponent(COMPONENT, on, why, author=author))

    async def run(self) -> None:
        """Look until cancelled. A look that fails is noted, and the next one is tried."""
        while True:
            await asyncio.sleep(self._due_s)
            began = time.thread_time()
            try:
                await self.look()
            except Exception:
                LOG.exception("a look at what may be lost failed")
            cost_s = time.thread_time() - began
            self._due_s = min(max(self._due_s, cost_s / CPU_SHARE_MAX), LOOK_S_MAX)
            self.cpu_share += 0.2 * (cost_s / self._due_s - self.cpu_share)

    async def look(self) -> None:
        """Look once, and act."""
        self._due_s = LOOK_S
        intent = self._control.intent
        if intent is None or not self.is_on:
            return
        if self._laid_out is not intent.platform:
            self._observed.set_layout(lay_out(intent, name_cluster))
            self._laid_out = intent.platform
        names = self._observed.take_changed()
        if not names and not _is_anything_moved(self._control.state):
            return
        now = self._control.world.clock()
        situation = self._observed.describe(names, self._control.state, intent, self._remembered, now)
        plan = plan_failover(situation)
        self._remembered = remember(self._remembered, plan)
        self.waiting = {name: why for name, why in plan.waiting.items() if why}
        await self._act(plan.steps)
        self._due_s = find_due_s(situation)

    def show(self) -> FailoverDocument:
        """Where every service with standbys is, and what is waited for."""
        control, switched = self._control, self.switched
        now, intent = control.world.clock(), control.intent
        off = "" if self.is_on or switched is None else switched.why
        if intent is None or not self._observed.layout.services:
            return FailoverDocument(now=now, on=self.is_on, why_off=off)
        names = self._observed.layout.services.keys()
        situation = self._observed.describe(names, control.state, intent, self._remembered, now)
        return show_standing(situation, self.waiting, on=self.is_on, why_off=off)

    async def _act(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if command := to_command(step, self._control.state):
                await self._decide(command)

    async def _decide(self, command: Command) -> None:
        ticket = await self._control.submit(command, DECISION_S_MAX)
        if ticket.refusal is not None:
            LOG.warning("%s was refused: %s", type(command).__name__, ticket.refusal.message)


def remember(before: Remembered, plan: Plan) -> Remembered:
    """What is kept for the next look: of those looked at what is new, of all others what was."""
    return Remembered(
        {name: mark for name, mark in {**before.services, **plan.marks}.items() if mark != Mark()},
        {name: mark for name, mark in {**before.sites, **plan.site_marks}.items() if mark != Mark()},
    )


def find_due_s(situation: Situation) -> float:
    """Until the next look: when the first of those that fail will have failed for long enough, if that is earlier."""
    left = (case.failover.after - case.lost_for_s for case in situation.cases.values() if _ripens(case))
    return max(0.01, min(LOOK_S, min(left, default=LOOK_S)))


def _ripens(case: Case) -> bool:
    return case.lost is not None and not case.is_away and case.lost_for_s < case.failover.after


def _is_anything_moved(state: State) -> bool:
    moved = any(isinstance(m.measure, FailOver) for m in state.mitigations.values())
    return moved or any(f.kind is FindingKind.LOSS for f in state.findings.values())
