"""`python -m holdfast.drills.bad_changes [CASE …]`: take the corpus through the stages, and say what was missed."""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from holdfast import compile as compiler
from holdfast.adapters.envoy.binary import find_envoy
from holdfast.drills.bad_changes.corpus import Case, read_corpus
from holdfast.drills.bad_changes.trial import Tried, try_case
from holdfast.runtime.canary import EnvoyCanary
from holdfast.runtime.effects import EffectTrials
from holdfast.runtime.planning import Planner

GOOD = frozenset({"caught", "passed"})


def main(
    only: Annotated[list[str] | None, typer.Argument(help="Only cases whose names begin so; H… are harmless.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the result as JSON to this file.")] = None,
) -> None:
    """Try every change of the corpus. Ends with 1 if one was missed, caught late or refused wrongly."""
    folder = Path(str(files("holdfast.drills").joinpath("scenarios", "bad-changes")))
    cases = [case for case in read_corpus(folder) if not only or case.id.startswith(tuple(only))]
    tried = asyncio.run(_try_all(cases))
    outcomes = Counter(("harmless" if t.case.caught_by is None else "bad", t.outcome) for t in tried)
    _show(", ".join(f"{kind} {outcome}: {count}" for (kind, outcome), count in sorted(outcomes.items())))
    if out is not None:
        out.write_text(json.dumps([_tell(each) for each in tried], indent=2) + "\n", encoding="utf-8")
    raise typer.Exit(code=0 if all(each.outcome in GOOD for each in tried) else 1)


async def _try_all(cases: list[Case]) -> list[Tried]:
    tried = []
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        canary = EnvoyCanary(Path(folder) / "canary", find_envoy)
        planner = Planner(compiler, canary, EffectTrials(Path(folder) / "effects", find_envoy))
        for case in cases:
            found = await try_case(case, planner)
            tried.append(found)
            word = found.outcome if found.outcome in GOOD else found.outcome.upper()
            _show(f"{word:8} {case.id:46} {found.stage or '-':10} {'; '.join((*found.said, *found.strangers))[:150]}")
    return tried


def _tell(tried: Tried) -> dict[str, object]:
    case = tried.case
    wanted = {"case": case.id, "title": case.title, "source": case.source["kind"], "caught_by": case.caught_by}
    return {**wanted, "outcome": tried.outcome, "stage": tried.stage, "said": tried.said, "strangers": tried.strangers}


def _show(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()


if __name__ == "__main__":
    typer.run(main)
