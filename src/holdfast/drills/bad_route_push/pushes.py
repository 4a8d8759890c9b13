"""Plays what operators push: harmless changes, the bad one, and it again past its plan."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.bad_route_push.operator import is_settled, list_digests
from holdfast.drills.bad_route_push.platform_file import Edition
from holdfast.drills.broken import DrillBroken

if TYPE_CHECKING:
    from holdfast.drills.bad_route_push.operator import Answer
    from holdfast.drills.bad_route_push.stand import Stand
    from holdfast.views.status import StatusDocument

WAVES_MAX: Final = 12
ROLLOUT_SPARE_S: Final = 60.0
SOUND: Final = "sound"


class PushRefused(DrillBroken):
    """A harmless change didn't get through, so nothing can be shown."""


@dataclass(frozen=True, slots=True)
class Halves:
    """Each of the two changes by itself: what `plan` says of the one, and how the other went out.

    `number` is the revision of the other; it was handed in at `called_s` and in force everywhere at `over_s`, infinite
    if it wasn't.
    """

    verdict: str
    number: int
    called_s: float
    over_s: float
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """A push that was to be stopped before any edge: what was said, and whether edges have what they had."""

    answer: Answer
    called_s: float
    over_s: float
    is_untouched: bool


@dataclass(frozen=True, slots=True)
class Push:
    """The bad change, forced past its plan.

    From `called_s` on it was under way; at `told_s` control's API said for the first time that nothing is, and that
    every edge has what it had before, infinite if it never did. Quiet until `quiet_s`.
    """

    number: int | None
    called_s: float
    told_s: float
    quiet_s: float
    code: str = ""


def play_halves(stand: Stand) -> Halves:
    """Have one half planned, and the other go out to everybody. Raises ControlUnreachable, PushRefused."""
    stand.tell("one half of the bad change alone is planned")
    verdict, _ = stand.operator.plan(stand.texts.of(Edition.TIDIED))
    stand.tell(f"its plan says: {verdict}; the other half goes out to everybody, in waves")
    called_s = stand.clock.now_s()
    number, is_in_force = apply_harmless(stand, stand.texts.of(Edition.NAMED))
    over_s = stand.clock.now_s()
    stand.tell("it is everywhere" if is_in_force else "it didn't get everywhere")
    return Halves(verdict, number, called_s, over_s, is_in_force)


def apply_harmless(stand: Stand, text: str) -> tuple[int, bool]:
    """Hand in a harmless change and wait for it: its number, and whether it is in force everywhere.

    Raises ControlUnreachable, PushRefused.
    """
    answer = stand.operator.propose(text)
    if answer.number is None:
        raise PushRefused(f"a harmless change was refused: {answer.code} {answer.detail} {answer.dangers}")
    status = await_end(stand)
    in_force = status.in_force.number if status and status.in_force else None
    return answer.number, in_force == answer.number


def await_end(stand: Stand) -> StatusDocument | None:
    """The status when nothing is on its way any more; None if it never came so far. Raises ControlUnreachable.

    What holds a rollout up, beside the baking of its waves, is told.
    """
    told = ""

    def is_over(status: StatusDocument) -> bool:
        nonlocal told
        waits_for = status.rollout.waits_for if status.rollout else ""
        held_up = waits_for.partition(":")[0] if ":" in waits_for else ""
        if held_up and held_up != told:
            stand.tell(f"waits for {waits_for}")
        told = held_up or told
        return is_settled(status)

    return stand.operator.await_status(is_over, WAVES_MAX * stand.form.bake + ROLLOUT_SPARE_S)


def refuse_bad(stand: Stand, text: str, *, past_plan: bool = False) -> Refusal:
    """Hand in what must be refused before any edge. Raises ControlUnreachable."""
    before = stand.operator.read_status()
    called_s = stand.clock.now_s()
    answer = stand.operator.propose_past_plan(text) if past_plan else stand.operator.propose(text)
    after = stand.operator.read_status()
    untouched = answer.number is None and after.rollout is None and list_digests(before) == list_digests(after)
    stand.tell(f"refused: {answer.code} {', '.join(answer.dangers)}" if answer.number is None else "not refused")
    time.sleep(stand.form.settle)
    return Refusal(answer, called_s, stand.clock.now_s(), untouched)


def force(stand: Stand, confirmed: tuple[str, ...]) -> Push:
    """Hand in the bad change with its dangers confirmed, and wait until it is over. Raises ControlUnreachable."""
    before = _find_rolled_back(stand.operator.read_status())
    called_s = stand.clock.now_s()
    answer = stand.operator.propose_past_plan(stand.texts.of(Edition.BOTH), confirmed)
    status = await_end(stand)
    told_s = stand.clock.now_s() if status else math.inf
    number = answer.number
    if status is not None and _find_rolled_back(status) != before and status.rolled_back is not None:
        number = status.rolled_back.number
        stand.tell(f"rolled back: {status.rolled_back.why}")
    elif number is None:
        stand.tell(f"not taken: {answer.code} {answer.detail}")
    time.sleep(stand.form.settle)
    return Push(number, called_s, told_s, stand.clock.now_s(), answer.code)


def _find_rolled_back(status: StatusDocument) -> int | None:
    return status.rolled_back.number if status.rolled_back else None
