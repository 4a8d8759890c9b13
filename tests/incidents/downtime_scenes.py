"""Slots by hand: what was counted of one subject or of a few, slot after slot."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from holdfast.incidents.downtime.definition import COLUMNS, Column
from holdfast.incidents.downtime.judge import Found, Judge
from holdfast.model.downtime import Standing
from holdfast.model.telemetry import METRICS, EdgeFigures, EdgeReport, Metric

Counted = tuple[float, float]
"""Requests owed and lost in a slot."""
WELL: Counted = (10.0, 0.0)
OUT: Counted = (10.0, 10.0)
SILENT: Counted = (0.0, 0.0)


def make_slot(*counted: Counted, **columns: float) -> NDArray[np.float32]:
    """One slot, a subject for each pair; further columns are of all."""
    slot = np.zeros((len(counted), COLUMNS), np.float32)
    slot[:, [Column.OWED, Column.LOST]] = counted
    for name, value in columns.items():
        slot[:, Column[name.upper()]] = value
    return slot


def judge(slots: Iterable[Counted | None], judged: Judge | None = None) -> list[Found]:
    """What is found of one subject; None is a slot that nobody measured."""
    judged = judged or Judge(1, 0)
    found = []
    for counted in slots:
        slot = make_slot(counted or SILENT)
        found += judged.close_slot(slot, np.zeros(1, np.int64), measured=counted is not None)
    return found + judged.peek(0)


def spell(found: Sequence[Found]) -> list[tuple[float, float, str]]:
    """Beginning, end and standing of each."""
    return [(round(each.began, 2), round(each.ended, 2), each.standing.name) for each in found]


def add_up(found: Sequence[Found], standing: Standing) -> float:
    """Slots of a standing in all."""
    return sum(each.ended - each.began for each in found if each.standing is standing)


def make_report(
    services: dict[str, dict[str, int]],
    *,
    edge: str = "e1",
    began_at: float = 0.0,
    ended_at: float = 0.25,
    sequence: int = 1,
) -> EdgeReport:
    """A report of an edge, with counts by service and metric."""
    counts = np.zeros((len(services), METRICS), np.int64)
    for row, metrics in enumerate(services.values()):
        for name, value in metrics.items():
            counts[row, Metric[name.upper()]] = value
    whole = EdgeFigures(requests=int(counts[:, Metric.OFFERED].sum()))
    flight = np.zeros(len(services), np.int64)
    return EdgeReport(edge, "1-1", sequence, began_at, ended_at, tuple(services), counts, flight, whole)
