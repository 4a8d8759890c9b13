"""What accounting costs: the same traffic on platforms of different sizes, and when everything fails at once."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.adapters.accounts.sql_accounts import Batch, SqlAccounts
from holdfast.agent.backlog import BYTES_MAX, Backlog
from holdfast.incidents.downtime.definition import SLOT_S
from holdfast.incidents.downtime.intake import Moment
from holdfast.incidents.downtime.layout import WHOLE, Layout
from holdfast.model.telemetry import METRICS, EdgeFigures, EdgeReport, Metric
from holdfast.runtime.incidents.accounting.measure import Measurer

if TYPE_CHECKING:
    from collections.abc import Sequence

BUSY: Final = 500
"""Services that have traffic, however many there are."""
REPORTS_PER_S: Final = 4
EPOCH_S: Final = 1_700_000_000.0


def measure_cost(services: int, seconds: float, *, busy: int = BUSY, lost: float = 0.0) -> dict[str, float]:
    """CPU seconds for each second of traffic: taking reports, closing slots, writing them; and the store's bytes."""
    names = [f"service-{n}" for n in range(services)]
    layout = Layout(names, {WHOLE: names}, {"us": ["edge-1"]})
    measurer = Measurer(layout, {}, int(EPOCH_S // SLOT_S))
    reports = _make_reports(names[:: max(1, services // busy)][:busy], seconds, lost)
    spent = {"take": 0.0, "close": 0.0, "write": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        store = SqlAccounts(Path(folder) / "accounts.db")
        for report in reports:
            spent["take"] += _time(lambda: measurer.take([report], report.ended_at))  # noqa: B023
            while (measurer.next + 1) * SLOT_S <= report.ended_at - 1:
                began = time.process_time()
                closed = measurer.close(Moment())
                middle = time.process_time()
                store.write(Batch(closed.slots, closed.stretches))
                spent["close"] += middle - began
                spent["write"] += time.process_time() - middle
        used = store.bytes_used
        store.close()
    return {name: value / seconds for name, value in spent.items()} | {"bytes_per_s": used / seconds}


def measure_backlog(busy: int, seconds: float) -> dict[str, float]:
    """What an agent's memory costs with so many services that have traffic: CPU, bytes an hour, how long it is fine."""
    reports = _make_reports([f"service-{n}" for n in range(busy)], min(seconds, SLOT_S), 0.0)
    backlog, spent_s, each_s = Backlog(), 0.0, len(reports) / REPORTS_PER_S
    for turn in range(max(1, round(seconds / each_s))):
        for report in reports:
            moved = replace(report, began_at=report.began_at + turn * each_s, ended_at=report.ended_at + turn * each_s)
            spent_s += _time(lambda: backlog.take(moved))  # noqa: B023
    played_s = max(1, round(seconds / each_s)) * each_s
    bytes_per_s = backlog.bytes_used / (played_s - each_s)
    return {
        "cpu": spent_s / played_s,
        "bytes_per_hour": bytes_per_s * 3600,
        "fine_for_s": min(backlog.remembers_s, BYTES_MAX / bytes_per_s),
    }


def _make_reports(names: Sequence[str], seconds: float, lost: float) -> list[EdgeReport]:
    rng = np.random.default_rng(1)
    reports = []
    for number in range(int(seconds * REPORTS_PER_S)):
        began_at = EPOCH_S + number / REPORTS_PER_S
        counts = np.zeros((len(names), METRICS), np.int64)
        counts[:, Metric.OFFERED] = counts[:, Metric.ADMITTED] = rng.poisson(2.0, len(names))
        counts[:, Metric.FAILED] = rng.binomial(counts[:, Metric.ADMITTED], lost)
        whole, flight = EdgeFigures(requests=int(counts[:, Metric.OFFERED].sum())), np.zeros(len(names), np.int64)
        ended_at = began_at + 1 / REPORTS_PER_S
        reports.append(EdgeReport("edge-1", "1", number, began_at, ended_at, tuple(names), counts, flight, whole))
    return reports


def _time(work: object) -> float:
    began = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - began
