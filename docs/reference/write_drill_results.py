# noqa: INP001 - a script
"""Write drill-results.md, beside this file, from what drills left in docs/results: a full run each."""

import json
from collections.abc import Callable
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
_RESTORATION: Final = "simulation-restoration.json"
_PUSHED: Final = frozenset(f"bad-changes-{peer}.json" for peer in ("envoy", "nginx", "haproxy"))
_OUTCOMES: Final = {
    "cases": "all",
    "refused": "refused",
    "refused_yet_broke": "of these, broke requests all the same",
    "broke": "taken, and broke requests",
    "unseen": "taken, and no single request shows the harm",
    "passed": "taken, and broke nothing",
    "not_expressible": "can't be said there, or nothing of its configuration is another",
    "broken": "couldn't be tried",
    "services_broken": "services broken, over all changes",
    "requests_broken": "requests broken, over all changes",
}
_WAVES: Final = "bad-changes-waves.json"
_TOLD_BY_HEADING: Final = frozenset({"tenants", "length_s", "step_s", "seed", "examples_of_false"})


def render_results() -> str:
    """The page of all results, in Markdown."""
    parts = []
    for file in sorted(RESULTS.glob("*.json")):
        run = json.loads(file.read_text(encoding="utf-8"))
        parts.append(_choose(file.name)(run))
    return _INTRODUCTION + "".join(parts)


def _choose(name: str) -> Callable[[dict[str, Any]], str]:
    if name == _RESTORATION:
        return _render_restorations
    if name.startswith(_SIMULATED):
        return _render_simulation
    if name == _WAVES:
        return _render_waves
    return _render_pushed if name in _PUSHED else _render_run


def _render_pushed(run: dict[str, Any]) -> str:
    rows = "".join(
        f"| {what} | {run['bad'][name]:,} | {run['harmless'][name]:,} |\n" for name, what in _OUTCOMES.items()
    )
    versions = ", ".join(f"{key} {value}" for key, value in run["versions"].items())
    return (
        f"\n## {run['scenario']}, pushed to {run['peer']} at once\n\n"
        f"| changes | bad | harmless |\n|---|---|---|\n{rows}\nVersions: {versions}.\n"
    )


def _render_waves(run: dict[str, Any]) -> str:
    counted = ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in run["bad"].items())
    versions = ", ".join(f"{key} {value}" for key, value in run["versions"].items())
    return (
        f"\n## {run['scenario']}, forced past the plan under traffic\n\n"
        f"What nothing before an edge catches; waves bake {run['bake_s']:g} s, and what is usual was learnt for "
        f"{run['learn_s']:g} s. Wrong are requests of services that were hurt, until the end; of several tries, the "
        "worst is told.\n\n"
        "| case | stopped by | tries, stopped | after | waves begun | requests/s | services hurt | wrong |\n"
        "|---|---|---|---|---|---|---|---|\n"
        + "".join(_render_wave_case(case) for case in run["cases"])
        + f"\n{counted}. Not expressed: {'; '.join(run['not_expressed'])}. Versions: {versions}.\n"
    )


def _render_wave_case(case: dict[str, Any]) -> str:
    hurt = case["services_hurt"]
    after = f"{case['last_wave_s']:g} s" if case["rolled_back"] else ""
    wrong = ", ".join(f"{each['wrong']:,} of {each['asked']:,}" for each in hurt.values())
    tries = f"{case['tries']}, {case['tries_stopped']}"
    waves = f"{case['waves_begun']} of {case['waves']}"
    names = ", ".join(hurt) or "none"
    told = (case["case"], case["outcome"], tries, after, waves, f"{case['rps']:,.0f}", names, wrong)
    return f"| {' | '.join(told)} |\n"


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


def _render_restorations(run: dict[str, Any]) -> str:
    rows = "".join(_render_restoration(each) for each in run["platforms"])
    return (
        "\n## Simulation: services that come back after an outage\n\n"
        "By their turns, and all at once, in the same made-up world. Starts are told in times of how long each service "
        "takes by itself.\n\n"
        "| seed | services | back | all back after | out of order | starts, p50 and most | let in and failed "
        "| at once: well after half an hour | at once: failed |\n|---|---|---|---|---|---|---|---|---|\n" + rows
    )


def _render_restoration(run: dict[str, Any]) -> str:
    by_turns, at_once = run["restored"], run["at_once"]
    starts = by_turns["start_times_solo"]
    told = (
        f"{run['seed']}",
        f"{run['services']}",
        f"{by_turns['back']}",
        f"{by_turns['all_back_s']:,.0f} s",
        f"{len(by_turns['out_of_order'])}",
        f"{starts['p50']:.2f}, {starts['max']:.2f}",
        f"{by_turns['requests_failed']:,}",
        f"{at_once['back']}",
        f"{at_once['requests_failed']:,}",
    )
    return f"| {' | '.join(told)} |\n"


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
