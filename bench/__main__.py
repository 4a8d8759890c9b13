"""The command `python -m bench`: runs the benchmarks and tells what they measured."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path  # noqa: TC003 - read by typer at run time
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.console import Console

from bench import bystanders, changes, proxied, rejected, scale, spool, status_site, telemetry
from bench.page import write_page
from bench.proxies import ProxyName, is_installed, read_version
from bench.report import Report, draw_table, to_json
from bench.spooling import backlog
from bench.stage import CORES
from holdfast.drills.stage.machine import describe_machine, describe_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from bench.report import Table

BENCHMARKS: Mapping[str, Callable[..., Coroutine[None, None, Table]]] = {
    "proxied": proxied.run,
    "rejected": rejected.run,
    "bystanders": bystanders.run,
    "scale": scale.run,
    "telemetry": telemetry.run,
    "changes": changes.run,
    "spool": spool.run,
    "spool-backlog": backlog.run,
    "status-site": status_site.run,
}


def main(
    only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(BENCHMARKS)}; may be repeated.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write what was measured to this file.")] = None,
    quick: Annotated[bool, typer.Option(help="A sanity run of a minute: numbers that show the way, no more.")] = False,
    docs: Annotated[bool, typer.Option(help="Write docs/reference/benchmarks.json and the page of it.")] = False,
) -> None:
    """Measure what Holdfast costs, beside other proxies in the same run."""
    unknown = [name for name in only or () if name not in BENCHMARKS]
    if unknown:
        raise typer.BadParameter(f"no benchmark is named {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    if docs and only:
        raise typer.BadParameter("--docs goes with all benchmarks of one run, so without --only")
    console = Console()
    report = Report(describe_machine(CORES), _list_versions(), quick)
    _tell_conditions(console, report)
    _run_all(console, report, only or list(BENCHMARKS), json_file)
    if docs:
        console.print(f"written: {write_page(report)}")
    raise typer.Exit(0 if report.ok else 1)


def _run_all(console: Console, report: Report, names: Sequence[str], json_file: Path | None) -> None:
    for name in names:
        with console.status(f"measuring: {name}"):
            table = asyncio.run(BENCHMARKS[name](quick=report.quick))
        report.tables.append(table)
        console.print(draw_table(table))
        if json_file:
            json_file.write_text(json.dumps(to_json(report), indent=1) + "\n", encoding="utf-8")


def _tell_conditions(console: Console, report: Report) -> None:
    console.print(" · ".join(f"{name} {value}" for name, value in report.versions.items()), style="dim")
    console.print(" · ".join(f"{name} {value}" for name, value in report.machine.items()), style="dim")
    missing = [name for name in get_args(ProxyName) if not is_installed(name)]
    if missing:
        console.print(f"Not installed, so measured without: {', '.join(missing)}", style="yellow")


def _list_versions() -> dict[str, str]:
    peers = {name: read_version(name) for name in get_args(ProxyName) if name != "envoy"}
    return describe_versions() | peers


if __name__ == "__main__":
    typer.run(main)
