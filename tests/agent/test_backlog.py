"""What an agent remembers of its counts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from holdfast.agent import backlog as backlog_module
from holdfast.agent.backlog import COARSE_S, PIECE_S, Backlog
from holdfast.model.telemetry import METRICS, EdgeFigures, EdgeReport, Metric

if TYPE_CHECKING:
    import pytest

BEGAN = 1_700_000_000.0
REPORT_S = 0.25


def make(number: int, counts: dict[str, int], process: str = "1") -> EdgeReport:
    """The report of a quarter of a second; counts are what was offered."""
    rows = np.zeros((len(counts), METRICS), np.int64)
    rows[:, Metric.OFFERED] = list(counts.values())
    began_at = BEGAN + number * REPORT_S
    whole = EdgeFigures(requests=sum(counts.values()))
    flight = np.ones(len(counts), np.int64)
    return EdgeReport("e1", process, number, began_at, began_at + REPORT_S, tuple(counts), rows, flight, whole)


def fill(backlog: Backlog, seconds: float, counts: dict[str, int], process: str = "1", first: int = 0) -> None:
    for number in range(first, first + round(seconds / REPORT_S)):
        backlog.take(make(number, counts, process))


def offered(reports: tuple[EdgeReport, ...], service: str) -> int:
    return sum(
        int(report.counts[report.services.index(service), Metric.OFFERED])
        for report in reports
        if service in report.services
    )


def test_reports_are_put_together_in_pieces() -> None:
    backlog = Backlog()
    fill(backlog, 20, {"shop": 3, "blog": 0})
    told = backlog.recall(BEGAN, BEGAN + 20)
    assert told.until == BEGAN + 20
    assert [(r.began_at - BEGAN, r.ended_at - BEGAN) for r in told.reports] == [(0, 5), (5, 10), (10, 15), (15, 20)]
    assert [r.services for r in told.reports] == [("shop",)] * 4
    assert offered(told.reports, "shop") == 3 * 80
    assert sum(r.whole.requests for r in told.reports) == 3 * 80


def test_to_ask_twice_changes_nothing_and_only_what_is_asked_for_is_told() -> None:
    backlog = Backlog()
    fill(backlog, 31, {"shop": 1})
    first, again = (backlog.recall(BEGAN + 7, BEGAN + 16) for _ in range(2))
    assert [r.ended_at - BEGAN for r in first.reports] == [r.ended_at - BEGAN for r in again.reports] == [10, 15, 20]
    fill(backlog, 4, {"shop": 1}, first=124)
    assert offered(backlog.recall(BEGAN, BEGAN + 100).reports, "shop") == 35 * 4


def test_another_envoy_and_a_gap_begin_another_piece() -> None:
    backlog = Backlog()
    fill(backlog, 1, {"shop": 1})
    fill(backlog, 1, {"shop": 1}, process="2", first=4)
    fill(backlog, 1, {"shop": 1}, process="2", first=16)
    told = backlog.recall(0, 2 * BEGAN).reports
    assert [(r.process, r.began_at - BEGAN, r.ended_at - BEGAN) for r in told] == [
        ("1", 0, 1),
        ("2", 1, 2),
        ("2", 4, 5),
    ]


def test_after_an_hour_all_is_forgotten() -> None:
    backlog = Backlog(remembers_s=60)
    fill(backlog, 200, {"shop": 1})
    told = backlog.recall(0, 2 * BEGAN).reports
    assert BEGAN + 135 <= told[0].began_at <= BEGAN + 140
    assert offered(told, "shop") == 4 * (BEGAN + 200 - told[0].began_at)


def test_too_much_becomes_coarse_first_and_is_forgotten_then(caplog: pytest.LogCaptureFixture) -> None:
    random = np.random.default_rng(1)
    backlog, names = Backlog(bytes_max=30_000), [f"s{n}" for n in range(200)]
    for number in range(4 * 300):
        backlog.take(make(number, dict(zip(names, random.integers(0, 999, 200).tolist(), strict=True))))
    told = backlog.recall(0, 2 * BEGAN).reports
    assert backlog.bytes_used <= 30_000
    lengths = [r.ended_at - r.began_at for r in told]
    assert {PIECE_S, COARSE_S} <= set(lengths)
    assert max(lengths) == COARSE_S
    assert lengths == sorted(lengths, reverse=True)
    assert all(a.ended_at == b.began_at for a, b in pairwise(told))
    assert told[-1].ended_at == BEGAN + 300
    (said,) = caplog.messages
    assert "the oldest are kept in pieces of 20 s" in said
    for number in range(4 * 300, 4 * 900):
        backlog.take(make(number, dict(zip(names, random.integers(0, 999, 200).tolist(), strict=True))))
    assert backlog.bytes_used <= 30_000
    assert "the oldest are let go of" in caplog.messages[1]
    assert len(caplog.messages) == 2


def test_long_answers_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "TOLD_ROWS_MAX", 5)
    backlog = Backlog()
    fill(backlog, 60, {"shop": 1, "blog": 2})
    reports: list[EdgeReport] = []
    at = BEGAN
    while at < BEGAN + 60:
        told = backlog.recall(at, BEGAN + 60)
        assert len(told.reports) <= 2
        reports += told.reports
        at = told.until
    assert offered(tuple(reports), "blog") == 2 * 240


def test_names_that_come_and_go_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "NAMES_MAX", 50)
    backlog = Backlog()
    for number in range(4 * 100):
        backlog.take(make(number, {f"s{number}": 1}))
    told = backlog.recall(0, 2 * BEGAN).reports
    assert 20 <= sum(len(r.services) for r in told) <= 100
    assert all(offered((r,), name) == 1 for r in told for name in r.services)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 2**24), max_size=3), max_size=60))
def test_nothing_is_lost_and_nothing_is_told_twice(reports: list[dict[str, int]]) -> None:
    backlog = Backlog()
    for number, counts in enumerate(reports):
        backlog.take(make(number, counts))
    told = backlog.recall(BEGAN - 100, BEGAN + 100).reports
    for name in "abc":
        assert offered(told, name) == sum(counts.get(name, 0) for counts in reports)
