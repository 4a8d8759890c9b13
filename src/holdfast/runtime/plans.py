"""Plans against what is in force: what people ask for, and what nothing new goes out without."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Final, Protocol

from holdfast.engine.revisions import check_under_way
from holdfast.engine.rollouts import check_freeze
from holdfast.model.danger import Danger
from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.model.recorded import PlatformUsage, RecordedRequest
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.rollout.hosts import list_endpoints
from holdfast.rollout.plan import Plan
from holdfast.runtime.control import Control
from holdfast.runtime.plan_document import show_plan
from holdfast.runtime.planning import Planner
from holdfast.spec import Checked
from holdfast.views.plan import PlanDocument

LOG: Final = logging.getLogger(__name__)
PLAN_S_MAX: Final = 60.0
"""A plan that takes longer is given up."""
TURNS_MAX: Final = 4
"""Revisions that may wait for their plan; more are refused as busy."""
AGAIN_MAX: Final = 2
"""How often a plan is made anew since another revision came in force meanwhile."""
FindDead = Callable[[Collection[str]], Awaitable[frozenset[str]]]
"""Which of these addresses take no connection."""


class Traffic(Protocol):
    """What is known of the traffic of the platform in force."""

    async def recall_requests(self) -> Sequence[RecordedRequest]:
        """Requests as edges saw them, scrubbed."""

    async def recall_usage(self) -> PlatformUsage:
        """What services and locations are usually asked for."""


class Plans:
    """Makes plans, one at a time."""

    def __init__(self, control: Control, planner: Planner, traffic: Traffic, find_dead: FindDead) -> None:
        self._control = control
        self._planner = planner
        self._traffic = traffic
        self._find_dead = find_dead
        self._turn = asyncio.Lock()
        self._turns = 0

    async def preview(
        self, checked: Checked, requests: Sequence[RecordedRequest], confirmed: Iterable[str]
    ) -> PlanDocument | Refusal:
        """What a checked file would do, to these requests beside those recorded. Refused while another plan is made."""
        if self._turns:
            return Refusal(RefusalCode.BUSY, "another plan is being made; try again")
        return await self._take_turn(checked, requests, confirmed)

    async def judge(self, checked: Checked, confirmed: Iterable[str]) -> PlanDocument | Refusal | None:
        """What a file that is to go out would do; None where there is nothing in force that it could take from."""
        if self._control.intent is None:
            return None
        now = self._control.world.clock()
        if refusal := check_under_way(self._control.state) or check_freeze(self._control.state, now):
            return refusal
        if not self._control.journal_writable:
            return Refusal(RefusalCode.JOURNAL_UNAVAILABLE, "the journal can't be written, so nothing new can go out")
        if self._turns >= TURNS_MAX:
            return Refusal(RefusalCode.BUSY, f"{TURNS_MAX} plans are being made already; try again")
        return await self._take_turn(checked, (), confirmed)

    async def _take_turn(
        self, checked: Checked, requests: Sequence[RecordedRequest], confirmed: Iterable[str]
    ) -> PlanDocument | Refusal:
        self._turns += 1
        try:
            async with self._turn:
                for _ in range(1 + AGAIN_MAX):
                    against, intent = self._control.state.in_force, self._control.intent
                    if intent is None:
                        return Refusal(RefusalCode.NOTHING_IN_FORCE, "nothing is in force to compare with")
                    plan = await self._make(intent, checked, requests)
                    if self._control.state.in_force == against:
                        return await asyncio.to_thread(show_plan, plan, tuple(confirmed), against)
                return Refusal(RefusalCode.BUSY, "other revisions came in force while the plan was made; try again")
        finally:
            self._turns -= 1

    async def _make(self, old: Intent, checked: Checked, requests: Sequence[RecordedRequest]) -> Plan:
        if checked.platform is None:
            return Plan(checked.diagnostics)
        try:
            async with asyncio.timeout(PLAN_S_MAX):
                known = (*requests, *await self._traffic.recall_requests())
                usage = await self._traffic.recall_usage()
                dead = await self._find_dead(_list_new_endpoints(old.platform, checked.platform))
                return await self._planner.plan(old, checked.platform, known, usage, dead, checked.diagnostics)
        except TimeoutError:
            return _give_up(checked, f"it took longer than {PLAN_S_MAX:g} s")
        except Exception as error:
            LOG.exception("a plan can't be made")
            return _give_up(checked, f"Holdfast itself failed at it: {error!r}")


def _give_up(checked: Checked, why: str) -> Plan:
    """A plan that says only that it couldn't be made: to go on without one must be somebody's decision."""
    danger = Danger("effects-unknown", f"what the change does couldn't be tried: {why}")
    return Plan(checked.diagnostics, dangers=(danger,))


def _list_new_endpoints(old: Platform, new: Platform) -> tuple[str, ...]:
    """Endpoints that no service has now, in the order of the file."""
    known = frozenset(list_endpoints(old))
    return tuple(dict.fromkeys(each for each in list_endpoints(new) if each not in known))
