"""From what senders were told and the receiver's own ledger to measures against goals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.drills.stage.mail import count_disorder, count_doubled, list_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.deferred_sending.pushes import Push
    from holdfast.drills.deferred_sending.scenario import DeferredSending
    from holdfast.drills.sheet import Sheet
    from holdfast.drills.stage.mail import Received, Sent

ACCEPTED: Final = 202
"""Holdfast's answer to what it keeps for later; the upstream's own is 200."""


@dataclass(frozen=True, slots=True)
class Run:
    """All that happened."""

    pushes: tuple[Push, ...]
    sent: tuple[Sent, ...]
    received: tuple[Received, ...]


def measure_run(sheet: Sheet[DeferredSending], run: Run) -> None:
    """Enter every measure."""
    sent, received = run.sent, run.received
    accepted = [each for each in sent if each.answer.is_good]
    refused = len(sent) - len(accepted)
    sheet.demand("messages_refused", refused, "messages", "none", len(sent), ok=refused == 0)
    missing = len(list_missing(sent, received))
    sheet.demand("messages_lost", missing, "messages", "none", len(accepted), ok=missing == 0)
    disorder = count_disorder(sent, received)
    sheet.demand("messages_out_of_order", disorder, "messages", "none", len(accepted), ok=disorder == 0)
    sheet.add("messages_doubled", count_doubled(received), "messages", len(received))
    deferred = [each for each in sent if each.answer.status == ACCEPTED]
    sheet.add("messages_deferred", len(deferred), "messages", len(sent))
    sheet.add("services_hit", len({each.key for each in _list_hit(sent)}), "services", len({each.key for each in sent}))
    sheet.add("rolled_back_by_itself", sum(push.by_itself for push in run.pushes), "times", len(run.pushes))
    waits_s = [(each.answer.answered_ns - each.answer.asked_ns) / 1e9 for each in accepted]
    sheet.add("accepted_within_max", max(waits_s, default=float("inf")), "s", len(waits_s))
    if sheet.protected:
        sheet.require("deferred", "nothing was deferred, so the push broke nothing", ok=bool(deferred))
        _measure_delivery(sheet, run, deferred)
    else:
        _require_harm(sheet, run)


def _measure_delivery(sheet: Sheet[DeferredSending], run: Run, deferred: Sequence[Sent]) -> None:
    """How long after a push was undone the last message was there that had been deferred before that."""
    arrived_ns = {(each.key, each.number): each.at_ns for each in reversed(run.received)}
    took_s = []
    for push in run.pushes:
        known = [
            arrived_ns.get((each.key, each.number), float("inf"))
            for each in deferred
            if push.called_ns <= each.answer.answered_ns < push.undone_ns
        ]
        took_s.append(max(0.0, (max(known, default=push.undone_ns) - push.undone_ns) / 1e9))
    most_s, goal_s = max(took_s), sheet.scenario.goals.delivered_max
    sheet.demand("delivered_after_max", most_s, "s", f"at most {goal_s:g}", len(took_s), ok=most_s <= goal_s)


def _require_harm(sheet: Sheet[DeferredSending], run: Run) -> None:
    """Without protections what is sent to the wrong upstream is refused."""
    during = [
        each for push in run.pushes for each in run.sent if push.called_ns <= each.answer.asked_ns < push.undone_ns
    ]
    share = sum(1 for each in during if not each.answer.is_good) / len(during) if during else 0.0
    sheet.add("refused_while_broken", 100 * share, "%", len(during))
    reason = f"only {share:.0%} were refused, so the drill shows nothing"
    sheet.require("harm", reason, ok=share >= sheet.scenario.goals.harm_refused)


def _list_hit(sent: Sequence[Sent]) -> list[Sent]:
    """What the upstream itself didn't take."""
    return [each for each in sent if each.answer.status == ACCEPTED or not each.answer.is_good]
