"""From what was measured to measures against goals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.drills import score
from holdfast.drills.instruments import find_latency_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.noisy_neighbour.blocks import Side
    from holdfast.drills.noisy_neighbour.kills import KillsRun
    from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour
    from holdfast.drills.score import Latencies
    from holdfast.drills.sheet import Sheet

SPREAD: Final = (0.9, 1.1)
"""Between these must lie what ratios of p99 come from nothing, or a ratio tells nothing."""
DISCARDED_MAX: Final = 0.3
PAIRS_MIN: Final = 6
SAMPLES_MIN: Final = 10_000
FLOOD_ACHIEVED_MIN: Final = 0.95


@dataclass(slots=True)
class Pairs:
    """Blocks without a flood and with one, in turn."""

    solo: Side
    flood: Side


def latencies_by_block(side: Side) -> list[Latencies]:
    """Bystanders' latencies, block by block."""
    return [find_latency_ms(block.bystanders) for block in side.blocks]


def measure_mode(sheet: Sheet[NoisyNeighbour], name: str, pairs: Pairs) -> None:
    """The measures that decide, for one of the location's two modes."""
    if not sheet.short:
        _require_punctual(sheet, name, pairs)
    if not (pairs.solo.blocks and pairs.flood.blocks):
        sheet.require(name, "no block of one side was left", ok=False)
        return
    solo, flood = latencies_by_block(pairs.solo), latencies_by_block(pairs.flood)
    _measure_bystanders(sheet, name, solo, flood)
    _measure_victim(sheet, name, pairs)
    _add_load(sheet, name, pairs)
    if not sheet.short:
        _require_sample(sheet, name, solo, flood)


def _measure_bystanders(sheet: Sheet[NoisyNeighbour], name: str, solo: list[Latencies], flood: list[Latencies]) -> None:
    goals, all_solo, all_flood = sheet.scenario.goals, np.concatenate(solo), np.concatenate(flood)
    success, ratio = score.compute_success(all_flood), score.compare_p99(all_flood, all_solo)
    good = success >= goals.bystander_success
    goal = f"at least {goals.bystander_success:.0%}"
    sheet.demand(f"{name}_bystander_success", 100 * success, "%", goal, len(all_flood), ok=good)
    sheet.add(f"{name}_bystander_success_solo", 100 * score.compute_success(all_solo), "%", len(all_solo))
    for side, latency_ms in (("solo", all_solo), ("flood", all_flood)):
        for percent in (50, 99):
            value = score.find_percentile(latency_ms, percent)
            sheet.add(f"{name}_bystander_p{percent}_{side}", value, "ms", len(latency_ms))
    if sheet.short:
        sheet.add(f"{name}_bystander_p99_ratio", ratio, "x", len(all_flood))
    else:
        _measure_ratio(sheet, name, ratio, solo, len(all_flood))
    if not sheet.protected:
        harm = score.is_harmful(success, ratio, goals.harm_success, goals.harm_p99_ratio)
        sheet.require(name, "without protections there is no harm, so the drill shows nothing", ok=harm)


def _measure_ratio(sheet: Sheet[NoisyNeighbour], name: str, ratio: float, solo: list[Latencies], samples: int) -> None:
    """A ratio that is scored only if ratios from nothing are near 1."""
    ratio_max = sheet.scenario.goals.bystander_p99_ratio_max
    low, high = score.compare_halves(solo, sheet.seed)
    steady = SPREAD[0] <= low and high <= SPREAD[1]
    sheet.add(f"{name}_solo_halves_ratio_p5", low, "x", len(solo))
    sheet.add(f"{name}_solo_halves_ratio_p95", high, "x", len(solo))
    ok = ratio <= ratio_max if steady else None
    sheet.demand(f"{name}_bystander_p99_ratio", ratio, "x", f"at most {ratio_max:g}", samples, ok=ok)
    reason = f"halves of the blocks without a flood differ by {low:.2f}x to {high:.2f}x; is the machine busy?"
    sheet.require(name, reason, ok=steady or not sheet.protected)


def _measure_victim(sheet: Sheet[NoisyNeighbour], name: str, pairs: Pairs) -> None:
    walls, location = sheet.scenario.protections, sheet.scenario.location
    guarantee = score.compute_guarantee_rps(walls.guaranteed, location.answer, location.slowest_answer, walls.limit)
    goodput = float(np.mean([block.goodput_rps for block in pairs.flood.blocks]))
    goal, blocks = f"at least {guarantee:g}", len(pairs.flood.blocks)
    sheet.demand(f"{name}_victim_goodput", goodput, "requests/s", goal, blocks, ok=goodput >= guarantee)


def _add_load(sheet: Sheet[NoisyNeighbour], name: str, pairs: Pairs) -> None:
    planned, blocks = sheet.scenario.flood_rps, len(pairs.flood.blocks)
    sent = float(np.mean([block.flood_rps for block in pairs.flood.blocks]))
    sheet.add(f"{name}_flood_rate", sent, "requests/s", blocks)
    reason = f"only {sent:.0f} of {planned:.0f} requests a second of the flood could be sent"
    sheet.require(name, reason, ok=sent >= FLOOD_ACHIEVED_MIN * planned)
    for side, blocks_of in (("solo", pairs.solo), ("flood", pairs.flood)):
        share = float(np.mean([block.edge_core_share for block in blocks_of.blocks]))
        sheet.add(f"{name}_edge_core_{side}", 100 * share, "%", len(blocks_of.blocks))


def _require_sample(sheet: Sheet[NoisyNeighbour], name: str, solo: list[Latencies], flood: list[Latencies]) -> None:
    for side, blocks in (("solo", solo), ("flood", flood)):
        samples = sum(map(len, blocks))
        enough = len(blocks) >= PAIRS_MIN and samples >= SAMPLES_MIN
        reason = f"{len(blocks)} blocks and {samples} requests {side}, where {PAIRS_MIN} and {SAMPLES_MIN} are needed"
        sheet.require(name, reason, ok=enough)


def _require_punctual(sheet: Sheet[NoisyNeighbour], name: str, pairs: Pairs) -> None:
    for side, blocks in (("solo", pairs.solo), ("flood", pairs.flood)):
        share = score.compute_discarded_share(len(blocks.blocks), blocks.discarded)
        tried = len(blocks.blocks) + blocks.discarded
        sheet.add(f"{name}_blocks_discarded_{side}", 100 * share, "%", tried)
        reason = f"{blocks.discarded} of {tried} blocks {side} thrown away, since the generator was late"
        sheet.require(name, reason, ok=share <= DISCARDED_MAX)


def add_side_run(sheet: Sheet[NoisyNeighbour], name: str, pairs: Pairs) -> float:
    """A flood that is reported and decides nothing. Returns the ratio of p99, not a number if none was measured."""
    if not (pairs.solo.blocks and pairs.flood.blocks):
        return math.nan
    solo, flood = (np.concatenate(latencies_by_block(side)) for side in (pairs.solo, pairs.flood))
    ratio, blocks = score.compare_p99(flood, solo), pairs.flood.blocks
    sheet.add(f"{name}_rate", float(np.mean([block.flood_rps for block in blocks])), "requests/s", len(blocks))
    sheet.add(f"{name}_edge_core", 100 * float(np.mean([b.edge_core_share for b in blocks])), "%", len(blocks))
    sheet.add(f"{name}_bystander_success", 100 * score.compute_success(flood), "%", len(flood))
    sheet.add(f"{name}_bystander_p99_ratio", ratio, "x", len(flood))
    return ratio


def add_passing_rate(sheet: Sheet[NoisyNeighbour], rates_rps: Sequence[float], ratios: Sequence[float]) -> None:
    """From which of the rates on the bystanders' p99 is above the goal; without end if it never is."""
    ratio_max = sheet.scenario.goals.bystander_p99_ratio_max
    passing = score.find_passing_rate(rates_rps, ratios, ratio_max)
    sheet.add("sweep_p99_passes_goal_from", passing, "requests/s", len(rates_rps))


def measure_kills(sheet: Sheet[NoisyNeighbour], run: KillsRun, planned: int) -> None:
    """How fast kills were, and that nobody else felt them."""
    kills, bystanders, goals = run.kills, find_latency_ms(run.bystanders), sheet.scenario.goals
    sheet.require("kills", f"{len(kills)} of {planned} were given", ok=len(kills) == planned)
    in_force_ms = np.array([kill.in_force_ms for kill in kills])
    most_ms = goals.kill_p99_max * 1e3
    p99 = score.find_percentile(in_force_ms, 99)
    for name, value in (("p50", score.find_percentile(in_force_ms, 50)), ("max", float(in_force_ms.max()))):
        sheet.add(f"kill_in_force_{name}", value, "ms", len(kills))
    if sheet.short:
        sheet.add("kill_in_force_p99", p99, "ms", len(kills))
    else:
        sheet.demand("kill_in_force_p99", p99, "ms", f"at most {most_ms:g}", len(kills), ok=p99 <= most_ms)
    leaks = sum(kill.leaks for kill in kills)
    sheet.demand("kill_leaks", leaks, "requests", "none", len(kills), ok=leaks == 0)
    success, goal = score.compute_success(bystanders), goals.bystander_success
    sheet.demand(
        "kill_bystander_success", 100 * success, "%", f"at least {goal:.0%}", len(bystanders), ok=success >= goal
    )
