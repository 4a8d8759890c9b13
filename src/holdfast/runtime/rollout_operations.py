"""What people may see of rollouts and do with them: pause, resume, promote, abort; freeze and thaw."""

from collections.abc import Awaitable, Callable
from itertools import islice

from holdfast.engine.command import (
    FreezeChanges,
    PauseRollout,
    PromoteRollout,
    ResumeRollout,
    RollBackRollout,
    Rollouts,
    ThawChanges,
)
from holdfast.engine.reason import check_reason
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.runtime.control import Control
from holdfast.views.rollout import FreezeDocument, RolloutsDocument, Standing, show_freeze, show_rollouts

EVENTS_LOOKED_AT = 500
"""The latest events, among which is what is known of the revision that went back last."""
FindStanding = Callable[[], Standing | None]
"""How the revision on its way is; None where none is, or nobody watches it."""
ReachEdges = Callable[[], Awaitable[None]]
"""Waits for the edges, but never long."""


def watch_nothing() -> None:
    """What is known of a rollout that nobody watches."""
    return


class RolloutOperations:
    """Everything about rollouts that the API and the console offer, on a running `Control`."""

    def __init__(self, control: Control, reach_edges: ReachEdges, find_standing: FindStanding = watch_nothing) -> None:
        self._control = control
        self._reach_edges = reach_edges
        self._find_standing = find_standing

    def show(self) -> RolloutsDocument:
        """What is on its way, what went back last, and whether anything may go out."""
        control = self._control
        latest = islice(reversed(control.recent), EVENTS_LOOKED_AT)
        recent = (recorded.event for recorded in latest)
        return show_rollouts(control.state, self._find_standing(), recent, control.world.clock())

    async def pause(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Begin no further wave until it is resumed."""
        return await self._do(PauseRollout(author, reason))

    async def resume(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Let the waves go on."""
        return await self._do(ResumeRollout(author, reason))

    async def promote(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Give the revision to everybody now."""
        return await self._do(PromoteRollout(author, reason))

    async def abort(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Give whoever has the revision the one before again."""
        return check_reason(reason) or await self._do(RollBackRollout(author, reason))

    async def freeze(self, author: str, reason: str, for_s: float | None) -> FreezeDocument | Refusal:
        """Let nothing new go out, for `for_s` seconds or until it is ended. What is on its way stands still."""
        refusal = await self._decide(FreezeChanges(author, reason, for_s))
        frozen = show_freeze(self._control.state.freeze, self._control.world.clock())
        return refusal or frozen or Refusal(RefusalCode.NOT_FROZEN, "the freeze is over already")

    async def thaw(self, author: str, reason: str) -> RolloutsDocument | Refusal:
        """Let revisions go out again."""
        return await self._do(ThawChanges(author, reason))

    async def _do(self, command: Rollouts) -> RolloutsDocument | Refusal:
        refusal = await self._decide(command)
        if refusal is not None:
            return refusal
        if isinstance(command, PromoteRollout | RollBackRollout):
            await self._reach_edges()
        return self.show()

    async def _decide(self, command: Rollouts) -> Refusal | None:
        ticket = await self._control.submit(command)
        return ticket.refusal
