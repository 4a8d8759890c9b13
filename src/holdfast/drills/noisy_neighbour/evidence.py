"""All that the drill measured, and how its report shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from holdfast.drills.noisy_neighbour.measures import latencies_by_block
from holdfast.drills.report.charts import Chart, draw_dots, draw_percentiles, draw_sweep
from holdfast.drills.report.page import Page, Table
from holdfast.drills.report.words import format_number, format_percent, format_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.noisy_neighbour.blocks import Block
    from holdfast.drills.noisy_neighbour.cast import Cast
    from holdfast.drills.noisy_neighbour.kills import KillsRun
    from holdfast.drills.noisy_neighbour.measures import Pairs
    from holdfast.drills.noisy_neighbour.scenario import NoisyNeighbour
    from holdfast.drills.result import Measure
    from holdfast.drills.scenario import CapMode

_COLUMNS = (
    "phase",
    "side",
    "#requests",
    "#answered",
    "#p99",
    "#to the victim",
    "#victim's goodput",
    "#edge core",
    "#generator's lateness",
)


@dataclass(slots=True)
class Evidence:
    """All that was measured, for a report that shows more than the result's measures."""

    modes: dict[CapMode, Pairs] = field(default_factory=dict)
    sides: dict[str, Pairs] = field(default_factory=dict)
    kills: KillsRun | None = None


def make_page(scenario: NoisyNeighbour, cast: Cast, evidence: Evidence, measures: Mapping[str, Measure]) -> Page:
    """What the report shows beside the result."""
    return Page(
        scenario.title,
        scenario.incident,
        facts=(f"flooded: {cast.victim}, from {cast.flood_sources} addresses",),
        charts=tuple(draw_charts(scenario, evidence, measures)),
        tables=(Table("Blocks", _COLUMNS, tuple(list_blocks(evidence))),),
    )


def draw_charts(scenario: NoisyNeighbour, evidence: Evidence, measures: Mapping[str, Measure]) -> list[Chart]:
    """A chart for everything that was measured."""
    goals = scenario.goals
    charts = [_draw_mode(mode, pairs) for mode, pairs in evidence.modes.items() if _has_blocks(pairs)]
    if evidence.kills is not None and evidence.kills.kills:
        charts.append(_draw_kills([kill.in_force_ms for kill in evidence.kills.kills], goals.kill_p99_max * 1e3))
    swept = [name for name, pairs in evidence.sides.items() if name.startswith("sweep_") and _has_blocks(pairs)]
    if swept:
        rates = [_value_of(measures[f"{name}_rate"]) for name in swept]
        ratios = [_value_of(measures[f"{name}_bystander_p99_ratio"]) for name in swept]
        charts.append(draw_sweep(rates, ratios, goals.bystander_p99_ratio_max))
    return charts


def list_blocks(evidence: Evidence) -> list[tuple[str, ...]]:
    """Every block that counts, in the order of the phases."""
    phases: dict[str, Pairs] = {str(mode): pairs for mode, pairs in evidence.modes.items()} | evidence.sides
    return [
        _tell_block(phase, side, block)
        for phase, pairs in phases.items()
        for side, blocks in (("solo", pairs.solo.blocks), ("flood", pairs.flood.blocks))
        for block in blocks
    ]


def _tell_block(phase: str, side: str, block: Block) -> tuple[str, ...]:
    return (
        format_words(phase),
        side,
        f"{len(block.bystanders):,}",
        f"{format_percent(100 * block.success)}%",
        f"{format_number(block.latency_ms_p99)} ms",
        f"{format_number(block.flood_rps)}/s",
        f"{format_number(block.goodput_rps)}/s",
        f"{100 * block.edge_core_share:.0f}%",
        f"{format_number(100 * block.lateness.ratio)}% of p99",
    )


def _draw_mode(mode: str, pairs: Pairs) -> Chart:
    solo, flood = (np.concatenate(latencies_by_block(side)) for side in (pairs.solo, pairs.flood))
    sides = [("without the flood", "solo", solo), ("with the flood", "flood", flood)]
    return draw_percentiles(f"Bystanders, location {mode}s above its cap", sides)


def _draw_kills(kills_ms: list[float], goal_ms: float) -> Chart:
    """Each kill's time until it was in force everywhere, in the order in which they were given."""
    return draw_dots("Kills", ("kill", "ms to in force"), kills_ms, goal_ms, f"goal, p99: {goal_ms:g} ms")


def _has_blocks(pairs: Pairs) -> bool:
    return bool(pairs.solo.blocks and pairs.flood.blocks)


def _value_of(measure: Measure) -> float:
    return math.inf if measure.value is None else measure.value
