"""`python -m holdfast.drills.bad_changes.waves [CASE …]`: force changes past their plan; which wave stops them?"""

import asyncio
import json
import sys
from collections import Counter
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from holdfast.drills.bad_changes.corpus import read_corpus
from holdfast.drills.bad_changes.waves_traffic import AT_FULL_RATE
from holdfast.drills.bad_changes.waves_trial import Form, Went, count_statuses, list_hurt, try_waves
from holdfast.drills.stage.machine import describe_versions

UNCAUGHT: Final = ("048", "051", "056", "065", "071", "072", "073")
"""What nothing before an edge catches."""
NOT_EXPRESSED: Final = (
    "callers that fail in turn when what they call does, or ask again",
    "how often everything is asked: rates are a small part of what is usual, except of services asked at full rate",
    "further edges of a location: each has its first only",
    "HTTP/2 endpoints, address pools and bodies larger than 4 KiB",
)
"""What this world has no part of."""
OUTCOMES: Final = ("first wave", "later wave", "not caught", "no harm", "refused", "broken")
_WORST_FIRST: Final = ("broken", "not caught", "later wave", "refused", "first wave", "no harm")
GOOD: Final = frozenset({"first wave", "no harm"})


def main(
    only: Annotated[list[str] | None, typer.Argument(help="Only cases whose names begin so.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the result as JSON to this file.")] = None,
    rps: Annotated[float, typer.Option(help="Requests a second, over all services.", max=400)] = 200,
    bake: Annotated[float, typer.Option(help="How long each wave bakes, in seconds.")] = 10,
    tries: Annotated[int, typer.Option(help="How often each case is tried; the worst is told.", min=1)] = 1,
) -> None:
    """Push changes past their plan to a Holdfast with traffic. Ends with 1 if the first wave doesn't stop all harm."""
    folder = Path(str(files("holdfast.drills").joinpath("scenarios", "bad-changes")))
    chosen = tuple(only or UNCAUGHT)
    form = Form(bake_s=bake, rps=rps)
    tried: list[Went] = []
    cases = [case for case in read_corpus(folder) if case.id.startswith(chosen)]
    for case in (case for case in cases for _ in range(tries)):
        went = asyncio.run(try_waves(case, form))
        tried.append(went)
        _show(_tell_line(went))
        if out is not None:
            out.write_text(json.dumps(tell_waves(form, tried), indent=2) + "\n", encoding="utf-8")
    raise typer.Exit(code=0 if all(each.outcome in GOOD for each in tried) else 1)


def tell_waves(form: Form, tried: list[Went]) -> dict[str, Any]:
    """A document of results: figures with their parts, and every case by the worst of its tries."""
    cases = [_tell_worst(list(tries)) for _, tries in groupby(tried, key=lambda went: went.case.id)]
    outcomes = Counter(each["outcome"] for each in cases)
    return {
        "scenario": "bad-changes",
        "versions": describe_versions(),
        "bake_s": form.bake_s,
        "learn_s": form.learn_s,
        "not_expressed": NOT_EXPRESSED,
        "bad": {"cases": len(cases), **{each.replace(" ", "_"): outcomes[each] for each in OUTCOMES}},
        "cases": cases,
    }


def _tell_worst(tries: list[Went]) -> dict[str, Any]:
    worst = min(tries, key=lambda went: _WORST_FIRST.index(went.outcome))
    return {**_tell_case(worst), "tries": len(tries), "tries_stopped": sum(each.outcome in GOOD for each in tries)}


def _tell_case(went: Went) -> dict[str, Any]:
    hurt = list_hurt(went)
    return {
        "case": went.case.id,
        "title": went.case.title,
        "caught_by": went.case.caught_by,
        "outcome": went.outcome,
        "said": went.failed or went.refused or went.rolled_back or went.stands,
        "rolled_back": went.rolled_back is not None,
        "reached_everybody": went.in_force,
        "evidence": went.evidence,
        "dangers_confirmed": went.confirmed,
        "waves": len(went.waves),
        "waves_begun": 0 if went.wave is None else went.wave + 1,
        "last_wave_s": None if went.wave_s is None else round(went.wave_s, 1),
        "rps": round(went.rps, 1),
        "at_full_rate": dict(AT_FULL_RATE.get(went.case.id, {})),
        "services_hurt": {name: {"wrong": wrong, "asked": asked} for name, (wrong, asked) in hurt.items()},
        "answers": dict(count_statuses(went)),
        "requests_wrong": sum(went.during.wrong.values()),
        "requests_asked": sum(went.during.asked.values()),
        "requests_wrong_before": sum(went.before.wrong.values()),
        "requests_asked_before": sum(went.before.asked.values()),
        "requests_left_out": went.left_out,
        "requests_unsent": went.unsent,
    }


def _tell_line(went: Went) -> str:
    told = _tell_case(went)
    hurt = ", ".join(f"{name} {each['wrong']} of {each['asked']}" for name, each in told["services_hurt"].items())
    waves = f"wave {told['waves_begun']} of {told['waves']}"
    return f"{went.outcome:12}{went.case.id:48}{waves}; hurt: {hurt or 'nobody'}; {(told['said'] or '')[:240]}"


def _show(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()


if __name__ == "__main__":
    typer.run(main)
