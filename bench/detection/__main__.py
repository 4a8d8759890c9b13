"""The command `python -m bench.detection`: measures the detector, and prints what it measured."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - read by typer at run time
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from bench.detection.delays import STEPS, measure_delays
from bench.detection.false_alarms import Alarms, count_alarms
from bench.detection.request_mix import TOLD, UNTOLD, draw_networks, make_site, read_site
from bench.detection.sources import Tally, tell_sources, time_attribution
from bench.detection.speed import METRICS_JUDGED, time_naive, time_ticks
from bench.detection.traces import play_trace, read_traces

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.detection.request_mix import Site

SERVICES = 50_000
SEED = 1_000
"""The first seed; those below 100 were used for tuning."""


def main(
    traces: Annotated[Path | None, typer.Option(help="A folder of real traces, played too.")] = None,
    seeds: Annotated[int, typer.Option(help="Tenants for each kind of step, and attacks of each kind.")] = 200,
    tenants: Annotated[int, typer.Option(help="Made-up tenants that are watched for false alarms.")] = 1_000,
    hours: Annotated[float, typer.Option(help="For so many hours.")] = 4.0,
) -> None:
    """Measure what a tick costs, how soon surges are seen, how well sources are told, and how often for nothing."""
    console = Console()
    console.print(show_speed(), show_delays(seeds), show_sources(seeds, traces), sep="\n")
    console.print(show_alarms("Made-up tenants", {"tenants": count_alarms(tenants, hours, SEED)}))
    if traces:
        played = {name: play_trace(days) for name, days in read_traces(traces).items()}
        console.print(show_alarms("Real traces, each day a tenant of its own", played))


def show_speed() -> Table:
    table = Table("services", "edges", "tick: p50 ms", "p99 ms", "ns a series", "naive / this", "report: p50 ms")
    naive_s = time_naive(2_000)
    for edges in (1, 4):
        ticks, takes = time_ticks(SERVICES, edges)
        series_s = float(np.median(ticks)) / SERVICES / METRICS_JUDGED
        p50, p99 = np.percentile(ticks, [50, 99]) * 1e3
        row = (SERVICES, edges, p50, p99, series_s * 1e9, naive_s / series_s, float(np.median(takes)) * 1e3)
        table.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row))
    table.title = "CPU time of a tick, four metrics (goal: 20 ms)"
    return table


def show_delays(seeds: int) -> Table:
    table = Table("step", "p50 s", "p95 s", "p99 s", "missed", "early", "goals", title="From onset to finding")
    for step in STEPS:
        delays = measure_delays(step, seeds, SEED)
        p50, p95, p99 = np.sort(delays.seconds)[[int(seeds * share) for share in (0.5, 0.95, 0.99)]]
        goals = [f"{name} {limit}" for name, limit in (("p50", step.p50_s_max), ("p95", step.p95_s_max)) if limit]
        missed = int(np.isinf(delays.seconds).sum())
        row = (f"{p50:.2f}", f"{p95:.2f}", f"{p99:.2f}", str(missed), str(delays.early), ", ".join(goals))
        table.add_row(step.name, *row)
    return table


def show_sources(seeds: int, traces: Path | None) -> Table:
    table = Table("excess", "right", "wrong", "ms", title="Source rules, 200 samples, 2-10x (goals: 95 %, 2 %)")
    sites: dict[str, Callable[[np.random.Generator], Site]] = {"made up": make_site}
    if traces:
        logged = read_site(traces / "elastic_apache_access.log.gz")

        def give_logged(_: np.random.Generator) -> Site:
            return logged

        sites["real log"] = give_logged
    for site, build in sites.items():
        for kinds, tellable in ((TOLD, True), (UNTOLD, False)):
            for name, draw in kinds.items():
                tally = tell_sources(draw, tellable=tellable, seeds=range(SEED, SEED + seeds), build_site=build)
                table.add_row(f"{name}, {site}", *_show_tally(tally))
    large_s = time_attribution(make_site(np.random.default_rng(SEED)), draw_networks, 2_000)
    table.add_row("2,000 samples now and before", "", "", f"{large_s * 1e3:.1f}")
    return table


def _show_tally(tally: Tally) -> tuple[str, str, str]:
    cpu_ms = float(np.median(tally.cpu_s)) * 1e3
    return f"{tally.right / tally.runs:.1%}", f"{tally.wrong / tally.runs:.1%}", f"{cpu_ms:.1f}"


def show_alarms(title: str, played: dict[str, Alarms]) -> Table:
    table = Table("traffic", "tenant-months", "natural surges", "opened", "of it in the second half", title=title)
    for name, alarms in played.items():
        opened, late = (
            ", ".join(f"{n} {what}" for what, n in sorted(c.items()) if n) for c in (alarms.opened, alarms.late)
        )
        table.add_row(name, f"{alarms.tenant_months:.2f}", str(alarms.surges or "?"), opened or "none", late or "none")
    harmful = [line for alarms in played.values() for line in alarms.harmful]
    table.caption = "\n".join(harmful[:5]) or "no tier 2"
    return table


if __name__ == "__main__":
    typer.run(main)
