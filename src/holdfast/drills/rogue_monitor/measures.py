"""From what was measured to measures against goals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.drills.instruments import check_lateness, find_latency_ms, name_streams
from holdfast.drills.rogue_monitor.cast import USUAL_STREAM
from holdfast.drills.score import compare_halves, compare_p99, compute_discarded_share, compute_success, find_percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.instruments.load_result import Records
    from holdfast.drills.rogue_monitor.deployments import Deployment, Run
    from holdfast.drills.rogue_monitor.scenario import RogueMonitor
    from holdfast.drills.sheet import Sheet

SPREAD: Final = (0.9, 1.1)
DISCARDED_MAX: Final = 0.3
UNPROTECTED: Final = (
    "there is no run without protections: no request waits for the analyser, and nothing can be taken away that "
    "would make one wait; that a monitor in the way would have been noticed is shown by the hitch of every run"
)


def measure_run(sheet: Sheet[RogueMonitor], run: Run) -> None:
    """Enter every measure."""
    usual = run.usual.records[name_streams(run.usual) == USUAL_STREAM]
    timeout_ms = run.usual.plan.timeout_ms
    kept = [d for d in run.deployments if sheet.short or check_lateness(_select(usual, *_span(d)), timeout_ms).ok]
    _require_punctual(sheet, len(run.deployments), len(kept))
    _measure_requests(sheet, usual, run, kept)
    _measure_control(sheet, run.deployments)
    if not sheet.protected:
        sheet.require("analyser", UNPROTECTED, ok=False)


def _measure_requests(sheet: Sheet[RogueMonitor], usual: Records, run: Run, kept: Sequence[Deployment]) -> None:
    """Success of every request ever since the first build was deployed; the p99 where the generator was in time."""
    goals = sheet.scenario.goals
    everything = find_latency_ms(_select(usual, run.deployments[0].installed_s, run.hitch[0]))
    success = compute_success(everything)
    text = f"at least {100 * goals.success:g}%"
    sheet.demand("request_success", 100 * success, "%", text, len(everything), ok=success >= goals.success)
    if kept:
        _measure_ratio(sheet, usual, run, kept)


def _measure_ratio(sheet: Sheet[RogueMonitor], usual: Records, run: Run, kept: Sequence[Deployment]) -> None:
    before = [find_latency_ms(_select(usual, each.began_s, each.installed_s)) for each in kept]
    rogue = np.concatenate([find_latency_ms(_select(usual, each.installed_s, _end_of(each))) for each in kept])
    solo, goals = np.concatenate(before), sheet.scenario.goals
    ratio = compare_p99(rogue, solo)
    sheet.add("p99_before", find_percentile(solo, 99), "ms", len(solo))
    sheet.add("p99_with_rogue", find_percentile(rogue, 99), "ms", len(rogue))
    hitch = find_latency_ms(_select(usual, *run.hitch))
    sensitive = compare_p99(hitch, solo)
    sheet.add("hitch_p99_ratio", sensitive, "x", len(hitch))
    reason = "an upstream that stood still didn't show, so that nothing else shows proves nothing"
    sheet.require("hitch", reason, ok=sensitive >= goals.sensitive_ratio)
    if sheet.short:
        sheet.add("p99_ratio", ratio, "x", len(rogue))
        return
    low, high = compare_halves(before, sheet.seed)
    steady = SPREAD[0] <= low and high <= SPREAD[1]
    sheet.add("before_halves_ratio_p5", low, "x", len(before))
    sheet.add("before_halves_ratio_p95", high, "x", len(before))
    text = f"at most {goals.p99_ratio_max:g}"
    sheet.demand("p99_ratio", ratio, "x", text, len(rogue), ok=ratio <= goals.p99_ratio_max if steady else None)
    reason = f"halves of the blocks before differ by {low:.2f}x to {high:.2f}x; is the machine busy?"
    sheet.require("p99_ratio", reason, ok=steady)


def _measure_control(sheet: Sheet[RogueMonitor], deployments: Sequence[Deployment]) -> None:
    """How soon each build was switched off and said to be, and was back; that control answered all the time."""
    goals, count = sheet.scenario.goals, len(deployments)
    off_s = [each.off_s - each.installed_s for each in deployments]
    for each, seconds in zip(deployments, off_s, strict=True):
        sheet.add(f"off_{each.rogue.replace('-', '_')}", seconds, "s", 1)
    text = f"at most {goals.off_max:g}"
    sheet.demand("switched_off_max", max(off_s), "s", text, count, ok=max(off_s) <= goals.off_max)
    told = sum(1 for each in deployments if math.isfinite(each.off_s) and each.why)
    sheet.demand("said_why", told, "times", f"{count} of {count}", count, ok=told == count)
    slowest_s = max(each.reverted_s - each.revert_called_s for each in deployments)
    text = f"at most {goals.reverted_max:g}"
    sheet.demand("reverted_max", slowest_s, "s", text, count, ok=slowest_s <= goals.reverted_max)
    answers_ms = 1e3 * np.array([each for d in deployments for each in d.asked.answers_s])
    sheet.add("control_answer_p99", find_percentile(answers_ms, 99), "ms", len(answers_ms))
    sheet.add("analyser_cpu_max", 100 * max(each.asked.cpu_share for each in deployments), "%", count)
    sheet.add("analyser_memory_max", max(each.asked.memory_bytes for each in deployments) / 2**20, "MiB", count)


def _require_punctual(sheet: Sheet[RogueMonitor], tried: int, kept: int) -> None:
    share = compute_discarded_share(kept, tried - kept)
    sheet.add("deployments_discarded", 100 * share, "%", tried)
    reason = f"{tried - kept} of {tried} deployments thrown away, since the generator was late"
    sheet.require("p99_ratio", reason, ok=share <= DISCARDED_MAX)


def _span(deployment: Deployment) -> tuple[float, float]:
    return deployment.began_s, _end_of(deployment)


def _end_of(deployment: Deployment) -> float:
    """When its previous version ran again, or was given up."""
    return min(deployment.reverted_s, deployment.revert_called_s + 60.0)


def _select(records: Records, start_s: float, end_s: float) -> Records:
    due_s = records["intended_s"]
    return records[(due_s >= start_s) & (due_s < end_s)]
