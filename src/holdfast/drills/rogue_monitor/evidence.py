"""How the report shows what happened: every bad build, and the latencies before and with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from holdfast.drills.instruments import find_latency_ms, select_window
from holdfast.drills.report.charts import Chart, draw_percentiles
from holdfast.drills.report.page import Page, Table
from holdfast.drills.report.words import format_number

if TYPE_CHECKING:
    from holdfast.drills.rogue_monitor.deployments import Deployment, Run
    from holdfast.drills.rogue_monitor.scenario import RogueMonitor

_COLUMNS = ("build", "#off after", "why", "#back after", "#most CPU", "#most memory")


def make_page(scenario: RogueMonitor, run: Run) -> Page:
    """What the report shows beside the result."""
    return Page(
        scenario.title,
        scenario.incident,
        facts=(f"{len(run.deployments)} bad builds",),
        charts=(_draw_latencies(run),),
        tables=(Table("Bad builds", _COLUMNS, tuple(map(_tell_deployment, run.deployments))),),
    )


def _draw_latencies(run: Run) -> Chart:
    records = run.usual.records
    before = np.concatenate([select_window(records, d.began_s, d.installed_s) for d in run.deployments])
    rogue = np.concatenate([select_window(records, d.installed_s, d.revert_called_s) for d in run.deployments])
    sides = [("before", "solo", find_latency_ms(before)), ("bad build deployed", "flood", find_latency_ms(rogue))]
    return draw_percentiles("All requests", sides)


def _tell_deployment(deployment: Deployment) -> tuple[str, ...]:
    return (
        deployment.rogue,
        f"{format_number(deployment.off_s - deployment.installed_s)} s",
        deployment.why,
        f"{format_number(deployment.reverted_s - deployment.revert_called_s)} s",
        f"{100 * deployment.asked.cpu_share:.0f}%",
        f"{deployment.asked.memory_bytes / 2**20:.0f} MiB",
    )
