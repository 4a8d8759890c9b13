import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.report.charts import Chart, draw_dots, draw_percentiles, draw_sweep

latencies = st.lists(st.floats(0.1, 5_000), min_size=1, max_size=200).map(np.array)


def assert_inside(chart: Chart) -> None:
    for series in chart.series:
        for x, y in series.points:
            assert chart.left - 1e-6 <= x <= chart.right + 1e-6
            assert chart.top - 1e-6 <= y <= chart.bottom + 1e-6
    for tick in chart.x_ticks:
        assert chart.left - 1e-6 <= tick.at <= chart.right + 1e-6
    for tick in chart.y_ticks:
        assert chart.top - 1e-6 <= tick.at <= chart.bottom + 1e-6


@given(latencies, latencies)
def test_percentiles_rise_and_stay_inside(solo: npt.NDArray[np.float64], flood: npt.NDArray[np.float64]) -> None:
    chart = draw_percentiles("p", [("solo", "solo", solo), ("flood", "flood", flood)])
    assert_inside(chart)
    for series in chart.series:
        heights = [y for _, y in series.points]
        assert heights == sorted(heights, reverse=True)


@given(st.lists(st.floats(0.1, 500), min_size=1, max_size=200), st.floats(1, 100))
def test_dots_stay_inside_and_so_does_their_goal(kills_ms: list[float], goal_ms: float) -> None:
    chart = draw_dots("Kills", ("kill", "ms"), kills_ms, goal_ms, "goal")
    assert_inside(chart)
    assert chart.goal_y is not None
    assert chart.top <= chart.goal_y <= chart.bottom
    assert len(chart.series[0].points) == len(kills_ms)


@given(st.lists(st.tuples(st.floats(1, 1e5), st.floats(0.5, 50)), min_size=1, max_size=10))
def test_a_sweep_stays_inside(measured: list[tuple[float, float]]) -> None:
    assert_inside(draw_sweep([rate for rate, _ in measured], [ratio for _, ratio in measured], 1.2))


def test_a_line_ends_where_requests_failed() -> None:
    latency_ms = np.concatenate([np.full(93, 5.0), np.full(7, np.inf)])
    chart = draw_percentiles("p", [("flood", "flood", latency_ms)])
    percent_90, percent_99 = chart.x_ticks[1].at, chart.x_ticks[2].at
    assert percent_90 <= chart.series[0].points[-1][0] < percent_99


def test_where_everything_failed_there_is_no_line() -> None:
    chart = draw_percentiles("p", [("flood", "flood", np.full(50, np.inf))])
    assert chart.series[0].path == ""


@pytest.mark.parametrize("ratio", [math.inf, math.nan])
def test_a_sweep_leaves_out_what_has_no_end(ratio: float) -> None:
    assert len(draw_sweep([1_000.0, 2_000.0], [1.0, ratio], 1.2).series[0].points) == 1
