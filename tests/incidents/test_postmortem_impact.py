"""Requests and minutes, counted from what was measured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.postmortem.chart import thin_traffic
from holdfast.incidents.postmortem.impact import count_requests
from holdfast.model.downtime import TrafficSeries

VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=1, max_size=40)


def make_series(values: list[float | None], step_s: float = 10.0) -> TrafficSeries:
    offered = np.array([np.nan if each is None else each for each in values], dtype=np.float64)
    nothing = np.where(np.isnan(offered), np.nan, 0.0)
    at = np.arange(len(values), dtype=np.float64) * step_s
    return TrafficSeries(at, step_s, offered, nothing, nothing, np.full(len(values), np.nan))


@given(VALUES)
def test_what_is_measured_is_counted_and_the_rest_is_said_to_be_missing(values: list[float | None]) -> None:
    count = count_requests(make_series(values), 0.0, len(values) * 10.0)
    known = [each for each in values if each is not None]
    if known:
        assert count.offered == pytest.approx(sum(known) * 10.0, abs=1.0)
        missing = len(values) - len(known)
        assert count.missing_s == pytest.approx(missing * 10.0 if missing > 1 else 0.0)
    else:
        assert (count.offered, count.missing_s) == (None, len(values) * 10.0)


def test_steps_at_the_ends_count_by_what_of_them_is_within() -> None:
    assert count_requests(make_series([100.0, 100.0, 100.0]), 5.0, 22.0).offered == 1_700.0


@given(VALUES, st.integers(1, 12))
def test_thinned_traffic_keeps_what_was_offered_and_its_gaps(values: list[float | None], steps_max: int) -> None:
    thin = thin_traffic(make_series(values), steps_max)
    assert len(thin.offered) <= steps_max
    few = round(thin.step_s / 10.0)
    for i, each in enumerate(thin.offered):
        part = [value for value in values[i * few : (i + 1) * few] if value is not None]
        assert each == (pytest.approx(sum(part) / len(part), abs=1e-3) if part else None)
