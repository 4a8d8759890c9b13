"""Pushes what breaks the way to the API, and sees to it that it is as before."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holdfast.drills.bad_route_push.operator import is_settled
from holdfast.drills.broken import DrillBroken
from holdfast.drills.deferred_sending.platform_file import Edition

if TYPE_CHECKING:
    from collections.abc import Callable

    from holdfast.drills.bad_route_push.operator import Operator
    from holdfast.drills.deferred_sending.platform_file import PlatformFile
    from holdfast.drills.deferred_sending.scenario import Form

UNDONE_S_MAX = 120.0


class PushRefused(DrillBroken):
    """The push didn't get to anybody, or couldn't be undone, so nothing can be shown."""


@dataclass(frozen=True, slots=True)
class Push:
    """A push that was under way from `called_ns` and undone by `undone_ns`, moments of CLOCK_MONOTONIC.

    `by_itself` says that Holdfast rolled it back, `why` for what reason; else the operator did.
    """

    called_ns: int
    undone_ns: int
    by_itself: bool
    why: str


@dataclass(frozen=True, slots=True)
class Stand:
    """Who pushes what, and whoever is told what happens."""

    form: Form
    operator: Operator
    file: PlatformFile
    tell: Callable[[str], None]
    at_once: bool
    """Whether pushes go to everybody at once."""


def play_push(stand: Stand) -> Push:
    """Push what breaks, past its plan; wait until it is undone, or do that. Raises ControlUnreachable, PushRefused."""
    operator = stand.operator
    before = operator.read_status().in_force
    called_ns = time.monotonic_ns()
    answer = operator.propose_past_plan(stand.file.write(Edition.BROKEN), at_once=stand.at_once)
    if answer.number is None:
        raise PushRefused(f"the push was refused: {answer.code} {answer.detail}")
    stand.tell(f"revision {answer.number} breaks the way to the API")
    status = operator.await_status(lambda status: is_settled(status) and status.in_force == before, stand.form.broken)
    if status is not None and status.rolled_back is not None:
        stand.tell(f"rolled back: {status.rolled_back.why}")
        return Push(called_ns, time.monotonic_ns(), by_itself=True, why=status.rolled_back.why)
    _undo(stand)
    return Push(called_ns, time.monotonic_ns(), by_itself=False, why="")


def _undo(stand: Stand) -> None:
    stand.tell("nobody rolled it back, so the operator does")
    if not stand.operator.abort_rollout():
        answer = stand.operator.propose_past_plan(stand.file.write(Edition.WORKING), at_once=True)
        if answer.number is None:
            raise PushRefused(f"it couldn't be undone: {answer.code} {answer.detail}")
    if stand.operator.await_status(is_settled, UNDONE_S_MAX) is None:
        raise PushRefused(f"it wasn't undone in {UNDONE_S_MAX:g} s")
