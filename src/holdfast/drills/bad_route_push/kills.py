"""Kills control at random moments of rollouts, starts it again, and sees what becomes of the revision."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from holdfast.drills.bad_route_push.operator import ANSWER_S_MAX, Operator, is_settled
from holdfast.drills.bad_route_push.platform_file import Edition
from holdfast.drills.bad_route_push.pushes import PushRefused, apply_harmless
from holdfast.drills.stage.control_api import ControlUnreachable

if TYPE_CHECKING:
    from holdfast.drills.bad_route_push.stand import Stand
    from holdfast.views.status import StatusDocument

CONVERGED_S_MAX: Final = 120.0
GLANCE_S: Final = 0.1
"""So long before a kill it is asked who has the revision."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Control was killed at `killed_s`, `after_s` after it had taken a revision, and started again.

    `reached` is how many services had the revision then, None where it wasn't on its way. `came_of_it` is what had
    become of it by `converged_s`; `is_whole` whether every edge then proved to have what is in force, and nothing else.
    """

    after_s: float
    killed_s: float
    reached: int | None
    came_of_it: str
    is_whole: bool
    converged_s: float


@dataclass(frozen=True, slots=True)
class Kills:
    """All kills, from `began_s` to `over_s`, in rollouts that take `length_s` where nobody disturbs them."""

    began_s: float
    over_s: float
    length_s: float
    kills: tuple[Kill, ...]


def play_kills(stand: Stand) -> Kills:
    """One rollout undisturbed, to know how long it takes, and then one for each kill. Raises ControlUnreachable."""
    bake_s = stand.form.kills_bake
    texts = tuple(stand.texts.of(edition, bake_s=bake_s) for edition in (Edition.NAMED, Edition.WIDER))
    apply_harmless(stand, texts[0])
    began_s = stand.clock.now_s()
    proposing = _begin_rollout(stand, texts[1])
    length_s = -stand.clock.now_s()
    proposing.join()
    stand.operator.await_status(is_settled, CONVERGED_S_MAX)
    length_s += stand.clock.now_s()
    stand.tell(f"a rollout takes {length_s:.1f} s; now control is killed in {len(stand.cast.kills)}")
    kills = tuple(_kill_once(stand, texts, share * length_s) for share in stand.cast.kills)
    return Kills(began_s, stand.clock.now_s(), length_s, kills)


def _kill_once(stand: Stand, texts: tuple[str, ...], after_s: float) -> Kill:
    before = stand.operator.read_status()
    text = next(text for text in texts if _hash(text) != _find_content(before))
    proposing = _begin_rollout(stand, text)
    proposed_s = stand.clock.now_s()
    time.sleep(max(0.0, after_s - GLANCE_S))
    rollout = stand.operator.read_status().rollout
    time.sleep(max(0.0, proposed_s + after_s - stand.clock.now_s()))
    killed_s = stand.clock.now_s()
    stand.holdfast.kill_control()
    proposing.join()
    stand.holdfast.start_again()
    status = stand.operator.await_status(is_settled, CONVERGED_S_MAX)
    came_of_it = _tell_outcome(status, before, text)
    stand.tell(f"control killed {killed_s - proposed_s:.1f} s after a proposal: {came_of_it}")
    return Kill(
        after_s=killed_s - proposed_s,
        killed_s=killed_s,
        reached=rollout.reached if rollout else None,
        came_of_it=came_of_it,
        is_whole=status is not None,
        converged_s=stand.clock.now_s(),
    )


def _begin_rollout(stand: Stand, text: str) -> threading.Thread:
    """Hand in a revision, and return when control has taken it: it is proved, and then goes out."""
    proposing = threading.Thread(target=_propose, args=(stand, text), daemon=True)
    proposing.start()
    if stand.operator.await_status(_is_under_way, ANSWER_S_MAX) is None:
        raise PushRefused("a harmless change wasn't taken")
    return proposing


def _is_under_way(status: StatusDocument) -> bool:
    return status.proving is not None or status.rollout is not None


def _propose(stand: Stand, text: str) -> None:
    """Hand in a revision; control may be killed meanwhile."""
    with Operator(stand.holdfast.places) as operator:
        try:
            operator.propose(text)
        except ControlUnreachable:
            return


def _tell_outcome(status: StatusDocument | None, before: StatusDocument, text: str) -> str:
    if status is None or status.in_force is None or before.in_force is None:
        return "nothing in time"
    if _find_content(status) == _hash(text):
        return "in force"
    rolled_back = status.rolled_back
    if rolled_back is not None and rolled_back.number > before.in_force.number:
        return "rolled back"
    return "never on its way"


def _find_content(status: StatusDocument) -> str:
    return status.in_force.content if status.in_force else ""


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
