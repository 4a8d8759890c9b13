"""What people and programs may do with revisions: plan one, hand it in, roll back."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from holdfast.engine.command import Command, ProposeRevision, Rollback, RollBackRollout
from holdfast.engine.reason import check_reason
from holdfast.model.diagnostic import Diagnostic
from holdfast.model.event import Event, RevisionProposed, RevisionRolledBack
from holdfast.model.ports import JournalCorrupt, JournalUnavailable
from holdfast.model.recorded import RecordedRequest
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.revision import RevisionNumber
from holdfast.model.state import State
from holdfast.runtime.control import Control
from holdfast.runtime.owning import JudgeConfirmed, Ownership, accept_confirmed
from holdfast.runtime.plans import Plans
from holdfast.spec import Checked
from holdfast.views.edges import Reach, count_reach
from holdfast.views.plan import PlanDocument
from holdfast.views.revisions import ProposalDocument, RejectedDocument, TrespassDocument, find_revision

PROGRAM_WAIT_S: Final = 2.0
"""The longest that an answer waits for the edges."""
PROOF_WAIT_S: Final = 60.0
"""The longest that an answer about a revision waits for the canary."""


class RevisionOperations:
    """Everything about revisions on a running `Control`.

    `plans` finds out what a revision would do, and holds up what must be confirmed; without it, nothing is held up.
    """

    def __init__(self, control: Control, plans: Plans | None = None) -> None:
        self._control = control
        self._plans = plans
        self._checking = asyncio.Semaphore(1)

    async def plan(
        self, text: str, file: str, requests: Sequence[RecordedRequest] = (), confirmed: tuple[str, ...] = ()
    ) -> PlanDocument | Refusal:
        """What a platform text would do in place of what is in force; nothing is changed."""
        if self._plans is None:
            return Refusal(RefusalCode.PLAN_UNAVAILABLE, "there are no scratch edges here to try a change on")
        return await self._plans.preview(await self._check(text, file), requests, confirmed)

    async def propose(
        self,
        author: str,
        text: str,
        file: str,
        reason: str,
        confirmed: tuple[str, ...] = (),
        *,
        commit: str = "",
        at_once: bool = False,
    ) -> ProposalDocument | RejectedDocument | PlanDocument | Refusal:
        """Check a platform text, have it proved, and send it out in waves, or `at_once` if somebody says why.

        Its plan, where that must be confirmed first.
        """
        if at_once and (refusal := check_reason(reason)):
            return refusal
        checked = await self._check(text, file)
        if checked.platform is None:
            return RejectedDocument(diagnostics=checked.diagnostics)
        handed = ProposeRevision(author, "", file, reason, at_once, confirmed, commit)
        return await self._hand_in(handed, text, checked)

    async def propose_own(
        self,
        owner: str,
        tenant: str,
        text: str,
        file: str,
        reason: str,
        confirmed: tuple[str, ...] = (),
        *,
        commit: str = "",
    ) -> ProposalDocument | RejectedDocument | TrespassDocument | PlanDocument | Refusal:
        """The same for the owner of a tenant, who may change only what is that tenant's."""
        checked = await self._check(text, file)
        if checked.platform is None:
            return RejectedDocument(diagnostics=checked.diagnostics)
        ownership = self._find_ownership(owner, tenant)
        if isinstance(ownership, Refusal):
            return ownership
        if trespasses := await asyncio.to_thread(ownership.judge, checked):
            return TrespassDocument(diagnostics=trespasses)
        handed = ProposeRevision(owner, "", file, reason, confirmed=confirmed, commit=commit, onto=ownership.base)
        return await self._hand_in(handed, text, checked, ownership.judge_confirmed)

    def _find_ownership(self, owner: str, tenant: str) -> Ownership | Refusal:
        """What an owner's change is to be compared with: one platform, and not two that share the services."""
        intent, state = self._control.intent, self._control.state
        if intent is None or state.in_force is None:
            return Refusal(RefusalCode.NOTHING_IN_FORCE, "an owner changes what is in force, and nothing is yet")
        if state.rollout is not None or state.proving is not None:
            return Refusal(RefusalCode.ROLLOUT_UNDER_WAY, "another revision is on its way: wait until it is in force")
        return Ownership(owner, tenant, intent, state.in_force)

    async def _hand_in(
        self, handed: ProposeRevision, text: str, checked: Checked, judge_confirmed: JudgeConfirmed = accept_confirmed
    ) -> ProposalDocument | PlanDocument | Refusal:
        """Have a sound text planned, kept, and proved."""
        plan = await self._plans.judge(checked, handed.confirmed) if self._plans else None
        if isinstance(plan, Refusal) or (plan is not None and plan.unconfirmed):
            return plan
        needed = _list_needed(plan, handed.confirmed)
        if refusal := judge_confirmed(checked, plan.dangers if plan else (), needed):
            return refusal
        try:
            content = await self._control.keep_text(text)
        except (JournalUnavailable, JournalCorrupt) as error:
            return Refusal(RefusalCode.JOURNAL_UNAVAILABLE, f"the journal can't be written: {error}")
        command = replace(handed, content=content, confirmed=needed)
        return await self._see_through(command, checked.diagnostics)

    async def roll_back(self, author: str, to: RevisionNumber | None, reason: str) -> ProposalDocument | Refusal:
        """Put an older revision's file in force again, under today's mitigations."""
        rollout = self._control.state.rollout
        if rollout is not None and to in {None, rollout.base}:
            return await self._see_through(RollBackRollout(author, reason.strip() or "rolled back"), ())
        return await self._see_through(Rollback(author, to, reason), ())

    async def _check(self, text: str, file: str) -> Checked:
        async with self._checking:
            return await asyncio.to_thread(self._control.world.reader.check, text, file)

    async def _see_through(self, command: Command, diagnostics: tuple[Diagnostic, ...]) -> ProposalDocument | Refusal:
        ticket = await self._control.submit(command)
        proposed = _find_outcome(ticket.events, self._control.state)
        if ticket.refusal is not None or proposed is None:
            return tell_refused(ticket.refusal)
        await self._control.until(_is_decided(proposed), PROOF_WAIT_S)
        await self.reach_edges()
        revision = find_revision(self._control.state, proposed)
        if revision is None:
            return Refusal(RefusalCode.REVISION_UNKNOWN, f"revision {proposed} is forgotten already")
        return ProposalDocument(revision=revision, reach=self.count_reach(), warnings=diagnostics)

    async def reach_edges(self) -> None:
        """Wait for the edges, but never long: what is published stays published."""
        intent, fleet = self._control.intent, self._control.world.fleet
        locations = intent.platform.locations if intent else ()
        await asyncio.gather(*(fleet.programmed(location, PROGRAM_WAIT_S) for location in locations))

    def count_reach(self) -> Reach:
        """How many edges have everything."""
        return count_reach(self._control.world.fleet.statuses())


def _list_needed(plan: PlanDocument | None, confirmed: Iterable[str]) -> tuple[str, ...]:
    """The codes without which a revision wouldn't have gone out; what was confirmed beside them is no matter."""
    needed = {danger.code for danger in plan.dangers} if plan else set()
    return tuple(dict.fromkeys(code for code in confirmed if code in needed))


def _find_outcome(events: Iterable[Event], state: State) -> RevisionNumber | None:
    """The revision that was proposed; or that everybody has again, if that took no new one."""
    for event in events:
        match event:
            case RevisionProposed(revision=revision):
                return revision.number
            case RevisionRolledBack():
                return state.in_force
    return None


def _is_decided(number: RevisionNumber) -> Callable[[State], bool]:
    return lambda state: number in state.revisions and state.proving != number


def tell_refused(refusal: Refusal | None) -> Refusal:
    """Why nothing came of a command, even if nobody knows."""
    return refusal or Refusal(RefusalCode.FAILED, "nothing came of it; Holdfast's log may say more")
