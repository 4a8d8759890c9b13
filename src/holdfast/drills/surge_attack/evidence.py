"""How the report shows what happened: every attack, what Holdfast did, and how soon."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from holdfast.drills.report.charts import Chart, draw_dots, draw_percentiles
from holdfast.drills.report.page import Page, Table
from holdfast.drills.report.words import format_number, format_percent
from holdfast.drills.score import compute_success

if TYPE_CHECKING:
    from collections.abc import Mapping

    from holdfast.drills.scenario import CapMode
    from holdfast.drills.stage.history import PastMitigation
    from holdfast.drills.surge_attack.episodes import ModeRun
    from holdfast.drills.surge_attack.scenario import SurgeAttack
    from holdfast.drills.surge_attack.scored import ScoredAttack

_ATTACK_COLUMNS = (
    "location",
    "tenant",
    "attack",
    "#addresses",
    "#named after",
    "#contained after",
    "#bystanders answered",
    "#own customers served",
    "#from its beginning",
)
_MITIGATION_COLUMNS = ("location", "#from", "#to", "service", "what", "why", "why it ended")


def make_page(
    scenario: SurgeAttack, runs: Mapping[CapMode, ModeRun], attacks: Mapping[CapMode, list[ScoredAttack]]
) -> Page:
    """What the report shows beside the result."""
    return Page(
        scenario.title,
        scenario.incident,
        facts=tuple(f"location {mode}s: {len(run.episodes)} episodes" for mode, run in runs.items()),
        charts=tuple(_draw_charts(scenario, attacks)),
        tables=(
            Table("Attacks", _ATTACK_COLUMNS, tuple(_tell_attack(m, a) for m, each in attacks.items() for a in each)),
            Table("What Holdfast did", _MITIGATION_COLUMNS, tuple(_list_mitigations(runs))),
        ),
    )


def _draw_charts(scenario: SurgeAttack, attacks: Mapping[CapMode, list[ScoredAttack]]) -> list[Chart]:
    every, goals = [each for scored in attacks.values() for each in scored], scenario.goals
    if not every:
        return []
    named, contained = [each.named_s for each in every], [each.contained_s for each in every]
    goal_s, contained_goal_s = goals.named_p95_max, goals.contained_p95_max
    return [
        draw_dots("Named", ("attack", "s to named"), named, goal_s, f"goal, p95: {goal_s:g} s"),
        draw_dots(
            "Contained", ("attack", "s to contained"), contained, contained_goal_s, f"goal: {contained_goal_s:g} s"
        ),
        *(_draw_bystanders(mode, scored) for mode, scored in attacks.items() if scored),
    ]


def _draw_bystanders(mode: CapMode, scored: list[ScoredAttack]) -> Chart:
    latency_ms = np.concatenate([each.bystanders_ms for each in scored])
    return draw_percentiles(f"Bystanders under attack, location {mode}s", [("under attack", "flood", latency_ms)])


def _tell_attack(mode: CapMode, scored: ScoredAttack) -> tuple[str, ...]:
    return (
        mode,
        scored.attack.tenant.name,
        scored.attack.kind,
        f"{scored.attack.sources:,}",
        f"{format_number(scored.named_s)} s",
        f"{format_number(scored.contained_s)} s",
        f"{format_percent(100 * compute_success(scored.bystanders_ms))}%",
        "" if math.isnan(scored.served) else f"{format_percent(100 * scored.served)}%",
        f"{format_percent(100 * scored.served_from_onset)}%",
    )


def _list_mitigations(runs: Mapping[CapMode, ModeRun]) -> list[tuple[str, ...]]:
    return [
        (
            mode,
            f"{each.started_s:.1f} s",
            _tell_end(each),
            each.service or "",
            each.measure.kind,
            each.reason,
            each.why_ended,
        )
        for mode, run in runs.items()
        for each in sorted(run.history.mitigations.values(), key=lambda each: each.started_s)
    ]


def _tell_end(mitigation: PastMitigation) -> str:
    return "" if math.isinf(mitigation.ended_s) else f"{mitigation.ended_s:.1f} s"
