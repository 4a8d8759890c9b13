"""How the report shows what happened: every attack, and how soon who heard of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.drills.report.page import Page, Table
from holdfast.drills.report.words import format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.first_words.measures import ToldAttack
    from holdfast.drills.first_words.scenario import FirstWords

_COLUMNS = ("tenant", "pager", "incident", "#first page after", "#colleague paged after", "#first word after")


def make_page(scenario: FirstWords, told: Sequence[ToldAttack]) -> Page:
    """What the report shows beside the result."""
    return Page(
        scenario.title,
        scenario.incident,
        facts=(f"{len(told)} attacks, every other one with a dead pager",),
        tables=(Table("Attacks", _COLUMNS, tuple(map(_tell, told))),),
    )


def _tell(told: ToldAttack) -> tuple[str, ...]:
    run = told.run
    times = (told.page_s, told.colleague_s, told.post_s)
    return (
        run.attack.tenant.name,
        "dead" if run.dead else "alive",
        run.incident.id if run.incident else "none",
        *(f"{format_number(seconds)} s" for seconds in times),
    )
