"""`python -m holdfast.drills.simulation stories|month|hour|rollouts|failovers|restoration`: see each command's help."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from holdfast.drills.simulation.crowd import HOUR, MONTH, Size, run_crowd
from holdfast.drills.simulation.failovers import run_failovers
from holdfast.drills.simulation.restoration import run_restoration
from holdfast.drills.simulation.rollouts import run_rollouts
from holdfast.drills.simulation.stories import STORIES, tell_all

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
Seed = Annotated[int, typer.Option(help="The same seed gives the same run.")]
Out = Annotated[Path | None, typer.Option(help="Write the result as JSON to this file too.")]
DAY_S = 86_400.0


@app.command()
def stories(
    seeds: Annotated[int, typer.Argument(help="How many seeds each story is played with.")] = 3,
    only: Annotated[list[str] | None, typer.Option(help="Only this story; may be given again.")] = None,
    first: Annotated[int, typer.Option(help="The first seed.")] = 1,
) -> None:
    """Play every story: floods of all kinds, flash crowds, noise, and everything rising at once."""
    failed = 0
    for told in tell_all(frozenset(only or ()), range(first, first + seeds)):
        failed += not told.ok
        numbers = "  ".join(f"{name} {value:.5g}" for name, value in told.measures.items())
        _show(f"{'ok   ' if told.ok else 'WRONG'} {told.story:13} {told.seed:4}  {numbers}")
        for wrong in told.wrong:
            _show(f"      {wrong}")
    _show(f"{len(STORIES) if not only else len(only)} stories, {seeds} seeds each: {failed or 'none'} wrong")
    raise typer.Exit(code=1 if failed else 0)


@app.command()
def month(
    tenants: int = MONTH.tenants,
    days: float = MONTH.length_s / DAY_S,
    step: Annotated[float, typer.Option(help="Seconds between two looks; control itself looks every 0.25 s.")] = 1.0,
    floods: int = MONTH.floods,
    seed: Seed = 1,
    out: Out = None,
) -> None:
    """500 tenants for a month, at a look a second: false alarms, and floods found."""
    _run(Size(tenants, days * DAY_S, step, floods), seed, out)


@app.command()
def hour(
    tenants: int = HOUR.tenants,
    minutes: float = HOUR.length_s / 60,
    step: Annotated[float, typer.Option(help="Seconds between two looks.")] = HOUR.step_s,
    floods: int = HOUR.floods,
    seed: Seed = 1,
    out: Out = None,
) -> None:
    """50,000 tenants for an hour, at the pace that control keeps: false alarms, and floods found."""
    _run(Size(tenants, minutes * 60, step, floods), seed, out)


@app.command()
def rollouts(
    harmless: Annotated[int, typer.Option(help="How many harmless rollouts.")] = 300,
    bad: Annotated[int, typer.Option(help="How many of each kind of bad one.")] = 40,
    noise: Annotated[float, typer.Option(help="So many times as much befalls tenants by themselves.")] = 1.0,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 1,
    traces: Annotated[Path | None, typer.Option(help="A folder of real traces; made up without.")] = None,
    seed: Seed = 1,
    out: Out = None,
) -> None:
    """Roll out harmless revisions and bad ones: how often and how soon the judge rolls back."""
    result = run_rollouts(harmless, bad, seed, noise, jobs, traces, lambda line: typer.echo(line, err=True))
    text = json.dumps(result, indent=2)
    typer.echo(text)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    missed = any(trial["ok"] is False for trial in result["bad"])
    raise typer.Exit(code=1 if missed or result["harmless"]["rolled_back"] else 0)


@app.command()
def restoration(
    seeds: Annotated[int, typer.Argument(help="How many platforms.")] = 5,
    services: Annotated[int, typer.Option(help="Services of each platform.", min=2, max=99)] = 50,
    first: Annotated[int, typer.Option(help="The first seed.")] = 1,
    out: Out = None,
) -> None:
    """Bring services with dependencies back after an outage: by their turns, each by itself, and all at once."""
    runs = [run_restoration(services, seed) for seed in range(first, first + seeds)]
    text = json.dumps({"platforms": runs}, indent=2)
    typer.echo(text)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    raise typer.Exit(code=0 if all(run["ok"] for run in runs) else 1)


@app.command()
def failovers(
    runs: Annotated[int, typer.Option(help="How many primaries that come and go; a fifth as many of each loss.")] = 100,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 1,
    seed: Seed = 1,
    out: Out = None,
) -> None:
    """Lose primaries, for a moment or for good, for all edges or a few: how soon services move, and that none flaps."""
    result = run_failovers(runs, seed, jobs, lambda line: typer.echo(line, err=True))
    text = json.dumps(result, indent=2)
    typer.echo(text)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    is_well = not result["flapping"]["flapped"] and result["seen_by_few"]["ok"]
    raise typer.Exit(code=0 if is_well and all(loss["ok"] for loss in result["lost"]) else 1)


def _run(size: Size, seed: int, out: Path | None) -> None:
    result = run_crowd(size, seed, lambda line: typer.echo(line, err=True))
    text = json.dumps(result, indent=2)
    typer.echo(text)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
    wrong = result["false_tier_2"]["total"] or result["requests_refused_without_flood"]
    raise typer.Exit(code=1 if wrong else 0)


def _show(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()


if __name__ == "__main__":
    app()
