"""What benchmarks yield: tables of measurements, on a terminal, as JSON, and as the page in the documentation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.table import Table as RichTable

from bench.samples import Samples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Row:
    """One thing's measurements. `ratio` is to what the table's `ratio_to` names, measured in the same run.

    `goal` says what is demanded, `ok` whether it was met; both None where nothing is.
    """

    what: str
    unit: str
    samples: Samples
    ratio: float | None = None
    goal: str | None = None
    ok: bool | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """What one benchmark measured; `ratio_to` names what ratios are to, `notes` what to know before believing it."""

    name: str
    title: str
    rows: tuple[Row, ...]
    ratio_to: str = ""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """A whole run."""

    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    quick: bool
    tables: list[Table] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether no goal was missed."""
        return not any(row.ok is False for table in self.tables for row in table.rows)


def format_number(value: float) -> str:
    """Three digits that matter, and no more behind the point."""
    if math.isinf(value):
        return "∞"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def to_cells(row: Row) -> list[str]:
    """A row as texts: what, median, least, most, samples, ratio, goal with whether it was met."""
    number = [format_number(v) for v in (row.samples.median, row.samples.least, row.samples.most)]
    ratio = "" if row.ratio is None else format_number(row.ratio)
    met = {None: "", True: "met", False: "missed"}[row.ok]
    return [row.what, f"{number[0]} {row.unit}", *number[1:], str(len(row.samples.values)), ratio, _join(row.goal, met)]


def _join(goal: str | None, met: str) -> str:
    return ": ".join(part for part in (goal or "", met) if part)


def columns(table: Table) -> list[str]:
    """Headings of what `to_cells` yields."""
    return ["", "median", "min", "max", "n", f"x {table.ratio_to}" if table.ratio_to else "", "goal"]


def draw_table(table: Table) -> RichTable:
    """The table for a terminal."""
    drawn = RichTable(title=table.title, caption="\n".join(table.notes) or None, title_justify="left")
    for place, heading in enumerate(columns(table)):
        drawn.add_column(heading, justify="right" if 1 <= place <= 5 else "left")
    for row in table.rows:
        style = {None: None, True: "green", False: "red"}[row.ok]
        drawn.add_row(*to_cells(row), style=style)
    return drawn


def to_json(report: Report) -> dict[str, Any]:
    """The report as `from_json` reads it back. What is infinite is null there, since JSON knows no such number."""
    return {
        "machine": dict(report.machine),
        "versions": dict(report.versions),
        "quick": report.quick,
        "tables": [_table_to_json(table) for table in report.tables],
    }


def _table_to_json(table: Table) -> dict[str, Any]:
    rows = [
        {
            "what": row.what,
            "unit": row.unit,
            "median": _to_number(row.samples.median),
            "min": _to_number(row.samples.least),
            "max": _to_number(row.samples.most),
            "samples": [_to_number(value) for value in row.samples.values],
            "ratio": row.ratio,
            "goal": row.goal,
            "ok": row.ok,
        }
        for row in table.rows
    ]
    head = {"name": table.name, "title": table.title, "ratio_to": table.ratio_to}
    return {**head, "notes": list(table.notes), "rows": rows}


def _to_number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def from_json(document: Mapping[str, Any]) -> Report:
    """A report as it was written; KeyError or TypeError if it is none."""
    return Report(
        machine=document["machine"],
        versions=document["versions"],
        quick=document["quick"],
        tables=[_table_from_json(table) for table in document["tables"]],
    )


def _table_from_json(document: Mapping[str, Any]) -> Table:
    rows = tuple(
        Row(r["what"], r["unit"], _read_samples(r["samples"]), r["ratio"], r["goal"], r["ok"]) for r in document["rows"]
    )
    notes = tuple(document["notes"])
    return Table(document["name"], document["title"], rows, document["ratio_to"], notes)


def _read_samples(values: Sequence[float | None]) -> Samples:
    return Samples(tuple(math.inf if value is None else value for value in values))
