"""From what was measured to measures against goals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.drills.instruments import is_success, name_streams
from holdfast.drills.mitigation_backfire.cast import BLOCKS_ALL, ONE_BUCKET
from holdfast.drills.mitigation_backfire.scoring import find_last_refusal_s, find_refused_share, is_refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.instruments.load_result import Records
    from holdfast.drills.mitigation_backfire.rounds import RoundRun, Run
    from holdfast.drills.mitigation_backfire.scenario import MitigationBackfire
    from holdfast.drills.sheet import Sheet

HARMLESS_REFUSED_MAX: Final = 0.01
"""The share of its requests that a service may be refused by a sane limit."""
LASTING_S: Final = 2.0
"""Harm is lasting where it is there in the last seconds that were watched."""
SHORT_NAMES: Final = {BLOCKS_ALL: "block", ONE_BUCKET: "one_bucket"}


@dataclass(frozen=True, slots=True)
class ScoredRound:
    """What came of one round; times in seconds from the call that forced the mistake, infinite for what never came.

    `reverted_s` is when the last refusal arrived at a client; `decided_s` is when control decided to end it.
    """

    run: RoundRun
    reverted_s: float
    decided_s: float
    refused_share: float
    refused_after: int
    lasting_share: float
    bystanders: int
    bystanders_failed: int
    harmless_refused_share: float


def score_round(run: Run, one: RoundRun) -> ScoredRound:
    """Score one round."""
    mine = name_streams(run.usual) == one.mistake.service
    own, others = run.usual.records[mine], run.usual.records[~mine]
    forced, harmless = one.forced, one.harmless
    if forced is None:
        return ScoredRound(one, math.inf, math.inf, 0.0, 0, 0.0, 0, 0, 0.0)
    reverted_s = find_last_refusal_s(own, forced.called_s, forced.over_s) if forced.ended_by_watch else math.inf
    bystanders = _due_within(others, forced.called_s, one.quiet_until_s)
    return ScoredRound(
        run=one,
        reverted_s=reverted_s,
        decided_s=forced.decided_s - forced.called_s,
        refused_share=find_refused_share(own, forced.called_s, forced.over_s),
        refused_after=int(np.count_nonzero(is_refused(_due_within(own, forced.over_s, one.quiet_until_s)))),
        lasting_share=find_refused_share(own, forced.over_s - LASTING_S, forced.over_s),
        bystanders=len(bystanders),
        bystanders_failed=int(np.count_nonzero(~is_success(bystanders))),
        harmless_refused_share=find_refused_share(own, harmless.called_s, harmless.over_s) if harmless else 0.0,
    )


def measure_run(sheet: Sheet[MitigationBackfire], run: Run) -> list[ScoredRound]:
    """Enter every measure; returns the rounds as they were scored."""
    scored = [score_round(run, one) for one in run.rounds]
    for kind, name in SHORT_NAMES.items():
        _measure_mistake(sheet, name, [each for each in scored if each.run.mistake.kind == kind])
    _measure_harmless(sheet, scored)
    _measure_others(sheet, scored)
    if not sheet.protected:
        least = min(1 - each.lasting_share for each in scored)
        worst = max(1 - each.lasting_share for each in scored)
        sheet.add("lasting_success_least", 100 * least, "%", len(scored))
        reason = f"with nobody watching a service was answered {worst:.0%} after all, so the drill shows nothing"
        sheet.require("harm", reason, ok=worst < sheet.scenario.goals.harm_success)
    return scored


def _measure_mistake(sheet: Sheet[MitigationBackfire], name: str, scored: Sequence[ScoredRound]) -> None:
    if not scored:
        return
    goal_s, count = sheet.scenario.goals.reverted_max, len(scored)
    stopped = sum(1 for each in scored if each.run.stopped)
    sheet.demand(f"{name}_stopped_by_prediction", stopped, "times", f"{count} of {count}", count, ok=stopped == count)
    text = f"at most {goal_s:g}"
    for what, values in (
        ("reverted", [each.reverted_s for each in scored]),
        ("decided", [each.decided_s for each in scored]),
    ):
        slowest = max(values)
        sheet.demand(f"{name}_{what}_max", slowest, "s", text, count, ok=slowest <= goal_s)
        sheet.add(f"{name}_{what}_p50", sorted(values)[(count - 1) // 2], "s", count)
    sheet.add(f"{name}_refused_while_in_force", 100 * max(each.refused_share for each in scored), "%", count)
    forced = sum(1 for each in scored if each.run.forced is not None)
    refused = {each.run.forced_refused for each in scored if each.run.forced is None}
    sheet.require(name, f"{forced} of {count} could be forced ({', '.join(refused)})", ok=forced == count)


def _measure_harmless(sheet: Sheet[MitigationBackfire], scored: Sequence[ScoredRound]) -> None:
    """A sane limit is let through without force, stays, and refuses next to nobody."""
    asked = [each for each in scored if each.run.harmless is not None or each.run.harmless_refused]
    if not asked:
        return
    kept = [each for each in asked if each.run.harmless is not None and not each.run.harmless.ended_by_watch]
    count = len(asked)
    sheet.demand("harmless_kept", len(kept), "times", f"{count} of {count}", count, ok=len(kept) == count)
    worst = max((each.harmless_refused_share for each in kept), default=0.0)
    text = f"at most {100 * HARMLESS_REFUSED_MAX:g}%"
    sheet.demand("harmless_refused_max", 100 * worst, "%", text, count, ok=worst <= HARMLESS_REFUSED_MAX)


def _measure_others(sheet: Sheet[MitigationBackfire], scored: Sequence[ScoredRound]) -> None:
    goal = sheet.scenario.goals.bystander_success
    asked, failed = sum(each.bystanders for each in scored), sum(each.bystanders_failed for each in scored)
    success = 1 - failed / asked if asked else 0.0
    sheet.demand("bystander_success", 100 * success, "%", f"at least {100 * goal:g}%", asked, ok=success >= goal)
    after = sum(each.refused_after for each in scored)
    sheet.demand("refused_afterwards", after, "requests", "none", len(scored), ok=after == 0)


def _due_within(records: Records, start_s: float, end_s: float) -> Records:
    due_s = records["intended_s"]
    return records[(due_s >= start_s) & (due_s < end_s)]
