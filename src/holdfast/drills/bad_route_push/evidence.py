"""How the report shows what happened: every forced push, and every kill of control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.drills.report.page import Page, Table
from holdfast.drills.report.words import format_number, format_percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.bad_route_push.kills import Kill
    from holdfast.drills.bad_route_push.measures import Run
    from holdfast.drills.bad_route_push.scenario import BadRoutePush
    from holdfast.drills.bad_route_push.scoring import ScoredPush

_PUSHES = ("#first wave", "#failing", "#failed", "#of the first wave's", "#elsewhere", "#back after", "why")
_KILLS = ("#after the proposal", "#services that had it", "what came of it", "whole", "#settled after")


def make_page(scenario: BadRoutePush, run: Run, scored: Sequence[ScoredPush]) -> Page:
    """What the report shows beside the result."""
    return Page(
        scenario.title,
        scenario.incident,
        facts=(f"{len(run.answers.names)} services on {scenario.edges} edges", f"{len(run.answers):,} requests"),
        tables=(
            Table("Forced past the plan", _PUSHES, tuple(map(_tell_push, scored))),
            Table("Control killed in a rollout", _KILLS, tuple(map(_tell_kill, run.kills.kills))),
        ),
    )


def _tell_push(scored: ScoredPush) -> tuple[str, ...]:
    back_s = scored.rolled_back_s
    return (
        f"{len(scored.rollout.first)}",
        f"{format_percent(100 * scored.failing_share)}%",
        f"{scored.failed}",
        f"{format_percent(100 * scored.failed_share)}%",
        f"{scored.outside_failed}",
        "no harm" if back_s is None else f"{format_number(back_s)} s",
        scored.rollout.why,
    )


def _tell_kill(kill: Kill) -> tuple[str, ...]:
    return (
        f"{format_number(kill.after_s)} s",
        "" if kill.reached is None else f"{kill.reached}",
        kill.came_of_it,
        "yes" if kill.is_whole else "no",
        f"{format_number(kill.converged_s - kill.killed_s)} s",
    )
