# noqa: INP001 - a script
"""Write drill-results.md, beside this file, from what drills left in docs/results: a full run each."""

import json
from pathlib import Path
from typing import Any, Final

from holdfast.drills.report.words import format_measure
from holdfast.drills.result import Measure

RESULTS: Final = Path(__file__).parents[1] / "results"
_INTRODUCTION: Final = """\
# Drill results

Full runs, as `holdfast drill run NAME --json` wrote them, and simulations, as `./dev sim month --out` did. What is
measured, and how, is in [the guide](../guides/drills.md).
"""
_SIMULATED: Final = "simulation-"
_TOLD_BY_HEADING: Final = frozenset({"tenants", "length_s", "step_s", "seed", "examples_of_false"})


def render_results() -> str:
    """The page of all results, in Markdown."""
    parts = []
    for file in sorted(RESULTS.glob("*.json")):
        run = json.loads(file.read_text(encoding="utf-8"))
        parts.append(_render_simulation(run) if file.name.startswith(_SIMULATED) else _render_run(run))
    return _INTRODUCTION + "".join(parts)


def _render_simulation(run: dict[str, Any]) -> str:
    days = f"{run['length_s'] / 86_400:.3g}"
    rows = "".join(
        f"| {name.replace('_', ' ')} | {_tell(value)} |\n"
        for name, value in run.items()
        if name not in _TOLD_BY_HEADING
    )
    return (
        f"\n## Simulation: {run['tenants']:,} tenants, days: {days}, a look every {run['step_s']:g} s\n\n"
        f"Seed {run['seed']}.\n\n| measure | value |\n|---|---|\n{rows}"
    )


def _tell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_tell(each)}" for name, each in value.items()) or "none"
    return "" if value is None else f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"


def _render_run(run: dict[str, Any]) -> str:
    how = "with protections" if run["protected"] else "without protections"
    if run.get("peer"):
        how = f"with {run['peer']} in Holdfast's place"
    rows = "".join(_render_measure(name, measure) for name, measure in run["measures"].items())
    machine = ", ".join(f"{key} {value}" for key, value in run["machine"].items() if not isinstance(value, dict | list))
    versions = ", ".join(f"{key} {value}" for key, value in run["versions"].items())
    return (
        f"\n## {run['scenario']}, {how}\n\nSeed {run['seed']}. Verdict: **{run['verdict']}**.\n\n"
        f"| measure | value | goal | met | samples |\n|---|---|---|---|---|\n{rows}\n"
        f"Machine: {machine}. Versions: {versions}.\n"
    )


def _render_measure(name: str, measure: dict[str, Any]) -> str:
    value = "without end" if measure["value"] is None else format_measure(Measure.model_validate(measure))
    met = {None: "", True: "yes", False: "**no**"}[measure["ok"]]
    return f"| {name.replace('_', ' ')} | {value} | {measure['goal'] or ''} | {met} | {measure['samples'] or 0:,} |\n"


PAGES: Final = {"drill-results.md": render_results}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (Path(__file__).parent / page).write_text(render(), encoding="utf-8")
