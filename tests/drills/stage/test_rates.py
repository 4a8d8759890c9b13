from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.instruments import RateWindow
from holdfast.drills.stage.rates import draw_unsteady, plan_bulge, plan_rise

rates = st.floats(1, 5_000)
seconds = st.floats(3, 60)


def count_requests(windows: tuple[RateWindow, ...]) -> float:
    return sum(each.rps * (each.end_s - each.start_s) for each in windows)


def assert_seamless(windows: tuple[RateWindow, ...], end_s: float) -> None:
    assert windows[0].start_s == 0
    assert windows[-1].end_s == pytest.approx(end_s)
    for before, after in pairwise(windows):
        assert before.end_s == pytest.approx(after.start_s)
        assert after.start_s <= after.end_s + 1e-9


@given(rates, st.integers(0, 20), seconds)
def test_a_rise_ends_at_its_height_and_sends_half_of_it_meanwhile(rps: float, tenths: int, end_s: float) -> None:
    rise_s = tenths / 10
    windows = plan_rise(rps, rise_s, end_s)
    assert_seamless(windows, end_s)
    assert [each.rps for each in windows] == sorted(each.rps for each in windows)
    assert windows[-1].rps == rps
    assert count_requests(windows) == pytest.approx(rps * (end_s - rise_s / 2))


@given(rates, st.integers(1, 10), seconds)
def test_a_bulge_goes_as_it_came(rps: float, tenths: int, end_s: float) -> None:
    windows = plan_bulge(rps, tenths / 10, end_s)
    assert_seamless(windows, end_s)
    assert max(each.rps for each in windows) == rps
    assert windows[0].rps == pytest.approx(windows[-1].rps)
    assert count_requests(windows) == pytest.approx(rps * (end_s - tenths / 10))


@pytest.mark.parametrize("dispersion", [1.2, 2.0])
def test_unsteady_rates_have_the_mean_and_the_dispersion_that_are_asked_for(dispersion: float) -> None:
    windows = draw_unsteady(Random(7), 40, dispersion, 20_000)
    assert_seamless(windows, 20_000)
    counts = np.random.default_rng(7).poisson([each.rps for each in windows])
    assert np.mean(counts) == pytest.approx(40, rel=0.01)
    assert np.var(counts) / np.mean(counts) == pytest.approx(dispersion, rel=0.05)


def test_steady_traffic_is_one_window() -> None:
    assert draw_unsteady(Random(7), 40, 1, 12.5) == (RateWindow(0, 12.5, 40),)


def test_the_last_second_may_be_a_part_of_one() -> None:
    assert draw_unsteady(Random(7), 40, 2, 2.5)[-1].end_s == 2.5
