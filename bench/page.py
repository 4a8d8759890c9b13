"""The page of the documentation that shows one run of the benchmarks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.report import columns, from_json, to_cells, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bench.report import Report, Table

REFERENCE: Final = Path(__file__).parents[1] / "docs" / "reference"
RESULTS: Final = REFERENCE / "benchmarks.json"
PAGE: Final = REFERENCE / "benchmarks.md"
_INTRODUCTION: Final = """\
# Benchmarks

What Holdfast costs and what it holds, beside other proxies. All numbers of this page come from one run of

```sh
./dev bench --docs
```

which writes this page and [the measurements behind it](benchmarks.json). It takes less than ten minutes; `--quick` is
for a look, `--only NAME` for one table.
"""
_QUICK: Final = "**This was a quick run: its numbers show the way, no more.**\n"
_MISSED: Final = "**Goals that were missed in this run are marked so.**\n"
_METHOD: Final = """\
## How it is measured

- Real processes, one worker each, on a core of their own; load and upstream on the others. Numbers depend on the
  machine, ratios less so: compare within this page only.
- What is compared is measured in turn, A B A B, every second round backwards, after a round that isn't counted. Shown
  are the median, the lowest and the highest of `n` measurements.
- Processor time is what the operating system charged the proxy's processes, user and kernel, over a block of requests
  at a fixed rate, divided by their number. If 1 % of the answers are other than supposed, the run fails.
- In `bystanders`, load and scoring are those of [the drill](../guides/drills.md): requests are due at set moments
  whatever came before, and a block in which the generator was late is repeated. Blocks are fewer and shorter here, so
  the verdict on Holdfast is the drill's.
- The others are configured as somebody would who knows them; the files are in `bench/peers`.
"""
_TELLS: Final[Mapping[str, str]] = {
    "proxied": "What all default protections cost a request that passes them.",
    "rejected": "What a refusal costs, so what a flood costs. `nearest` is the most similar refusal of HAProxy's.",
    "bystanders": "`flooded tenant answered` counts its usual customers too; p99 is that of all bystanders together, "
    "its ratio that of the p99 with the flood to the p99 without it.",
    "scale": "Compile, push and ACK are of one edge; control is a whole `holdfast up`, and a kill is timed from before "
    "its call to the first refusal at the edge.",
}


def write_page(report: Report) -> Path:
    """Write a run's measurements and the page of them; returns the page's path."""
    RESULTS.write_text(render_results(report), encoding="utf-8")
    PAGE.write_text(render_page(report), encoding="utf-8")
    return PAGE


def read_results() -> Report:
    """The run that the page shows."""
    return from_json(json.loads(RESULTS.read_text(encoding="utf-8")))


def render_results(report: Report) -> str:
    """The measurements, as JSON."""
    return json.dumps(to_json(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def render_page(report: Report) -> str:
    """The page, as Markdown."""
    marks = [_QUICK] * report.quick + [_MISSED] * (not report.ok)
    tables = [_render_table(table) for table in report.tables]
    return "\n".join([_INTRODUCTION, *marks, *tables, _METHOD, _render_conditions(report)])


def _render_table(table: Table) -> str:
    headings = columns(table)
    lines = [
        f"## {table.title}",
        "",
        f"`./dev bench --only {table.name}`. {_TELLS[table.name]}",
        "",
        _line(headings),
        _line("---:" if 1 <= place <= 5 else "---" for place in range(len(headings))),
        *(_line(to_cells(row)) for row in table.rows),
        "",
        *(f"- {note}" for note in table.notes),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _render_conditions(report: Report) -> str:
    return "\n".join(["## Machine and versions", "", *_tabulate(report.machine), "", *_tabulate(report.versions), ""])


def _tabulate(facts: Mapping[str, object]) -> Iterator[str]:
    yield _line(("", ""))
    yield _line(("---", "---"))
    for name, value in facts.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield _line((name.replace("_", " "), shown))


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
