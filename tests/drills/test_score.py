import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.score import (
    compare_halves,
    compare_p99,
    compute_discarded_share,
    compute_guarantee_rps,
    compute_success,
    find_passing_rate,
    find_percentile,
    is_harmful,
)

latency = st.one_of(st.floats(0.01, 5_000), st.just(math.inf))
latencies = st.lists(latency, min_size=1, max_size=300).map(np.array)
answered = st.lists(st.floats(0.01, 5_000), min_size=1, max_size=300).map(np.array)


@given(latencies, st.floats(0.1, 100))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(
    values: npt.NDArray[np.float64], percent: float
) -> None:
    found = find_percentile(values, percent)
    enough = percent / 100 * len(values) - 1e-9
    assert np.count_nonzero(values <= found) >= enough
    assert np.count_nonzero(values < found) < enough or found == values.min()


@given(latencies)
def test_a_percentile_does_not_depend_on_the_order(values: npt.NDArray[np.float64]) -> None:
    assert find_percentile(values, 99) == find_percentile(values[::-1], 99)


@given(answered, st.integers(0, 50))
def test_success_counts_what_was_answered(values: npt.NDArray[np.float64], failed: int) -> None:
    asked = np.concatenate([values, np.full(failed, np.inf)])
    assert compute_success(asked) == pytest.approx(len(values) / (len(values) + failed))


@given(answered, st.integers(2, 100))
def test_one_failure_in_a_hundred_may_be_and_more_make_p99_infinite(
    values: npt.NDArray[np.float64], hundreds: int
) -> None:
    asked = np.resize(values, 100 * hundreds).astype(float)
    asked[:hundreds] = np.inf
    assert math.isfinite(find_percentile(asked, 99))
    asked[hundreds] = np.inf
    assert compare_p99(asked, values) == math.inf


@given(answered)
def test_nothing_against_itself_is_a_ratio_of_one(values: npt.NDArray[np.float64]) -> None:
    assert compare_p99(values, values) == 1


@given(answered, st.floats(0.1, 10))
def test_the_ratio_grows_with_the_latency(values: npt.NDArray[np.float64], factor: float) -> None:
    assert compare_p99(values * factor, values) == pytest.approx(factor)


def test_a_ratio_over_failures_is_no_number() -> None:
    assert math.isnan(compare_p99(np.array([5.0]), np.array([math.inf])))


def test_without_requests_there_is_no_percentile_and_no_success() -> None:
    with pytest.raises(ValueError, match="no requests"):
        find_percentile(np.array([]), 99)
    with pytest.raises(ValueError, match="no requests"):
        compute_success(np.array([]))


@given(st.integers(0, 2**32), st.integers(2, 9))
def test_halves_of_equal_blocks_do_not_differ(seed: int, count: int) -> None:
    block = np.linspace(5, 9, 100)
    assert compare_halves([block] * count, seed) == (1, 1)


@given(st.integers(0, 2**32))
def test_a_block_in_which_the_machine_stood_still_shows_in_the_halves(seed: int) -> None:
    quiet, disturbed = np.linspace(5, 6, 1_000), np.concatenate([np.linspace(5, 6, 900), np.full(100, 60.0)])
    low, high = compare_halves([quiet] * 7 + [disturbed], seed)
    assert low < 0.9
    assert high > 1.1


@given(st.integers(0, 2**32))
def test_halves_are_the_same_for_the_same_seed(seed: int) -> None:
    blocks = [np.linspace(5, 6 + i, 50) for i in range(6)]
    assert compare_halves(blocks, seed) == compare_halves(blocks, seed)


@pytest.mark.parametrize("blocks", [[], [np.array([5.0])], [np.array([5.0]), np.array([math.inf])]])
def test_too_few_blocks_or_failing_ones_tell_nothing_about_halves(blocks: list[npt.NDArray[np.float64]]) -> None:
    low, high = compare_halves(blocks, 1)
    assert math.isnan(low)
    assert math.isnan(high)


def test_guaranteed_places_turn_over_as_fast_as_their_number_lets_them() -> None:
    assert compute_guarantee_rps(2, 0.005, 0.5, 1_000) == pytest.approx(200)
    assert compute_guarantee_rps(8, 0.005, 0.5, 1_000) == pytest.approx(200)
    assert compute_guarantee_rps(400, 0.005, 0.5, 10_000) == pytest.approx(800)


def test_nobody_is_guaranteed_more_than_its_limit() -> None:
    assert compute_guarantee_rps(2, 0.005, 0.5, 120) == 120


@pytest.mark.parametrize(
    ("ratios", "passing"),
    [
        ((1.0, 1.1, 1.0), math.inf),
        ((1.0, 1.1, 1.3), 30.0),
        ((1.0, 1.3, 1.3), 20.0),
        ((1.3, 1.0, 1.3), 30.0),
        ((1.3, 1.3, 1.3), 10.0),
        ((1.0, 1.3, math.inf), 20.0),
        ((1.0, 1.0, math.nan), 30.0),
    ],
)
def test_the_passing_rate_is_where_every_higher_one_passes_too(ratios: tuple[float, ...], passing: float) -> None:
    assert find_passing_rate((10.0, 20.0, 30.0), ratios, 1.2) == passing


@given(st.lists(st.tuples(st.floats(1, 1e5), st.floats(0.5, 9)), min_size=1, unique_by=lambda pair: pair[0]))
def test_from_the_passing_rate_on_none_is_below(measured: list[tuple[float, float]]) -> None:
    passing = find_passing_rate([rate for rate, _ in measured], [ratio for _, ratio in measured], 1.2)
    assert all(ratio > 1.2 for rate, ratio in measured if rate >= passing)


@pytest.mark.parametrize(
    ("success", "ratio", "harmful"),
    [(1.0, 1.0, False), (0.95, 5.0, False), (0.949, 1.0, True), (1.0, 5.1, True), (0.5, math.inf, True)],
)
def test_harm_is_too_little_success_or_too_large_a_ratio(success: float, ratio: float, harmful: bool) -> None:
    assert is_harmful(success, ratio, 0.95, 5.0) is harmful


def test_the_share_thrown_away_counts_all_that_ran() -> None:
    assert compute_discarded_share(3, 1) == 0.25
    assert compute_discarded_share(0, 0) == 0
