"""How the report shows what happened: what was asked for, and what of it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.drills.report.page import Page, Table
from holdfast.drills.report.words import format_number
from holdfast.drills.spot_reclaim.contents import API, LARGE, SMALL

if TYPE_CHECKING:
    from holdfast.drills.spot_reclaim.measures import Run
    from holdfast.drills.spot_reclaim.scenario import SpotReclaim

_KINDS = ("kind", "#GETs", "#failed", "#broke off", "#slowest", "what failed as")


def make_page(scenario: SpotReclaim, run: Run) -> Page:
    """What the report shows beside the result."""
    machines, killed = scenario.machines, len(run.kills.at_s)
    return Page(
        scenario.title,
        scenario.incident,
        facts=(
            f"{machines.stable} machines that stay and {machines.ephemeral} that may be taken back",
            f"{killed} killed without a word in {run.kills.over_s - run.kills.began_s:.0f} s",
        ),
        tables=tuple(
            Table(f"GETs {name}", _KINDS, tuple(_tell(run, kind, start_s, end_s) for kind in (SMALL, LARGE, API)))
            for name, start_s, end_s in _list_acts(run)
        ),
    )


def tell_failures(run: Run) -> str:
    """What of files and of the API failed in which act, as which status or failure, in a line."""
    told = []
    for name, start_s, end_s in _list_acts(run):
        for kind in (SMALL, LARGE, API):
            statuses = run.answers.within(start_s, end_s).of(kind).count_statuses()
            told += [f"{count} of {kind} as {status} {name}" for status, count in statuses.items()]
    return f"failed: {', '.join(told) or 'none'}"


def _list_acts(run: Run) -> list[tuple[str, float, float]]:
    acts = [("while machines were killed", run.kills.began_s, run.kills.over_s)]
    if run.announced is not None:
        acts.append(("while one was taken back with notice", run.announced.told_s, run.announced.over_s))
    return [*acts, ("while all were gone", run.gone.began_s, run.gone.over_s)]


def _tell(run: Run, kind: str, start_s: float, end_s: float) -> tuple[str, ...]:
    answers = run.answers.within(start_s, end_s).of(kind)
    statuses = ", ".join(f"{status}: {count}" for status, count in answers.count_statuses().items())
    slowest = f"{format_number(answers.slowest_ms)} ms"
    return kind, f"{len(answers)}", f"{answers.failed}", f"{answers.truncated}", slowest, statuses
