"""How the report shows what happened: every round, and how many were refused, second by second."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from holdfast.drills.instruments import name_streams
from holdfast.drills.mitigation_backfire.scoring import is_refused
from holdfast.drills.report.charts import Chart, draw_lines
from holdfast.drills.report.page import Page, Table
from holdfast.drills.report.words import format_number, format_percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.mitigation_backfire.measures import ScoredRound
    from holdfast.drills.mitigation_backfire.rounds import Run
    from holdfast.drills.mitigation_backfire.scenario import MitigationBackfire

_COLUMNS = (
    "service",
    "mistake",
    "what",
    "prediction",
    "#last refusal after",
    "#decided after",
    "#refused",
    "why ended",
)
BIN_S = 0.25
BEFORE_S = 2.0


def make_page(scenario: MitigationBackfire, run: Run, scored: Sequence[ScoredRound]) -> Page:
    """What the report shows beside the result."""
    return Page(
        scenario.title,
        scenario.incident,
        facts=(f"{len(run.rounds)} mistakes among {scenario.services} services",),
        charts=tuple(_draw_round(run, each) for each in scored[:2] if each.run.forced is not None),
        tables=(Table("Mistakes", _COLUMNS, tuple(map(_tell_round, scored))),),
    )


def _draw_round(run: Run, scored: ScoredRound) -> Chart:
    """The share of the service's requests that was refused, around the call that forced the mistake."""
    called_s = scored.run.forced.called_s if scored.run.forced else 0.0
    own = run.usual.records[name_streams(run.usual) == scored.run.mistake.service]
    bins = np.arange(-BEFORE_S, scored.run.quiet_until_s - called_s, BIN_S)
    asked, _ = np.histogram(own["intended_s"] - called_s, bins)
    refused, _ = np.histogram(own["intended_s"][is_refused(own)] - called_s, bins)
    points = [(at + BEFORE_S, 100 * r / a) for at, r, a in zip(bins, refused, asked, strict=False) if a]
    title = f"{scored.run.mistake.measure.kind} that {scored.run.mistake.kind}, forced after {BEFORE_S:g} s"
    return draw_lines(title, ("s", "% refused"), [("refused", "flood", points)], 100.0)


def _tell_round(scored: ScoredRound) -> tuple[str, ...]:
    mistake, forced = scored.run.mistake, scored.run.forced
    return (
        mistake.service,
        mistake.kind,
        mistake.measure.kind,
        "stopped it" if scored.run.stopped else "let it through",
        f"{format_number(scored.reverted_s)} s",
        "" if math.isinf(scored.decided_s) else f"{format_number(scored.decided_s)} s",
        f"{format_percent(100 * scored.refused_share)}%",
        forced.why_ended if forced else scored.run.forced_refused,
    )
