"""The report of a drill: one HTML file that loads nothing from anywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from holdfast.drills.charts import Chart, draw_kills, draw_percentiles, draw_sweep
from holdfast.drills.measures import latencies_by_block

if TYPE_CHECKING:
    from pathlib import Path

    from holdfast.drills.blocks import Block
    from holdfast.drills.measures import Pairs
    from holdfast.drills.noisy_neighbour import Played
    from holdfast.drills.result import Measure
    from holdfast.drills.scenario import NoisyNeighbour

REPORT_NAME = "report.html"
RESULT_NAME = "result.json"


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A block, as a line of the report's table."""

    mode: str
    side: str
    requests: int
    success: float
    p99_ms: float
    victim_rps: float
    goodput_rps: float
    edge_core: float
    lateness: float


def write_report(played: Played, scenario: NoisyNeighbour, folder: Path) -> Path:
    """Write the report and, beside it, the result as JSON; returns the report's path. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULT_NAME).write_text(played.result.model_dump_json(indent=2) + "\n", encoding="utf-8")
    path = folder / REPORT_NAME
    path.write_text(render_report(played, scenario), encoding="utf-8")
    return path


def render_report(played: Played, scenario: NoisyNeighbour) -> str:
    """The report's HTML."""
    environment = Environment(
        loader=PackageLoader("holdfast.drills"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "number": format_number,
        "measure": format_measure,
        "percent": format_percent,
        "words": format_words,
    }
    return environment.get_template("report.html.j2").render(
        result=played.result,
        scenario=scenario,
        victim=played.cast.victim,
        flood_sources=played.cast.flood_sources,
        invalid_because=played.invalid_because,
        charts=draw_charts(played, scenario),
        blocks=list_blocks(played),
    )


def draw_charts(played: Played, scenario: NoisyNeighbour) -> list[Chart]:
    """A chart for everything that was measured."""
    evidence, goals = played.evidence, scenario.goals
    charts = [_draw_mode(mode, pairs) for mode, pairs in evidence.modes.items() if _has_blocks(pairs)]
    if evidence.kills is not None and evidence.kills.kills:
        charts.append(draw_kills([k.in_force_ms for k in evidence.kills.kills], goals.kill_p99_max * 1e3))
    measures = played.result.measures
    swept = [name for name, pairs in evidence.sides.items() if name.startswith("sweep_") and _has_blocks(pairs)]
    if swept:
        rates = [_value_of(measures[f"{name}_rate"]) for name in swept]
        ratios = [_value_of(measures[f"{name}_bystander_p99_ratio"]) for name in swept]
        charts.append(draw_sweep(rates, ratios, goals.bystander_p99_ratio_max))
    return charts


def list_blocks(played: Played) -> list[BlockRow]:
    """Every block that counts, in the order of the phases."""
    phases: dict[str, Pairs] = {str(mode): pairs for mode, pairs in played.evidence.modes.items()}
    phases |= played.evidence.sides
    return [
        _tell_block(mode, side, block)
        for mode, pairs in phases.items()
        for side, blocks in (("solo", pairs.solo.blocks), ("flood", pairs.flood.blocks))
        for block in blocks
    ]


def format_number(value: float) -> str:
    """A number as short as it may be without hiding anything that matters."""
    if not math.isfinite(value):
        return "∞"
    if value == round(value) or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"


def format_measure(measure: Measure) -> str:
    """A measure's value with its unit."""
    if measure.unit == "%":
        return f"{format_percent(_value_of(measure))}%"
    value = format_number(_value_of(measure))
    return f"{value}x" if measure.unit == "x" else f"{value} {measure.unit}"


def format_words(name: str) -> str:
    """A measure's name for people."""
    return name.replace("_", " ")


def format_percent(value: float) -> str:
    """Short, but near 100 rounded down, so that 99.9996 % isn't shown as 100 %."""
    if value < 99:
        return format_number(value)
    return f"{math.floor(value * 1e3) / 1e3:.3f}".rstrip("0").rstrip(".")


def _draw_mode(mode: str, pairs: Pairs) -> Chart:
    solo, flood = (np.concatenate(latencies_by_block(side)) for side in (pairs.solo, pairs.flood))
    sides = [("without the flood", "solo", solo), ("with the flood", "flood", flood)]
    return draw_percentiles(f"Bystanders, location {mode}s above its cap", sides)


def _has_blocks(pairs: Pairs) -> bool:
    return bool(pairs.solo.blocks and pairs.flood.blocks)


def _value_of(measure: Measure) -> float:
    return math.inf if measure.value is None else measure.value


def _tell_block(mode: str, side: str, block: Block) -> BlockRow:
    fields: dict[str, Any] = {
        "requests": len(block.bystanders),
        "success": 100 * block.success,
        "p99_ms": block.latency_ms_p99,
        "victim_rps": block.flood_rps,
        "goodput_rps": block.goodput_rps,
        "edge_core": 100 * block.edge_core_share,
        "lateness": 100 * block.lateness.ratio,
    }
    return BlockRow(mode, side, **fields)
