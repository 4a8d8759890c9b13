"""How the report shows what happened: who was served, second by second, and what Holdfast did."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from holdfast.drills.instruments import is_success, name_streams
from holdfast.drills.platform_surge.scenario import BY_RANK
from holdfast.drills.report.charts import Chart, draw_lines
from holdfast.drills.report.page import Page, Table
from holdfast.drills.report.words import format_number, format_percent, format_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.platform_surge.measures import ModeRun, ScoredSurge
    from holdfast.drills.platform_surge.scenario import PlatformSurge
    from holdfast.drills.scenario import CapMode

_SURGE_COLUMNS = (
    "location",
    "#from",
    "#to",
    *(f"#{format_words(rank)} served" for rank in BY_RANK),
    "#goodput",
    "#of peak",
)
_MITIGATION_COLUMNS = ("location", "#from", "#to", "what", "why")
STYLES = ("solo", "good", "doubt", "flood")


def make_page(
    scenario: PlatformSurge, runs: Mapping[CapMode, ModeRun], scored: Mapping[CapMode, list[ScoredSurge]]
) -> Page:
    """What the report shows beside the result."""
    return Page(
        scenario.title,
        scenario.incident,
        facts=tuple(f"location {mode}s: {len(run.surges)} surges" for mode, run in runs.items()),
        charts=tuple(_draw_classes(mode, run) for mode, run in runs.items() if run.surges),
        tables=(
            Table("Surges", _SURGE_COLUMNS, tuple(_tell_surge(m, s) for m, each in scored.items() for s in each)),
            Table("What Holdfast did", _MITIGATION_COLUMNS, tuple(_list_mitigations(runs))),
        ),
    )


def _draw_classes(mode: CapMode, run: ModeRun) -> Chart:
    """The share of each class that was served, each second of the first surge."""
    first = run.surges[0]
    bins = np.arange(math.floor(first.began_s), math.ceil(first.over_s) + 1, 1.0)
    due_s, good, streams = run.load.records["intended_s"], is_success(run.load.records), name_streams(run.load)
    lines = []
    for rank, style in zip(BY_RANK, STYLES, strict=True):
        asked, _ = np.histogram(due_s[streams == rank], bins)
        served, _ = np.histogram(due_s[(streams == rank) & good], bins)
        points = [(at, 100 * s / a) for at, s, a in zip(bins - bins[0], served, asked, strict=False) if a]
        lines.append((format_words(rank), style, points))
    return draw_lines(f"Served by class, location {mode}s above its cap", ("s", "% served"), lines, 100.0)


def _tell_surge(mode: CapMode, scored: ScoredSurge) -> tuple[str, ...]:
    return (
        mode,
        f"{scored.times.onset_s:.1f} s",
        f"{scored.times.over_s:.1f} s",
        *(f"{format_percent(100 * scored.success[rank])}%" if rank in scored.success else "" for rank in BY_RANK),
        f"{format_number(scored.goodput_rps)}/s",
        f"{100 * scored.goodput_of_peak:.0f}%",
    )


def _list_mitigations(runs: Mapping[CapMode, ModeRun]) -> list[tuple[str, ...]]:
    return [
        (
            mode,
            f"{each.started_s:.1f} s",
            "" if math.isinf(each.ended_s) else f"{each.ended_s:.1f} s",
            f"{each.measure.kind} {each.service or ''}",
            each.reason,
        )
        for mode, run in runs.items()
        if run.history is not None
        for each in sorted(run.history.mitigations.values(), key=lambda each: each.started_s)
    ]
