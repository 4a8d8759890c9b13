"""The report's page: what a drill hands in for it, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from holdfast.drills.report.words import format_measure, format_words

if TYPE_CHECKING:
    from pathlib import Path

    from holdfast.drills.drill import Played
    from holdfast.drills.report.charts import Chart

REPORT_NAME = "report.html"
RESULT_NAME = "result.json"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts. Columns whose title begins with `#` hold numbers, and lose that sign."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What a drill's report shows beside its result: what was played, what the seed drew, charts, details."""

    title: str
    incident: str
    facts: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


def write_report(played: Played, folder: Path) -> Path:
    """Write the report and, beside it, the result as JSON; returns the report's path. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULT_NAME).write_text(played.result.model_dump_json(indent=2) + "\n", encoding="utf-8")
    path = folder / REPORT_NAME
    path.write_text(render_report(played), encoding="utf-8")
    return path


def render_report(played: Played) -> str:
    """The report's HTML."""
    environment = Environment(
        loader=PackageLoader("holdfast.drills.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"measure": format_measure, "words": format_words}
    return environment.get_template("report.html.j2").render(
        result=played.result, invalid_because=played.invalid_because, page=played.page
    )
