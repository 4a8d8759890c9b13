"""From what was measured to measures against goals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.drills.bad_route_push.operator import UNCONFIRMED
from holdfast.drills.bad_route_push.pushes import SOUND
from holdfast.drills.bad_route_push.scoring import ScoredPush, find_p95, score_push
from holdfast.drills.stage.core_meter import STRANGERS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from holdfast.drills.bad_route_push.answers import Answers
    from holdfast.drills.bad_route_push.kills import Kills
    from holdfast.drills.bad_route_push.pushes import Halves, Push, Refusal
    from holdfast.drills.bad_route_push.restart import Restart
    from holdfast.drills.bad_route_push.rollouts import PastRollout
    from holdfast.drills.bad_route_push.scenario import BadRoutePush
    from holdfast.drills.sheet import Sheet
    from holdfast.drills.stage.core_meter import CoreUse

LATE_MS_MAX: Final = 250.0
"""A generator that was later than this with one request in a hundred wasn't there for a while."""
CALLS_LOST: Final = "requests-lost"
REFUSED: Final = "revision_refused"
EXHAUSTED: Final = "HF333"


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """All that happened with protections."""

    answers: Answers
    lateness_ms: float
    use: CoreUse
    """Of the edges' core, from the first change until no more is pushed."""
    rollouts: Mapping[int, PastRollout]
    halves: Halves
    refusal: Refusal
    exhausting: Refusal
    """Of a change that needs more addresses than its pool has."""
    pushes: tuple[Push, ...]
    dormant: Restart
    kills: Kills


@dataclass(frozen=True, slots=True, eq=False)
class Outage:
    """The bad change, pushed to everybody at once at `pushed_s` and watched until `over_s`."""

    answers: Answers
    lateness_ms: float
    pushed_s: float
    over_s: float


def measure_run(sheet: Sheet[BadRoutePush], run: Run) -> list[ScoredPush]:
    """Enter every measure; returns the forced pushes as they were scored."""
    _require_punctual(sheet, run.lateness_ms)
    _measure_cores(sheet, run.use)
    _measure_halves(sheet, run)
    _measure_plan(sheet, run)
    _measure_pool(sheet, run)
    scored = _measure_pushes(sheet, run)
    _measure_dormant(sheet, run)
    _measure_kills(sheet, run)
    _measure_rest(sheet, run, scored)
    return scored


def measure_outage(sheet: Sheet[BadRoutePush], outage: Outage) -> None:
    """What a push to everybody at once costs: calls are the harm, and it is still there at the end."""
    _require_punctual(sheet, outage.lateness_ms)
    during = outage.answers.within(outage.pushed_s, outage.over_s)
    calls = during.select(during.is_call)
    success = 1 - calls.failed / len(calls) if len(calls) else 1.0
    hit = len(np.unique(during.service[~during.is_good]))
    goal = 1 - sheet.scenario.goals.failed_max
    sheet.demand("calls_answered", 100 * success, "%", f"at least {100 * goal:g}%", len(calls), ok=success >= goal)
    sheet.add("requests_failed", during.failed, "requests", len(during))
    sheet.add("services_hit", hit, "services", len(during.names))
    reason = f"{success:.0%} of calls were answered after all, so the drill shows nothing"
    sheet.require("harm", reason, ok=success < sheet.scenario.goals.harm_success)


def _measure_halves(sheet: Sheet[BadRoutePush], run: Run) -> None:
    """Both halves are harmless: of the one the plan says so, of the other the rollout to everybody."""
    halves = run.halves
    sound = int(halves.verdict == SOUND)
    sheet.demand("harmless_half_planned_sound", sound, "times", "1 of 1", 1, ok=bool(sound))
    through = int(halves.is_in_force)
    sheet.demand("harmless_to_all_not_rolled_back", through, "times", "1 of 1", 1, ok=halves.is_in_force)
    rollout = run.rollouts.get(halves.number)
    sheet.add("harmless_to_all_waves", rollout.waves if rollout else 0, "waves", 1)
    sheet.add("harmless_to_all_took", halves.over_s - halves.called_s, "s", 1)
    _demand_none_failed(sheet, "harmless_to_all_failed", run.answers.within(halves.called_s, halves.over_s))


def _measure_plan(sheet: Sheet[BadRoutePush], run: Run) -> None:
    refusal = run.refusal
    stopped = refusal.answer.code == UNCONFIRMED and CALLS_LOST in refusal.answer.dangers and refusal.is_untouched
    sheet.demand("stopped_by_plan", int(stopped), "times", "1 of 1", 1, ok=stopped)
    _demand_none_failed(sheet, "stopped_by_plan_failed", run.answers.within(refusal.called_s, refusal.over_s))


def _measure_pool(sheet: Sheet[BadRoutePush], run: Run) -> None:
    refusal = run.exhausting
    refused = refusal.answer.number is None and EXHAUSTED in refusal.answer.mistakes and refusal.is_untouched
    sheet.demand("pool_exhaustion_refused", int(refused), "times", "1 of 1", 1, ok=refused)
    _demand_none_failed(sheet, "pool_exhaustion_refused_failed", run.answers.within(refusal.called_s, refusal.over_s))


def _measure_pushes(sheet: Sheet[BadRoutePush], run: Run) -> list[ScoredPush]:
    bake_s = sheet.scenario.short.bake if sheet.short else sheet.scenario.full.bake
    gone_out = [(push, run.rollouts.get(push.number or 0)) for push in run.pushes]
    scored = [score_push(run.answers, push, rollout, bake_s) for push, rollout in gone_out if rollout is not None]
    tried = len(run.pushes)
    refused = {push.code for push in run.pushes if push.number not in run.rollouts}
    reason = f"only {len(scored)} of {tried} could be forced past the plan ({', '.join(refused)})"
    sheet.require("forced", reason, ok=len(scored) == tried)
    if not scored:
        return scored
    back = sum(1 for each in scored if math.isfinite(each.rollout.rolled_back_s) and math.isfinite(each.push.told_s))
    sheet.demand("forced_rolled_back", back, "times", f"{tried} of {tried}", tried, ok=back == tried)
    further = sum(each.rollout.wave for each in scored)
    sheet.demand("forced_further_waves", further, "waves", "none", tried, ok=further == 0)
    outside = sum(each.outside_failed for each in scored)
    sheet.demand("forced_failed_outside", outside, "requests", "none", tried, ok=outside == 0)
    _measure_harm(sheet, scored)
    return scored


def _measure_harm(sheet: Sheet[BadRoutePush], scored: Sequence[ScoredPush]) -> None:
    goals, count = sheet.scenario.goals, len(scored)
    sheet.add("first_wave_services", min(len(each.rollout.first) for each in scored), "services", count)
    failing = [each.failing_share for each in scored]
    sheet.add("first_wave_failing_min", 100 * min(failing), "%", count)
    sheet.add("first_wave_failing_max", 100 * max(failing), "%", count)
    failed, asked = sum(each.failed for each in scored), sum(each.asked for each in scored)
    sheet.add("forced_failed", failed, "requests", count)
    sheet.add("forced_failed_worst", max(each.failed for each in scored), "requests", count)
    share, worst = failed / max(asked, 1), max(each.failed_share for each in scored)
    times_s = [each.rolled_back_s for each in scored if each.counts and each.rolled_back_s is not None]
    p95_s = find_p95(times_s)
    if sheet.short:
        sheet.add("forced_failed_share", 100 * share, "%", asked)
        sheet.add("rolled_back_max", max((each.rolled_back_s or 0.0 for each in scored), default=0.0), "s", count)
        return
    text = f"at most {100 * goals.failed_max:g}%"
    sheet.demand("forced_failed_share", 100 * share, "%", text, asked, ok=share <= goals.failed_max)
    sheet.add("forced_failed_share_worst", 100 * worst, "%", count)
    text = f"at most {goals.rolled_back_p95:g}"
    sheet.demand("rolled_back_p95", p95_s, "s", text, len(times_s), ok=p95_s <= goals.rolled_back_p95)
    sheet.add("rolled_back_p50", sorted(times_s)[(len(times_s) - 1) // 2] if times_s else math.inf, "s", len(times_s))
    sheet.add("rolled_back_max", max(times_s, default=math.inf), "s", len(times_s))
    reason = f"only {len(times_s)} of {count} first waves had 50 services that lost 2% of their requests"
    sheet.require("rolled_back_p95", reason, ok=2 * len(times_s) >= count)


def _measure_dormant(sheet: Sheet[BadRoutePush], run: Run) -> None:
    dormant, answers = run.dormant, run.answers
    refusal = dormant.refusal
    refused = refusal.answer.number is None and refusal.answer.code == REFUSED and refusal.is_untouched
    sheet.demand("dormant_refused", int(refused), "times", "1 of 1", 1, ok=refused)
    _demand_none_failed(sheet, "dormant_refused_failed", answers.within(refusal.called_s, refusal.over_s))
    whole = math.isfinite(dormant.whole_s)
    sheet.demand("restarted_edge_whole", int(whole), "times", "1 of 1", 1, ok=whole)
    sheet.add("restarted_edge_took", dormant.whole_s - dormant.killed_s, "s", 1)
    if whole:
        _demand_none_failed(sheet, "restarted_edge_failed_after", answers.within(dormant.whole_s, dormant.quiet_s))


def _measure_kills(sheet: Sheet[BadRoutePush], run: Run) -> None:
    kills, count = run.kills.kills, len(run.kills.kills)
    converged = sum(1 for kill in kills if kill.is_whole)
    sheet.demand("kills_converged", converged, "times", f"{count} of {count}", count, ok=converged == count)
    for name, outcome in (("resumed", "in force"), ("rolled_back", "rolled back"), ("dropped", "never on its way")):
        sheet.add(f"kills_{name}", sum(1 for kill in kills if kill.came_of_it == outcome), "times", count)
    midway = sum(1 for kill in kills if kill.reached is not None)
    sheet.add("kills_within_a_rollout", midway, "times", count)
    sheet.add("kills_converged_max", max(kill.converged_s - kill.killed_s for kill in kills), "s", count)
    _demand_none_failed(sheet, "kills_failed", run.answers.within(run.kills.began_s, run.kills.over_s))


def _measure_rest(sheet: Sheet[BadRoutePush], run: Run, scored: Sequence[ScoredPush]) -> None:
    """What else failed, from the first change to the end: neither by a forced push, nor at the edge that was killed."""
    answers = run.answers.within(run.halves.called_s, run.kills.over_s)
    dormant = run.dormant
    killed = answers.edge == dormant.edge_place
    killed &= (answers.arrived_s >= dormant.killed_s) & (answers.due_s < dormant.whole_s)
    sheet.add("restarted_edge_failed_meanwhile", answers.select(killed).failed, "requests", int(killed.sum()))
    rest = answers.select(~killed)
    unexplained = rest.failed - sum(each.failed for each in scored)
    sheet.demand("failed_at_any_other_time", unexplained, "requests", "none", len(rest), ok=unexplained == 0)


def _demand_none_failed(sheet: Sheet[BadRoutePush], name: str, answers: Answers) -> None:
    sheet.demand(name, answers.failed, "requests", "none", len(answers), ok=answers.failed == 0)


def _measure_cores(sheet: Sheet[BadRoutePush], use: CoreUse) -> None:
    sheet.add("edges_cpu", 100 * use.edges, "%")
    sheet.add("strangers_cpu", 100 * use.strangers, "%")
    reason = f"other programs took {use.strangers:.0%} of the edges' core, so what failed may be their doing"
    sheet.require("edges_cpu", reason, ok=sheet.short or use.strangers <= STRANGERS_MAX)


def _require_punctual(sheet: Sheet[BadRoutePush], lateness_ms: float) -> None:
    sheet.add("generators_late_p99", lateness_ms, "ms")
    reason = f"generators were late by {lateness_ms:.0f} ms (p99); is the machine busy?"
    sheet.require("generators", reason, ok=lateness_ms <= LATE_MS_MAX)
