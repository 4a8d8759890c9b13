import json
import math

import pytest
from bench.report import columns, format_number, from_json, to_cells, to_json
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.reports import make_report, make_row

number = st.one_of(st.floats(0, 1e9), st.just(math.inf))
ratio = st.none() | st.floats(0, 100)
met = st.none() | st.booleans()


@given(st.lists(number, min_size=1), ratio, met)
def test_a_report_is_read_back_as_it_was_written(values: list[float], ratio: float | None, ok: bool | None) -> None:
    report = make_report(make_row(*values, ratio=ratio, ok=ok))
    text = json.dumps(to_json(report), allow_nan=False)
    assert from_json(json.loads(text)) == report


@pytest.mark.parametrize(
    ("goals", "ok"), [([None, None], True), ([True, None], True), ([True, False], False), ([], True)]
)
def test_a_run_is_good_unless_a_goal_was_missed(goals: list[bool | None], ok: bool) -> None:
    assert make_report(*(make_row(1.0, ok=each) for each in goals)).ok is ok


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.123, "0.12"), (9.87, "9.87"), (98.76, "98.8"), (987.6, "988"), (12_345.6, "12,346"), (math.inf, "∞")],
)
def test_numbers_are_shown_with_the_digits_that_matter(value: float, shown: str) -> None:
    assert format_number(value) == shown


def test_a_row_is_shown_with_its_spread_and_its_goal() -> None:
    row = make_row(60.0, 66.0, 90.0, ratio=1.25, ok=False)
    assert to_cells(row) == ["Holdfast", "66.0 us", "60.0", "90.0", "3", "1.25", "at most 1.1 x: missed"]


def test_a_row_has_a_cell_for_each_heading() -> None:
    report = make_report(make_row(1.0))
    assert len(to_cells(report.tables[0].rows[0])) == len(columns(report.tables[0]))
