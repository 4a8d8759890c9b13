"""How the report shows what happened: every loss of the site."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from holdfast.drills.instruments import Failure
from holdfast.drills.provider_loss.places import EDGES, SERVICES
from holdfast.drills.report.page import Page, Table
from holdfast.drills.report.words import format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.provider_loss.measures import Run
    from holdfast.drills.provider_loss.scenario import ProviderLoss
    from holdfast.drills.provider_loss.scoring import ScoredAct
    from holdfast.drills.stage.history import PastMitigation

_LOSSES = (
    "the site was",
    "#reads failed",
    "failures",
    "#decided after",
    "#moves",
    "#back after",
    "#coming back",
    "#elsewhere",
)
_MEASURES = ("measure", "whom", "#from", "#until", "reason", "ended because")


def make_page(scenario: ProviderLoss, run: Run, scored: Sequence[ScoredAct]) -> Page:
    """What the report shows beside the result."""
    return Page(
        scenario.title,
        scenario.incident,
        facts=(
            f"{len(SERVICES)} services on {len(EDGES)} edges",
            f"{len(run.answers):,} requests",
            f"{len(run.sent):,} deferrable messages",
        ),
        tables=(
            Table("Losses of the primary site", _LOSSES, tuple(map(_tell_act, scored))),
            Table("What was done about them", _MEASURES, tuple(map(_tell_measure, _sort(run.past)))),
        ),
    )


def _tell_act(scored: ScoredAct) -> tuple[str, ...]:
    act = scored.act
    return (
        act.loss,
        f"{format_number(scored.reads_failed_s)} s' worth",
        ", ".join(f"{_name_status(status)}: {count}" for status, count in scored.failures.items()),
        f"{format_number(scored.decided_s)} s" if math.isfinite(scored.decided_s) else "none",
        f"{scored.moves}",
        f"{format_number(act.back_s - act.healed_s)} s",
        f"{scored.back_failed}",
        f"{scored.elsewhere_failed}",
    )


def _sort(past: Sequence[PastMitigation]) -> list[PastMitigation]:
    return sorted(past, key=lambda each: each.started_s)


def _tell_measure(past: PastMitigation) -> tuple[str, ...]:
    stated = past.measure.model_dump(mode="json", exclude_defaults=True, exclude={"kind"})
    whom = ", ".join(f"{name} {value}" for name, value in stated.items())
    until = f"{format_number(past.ended_s)} s" if math.isfinite(past.ended_s) else "the end"
    return past.measure.kind, whom, f"{format_number(past.started_s)} s", until, past.reason, past.why_ended


def _name_status(status: int) -> str:
    return f"{status}" if status > 0 else Failure(status).name.lower()
