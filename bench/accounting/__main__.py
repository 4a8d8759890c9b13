"""The command `python -m bench.accounting`: each part prints its result as JSON, and ends with 1 if that is bad."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from bench.accounting import cost as costs
from bench.accounting import edges as on_edges
from bench.accounting import report_c as replay
from bench.accounting import simulated as simulation
from bench.accounting.simulated import Booked, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

GOAL_S: Final = 60.0
RATES: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 200.0, 500.0)
SPARSE_RATES: Final = (0.0, 0.05, 0.2, 0.5, 0.8)
SPARSE_RPS: Final = 1.0
"""Below this, a partial loss may be gone before enough requests have met it; a whole one isn't."""
PARTIAL: Final = (Kind.MOSTLY, Kind.PARTLY)
SEEN_BY_PROBES: Final = (Kind.KILLED, Kind.HUNG, *PARTIAL)
"""Nobody meets read-only but who writes, and probes don't."""
REQUESTS_TO_TELL: Final = 100.0
"""So many requests it takes to tell 60 % from 50 %: by so long, more than a minute, what only few met may be wrong."""
CPU_PERCENT_MAX: Final = 1.0
"""Of one core, with the most services."""
SERVICES: Final = (1_000, 50_000)
BUSY: Final = (costs.BUSY, 5_000, 50_000)
"""Services of one edge that have traffic."""

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
JsonOption = Annotated[Path | None, typer.Option("--json", help="Write the result to this file too.")]
SeedOption = Annotated[int, typer.Option(help="Everything is drawn from it.")]


@app.command()
def simulated(
    *,
    seed: SeedOption = 1,
    hours: Annotated[float, typer.Option(help="Simulated time.")] = 24.0,
    each: Annotated[int, typer.Option(help="Services of each rate.")] = 3,
    json_file: JsonOption = None,
) -> None:
    """Hundreds of outages as edges' reports, of services with probes and without: the largest error, by kind and rate.

    Every one counts: those with probes, and those that get enough requests, must be within a minute. Of the others
    partial losses must be within what is said of them, going by what those who asked met.
    """
    told, held, sparse = {}, list[float](), list[Booked]()
    for name, rates, kinds, probed in (
        ("without_probes", RATES, list(Kind), False),
        ("with_probes", SPARSE_RATES, SEEN_BY_PROBES, True),
    ):
        booked = simulation.play(seed, rates * each, kinds, hours, probed=probed)
        told[name] = _describe_booked(booked)
        for one in booked:
            if probed or one.outage.kind not in PARTIAL or one.outage.rps >= SPARSE_RPS:
                held.append(one.error_s)
            else:
                sparse.append(one)
    beyond = [one for one in sparse if one.error_to_met_s > GOAL_S + REQUESTS_TO_TELL / one.outage.rps]
    measures = {
        "error_s_max": round(max(held), 1),
        "sparse_partial_losses_without_probes": {
            "outages": len(sparse),
            "beyond_a_minute": sum(one.error_s > GOAL_S for one in sparse),
            "error_s_max": round(max((one.error_s for one in sparse), default=0.0), 1),
            "error_s_max_to_what_users_met": round(max((one.error_to_met_s for one in sparse), default=0.0), 1),
            "beyond_what_is_said": len(beyond),
        },
        **told,
    }
    _conclude("accounting-simulated", seed, max(held) <= GOAL_S and not beyond, measures, json_file)


def _describe_booked(booked: Sequence[Booked]) -> dict[str, Any]:
    worst: dict[str, dict[str, float]] = {}
    for one in booked:
        kind, rate = worst.setdefault(one.outage.kind, {}), f"{one.outage.rps:g}/s"
        kind[rate] = max(kind.get(rate, 0.0), round(one.error_s, 1))
    over = sum(one.error_s > GOAL_S for one in booked)
    return {"outages": len(booked), "beyond_a_minute": over, "error_s_max_by_kind_and_rate": worst}


@app.command()
def edges(
    *,
    seed: SeedOption = 1,
    shortest: Annotated[float, typer.Option(help="Seconds that an outage lasts at least.")] = 25.0,
    longest: Annotated[float, typer.Option(help="Seconds that an outage lasts at most.")] = 60.0,
    only: Annotated[list[str] | None, typer.Option(help="Kinds of outages; all if left out.")] = None,
    json_file: JsonOption = None,
) -> None:
    """Outages on real edges in two regions, against a prober of its own: the largest error."""
    kinds = only or [*on_edges.KINDS, *on_edges.ALONE]
    results = asyncio.run(on_edges.play(seed, kinds, (shortest, longest)))
    errors_s = {name: max(result.errors_s[name] for result in results) for name in results[0].errors_s}
    told = [asdict(result) | {"errors_s": result.errors_s} for result in results]
    rounded = {name: round(error_s, 1) for name, error_s in errors_s.items()}
    measures = {"outages": len(results), "error_s_max": rounded, "each": told}
    _conclude("accounting-edges", seed, all(result.is_held for result in results), measures, json_file)


@app.command()
def report_c(
    *,
    seed: SeedOption = 1,
    scale: Annotated[float, typer.Option(help="So many times as fast as it was.", min=1, max=60)] = 20.0,
    json_file: JsonOption = None,
) -> None:
    """Report C again: 20 minutes down and 62 degraded on one day, 39 down on another, one region."""
    sums = asyncio.run(replay.play(scale, seed))
    error_min = max(one.error_min for one in sums)
    told = [asdict(one) | {"error_min": round(one.error_min, 2)} for one in sums]
    measures = {"scale": scale, "error_min_max": round(error_min, 2), "sums": told}
    _conclude("accounting-report-c", seed, error_min <= GOAL_S / 60, measures, json_file)


@app.command()
def cost(
    *,
    seconds: Annotated[float, typer.Option(help="Seconds of traffic.", min=10)] = 120.0,
    json_file: JsonOption = None,
) -> None:
    """The cost of the same traffic with few services and with many."""
    found = {services: costs.measure_cost(services, seconds) for services in SERVICES}
    few, many = (sum(found[services][part] for part in ("take", "close", "write")) for services in SERVICES)
    outage = costs.measure_cost(SERVICES[0], seconds, busy=SERVICES[0], lost=1.0)
    measures = {
        "cpu_percent": {
            str(n): {k: round(v * 100, 3) for k, v in one.items() if k != "bytes_per_s"} for n, one in found.items()
        },
        "ratio": round(many / few, 2),
        "cpu_percent_while_all_of_1000_fail": round(sum(outage[k] for k in ("take", "close", "write")) * 100, 3),
        "bytes_per_s": round(found[SERVICES[0]]["bytes_per_s"]),
    }
    agents = {busy: costs.measure_backlog(busy, seconds if busy < SERVICES[1] else 20.0) for busy in BUSY}
    measures["agent_by_busy_services"] = {
        str(busy): {
            "cpu_percent": round(one["cpu"] * 100, 3),
            "mib_per_hour": round(one["bytes_per_hour"] / 2**20, 2),
            "fine_for_minutes": round(one["fine_for_s"] / 60, 1),
        }
        for busy, one in agents.items()
    }
    ok = many * 100 <= CPU_PERCENT_MAX and agents[BUSY[0]]["cpu"] * 100 <= CPU_PERCENT_MAX
    _conclude("accounting-cost", 1, ok, measures, json_file)


def _conclude(name: str, seed: int, ok: bool, measures: dict[str, Any], json_file: Path | None) -> None:
    text = json.dumps(
        {"name": name, "seed": seed, "verdict": "passed" if ok else "failed", "measures": measures}, indent=2
    )
    typer.echo(text)
    if json_file is not None:
        json_file.write_text(text + "\n")
    raise typer.Exit(0 if ok else 1)


if __name__ == "__main__":
    app()
