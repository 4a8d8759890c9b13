import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.surge_attack.scoring import compute_dispersion, find_contained_s, find_rank

AT_S = np.arange(0, 12, 0.002)
USUAL = np.full(len(AT_S), 5.0)


def hurt(start_s: float, end_s: float, latency_ms: float = 50.0) -> npt.NDArray[np.float64]:
    return np.where((start_s <= AT_S) & (end_s > AT_S), latency_ms, USUAL)


def test_what_never_hurt_is_contained_at_once() -> None:
    assert find_contained_s(AT_S, USUAL, 6.0, 12) == 0


@given(st.integers(0, 30), st.integers(2, 78))
def test_containment_comes_when_the_hurting_ends(start_tenths: int, tenths: int) -> None:
    start_s, end_s = start_tenths / 10, (start_tenths + tenths) / 10
    contained_s = find_contained_s(AT_S, hurt(start_s, end_s), 6.0, 12)
    assert end_s - 0.1 - 1e-6 <= contained_s <= end_s + 0.1


def test_a_lull_is_no_containment() -> None:
    latency_ms = np.maximum(hurt(0, 2), hurt(6, 8))
    assert find_contained_s(AT_S, latency_ms, 6.0, 12) == pytest.approx(8, abs=0.11)


@pytest.mark.parametrize("latency_ms", [50.0, math.inf])
def test_what_hurts_to_the_end_is_never_contained(latency_ms: float) -> None:
    assert find_contained_s(AT_S, hurt(1, 12, latency_ms), 6.0, 12) == math.inf


def test_one_request_in_a_hundred_may_be_slow() -> None:
    latency_ms = USUAL.copy()
    latency_ms[::100] = 500.0
    assert find_contained_s(AT_S, latency_ms, 6.0, 12) == 0
    latency_ms[::99] = 500.0
    assert find_contained_s(AT_S, latency_ms, 6.0, 12) == math.inf


def test_requests_after_the_attack_do_not_count() -> None:
    assert find_contained_s(AT_S, hurt(6, 12), 6.0, 6) == 0


def test_without_requests_nothing_is_contained() -> None:
    assert find_contained_s(np.empty(0), np.empty(0), 6.0, 12) == math.inf


@pytest.mark.parametrize(("percent", "value"), [(50, 2.0), (75, 3.0), (95, math.inf)])
def test_a_percentile_of_times_counts_what_never_came(percent: float, value: float) -> None:
    assert find_rank([3.0, math.inf, 1.0, 2.0], percent) == value


@pytest.mark.parametrize("size", [1, 2])
def test_dispersion_is_variance_over_mean(size: int) -> None:
    chance = np.random.default_rng(1)
    counts = size * chance.poisson(50 / size, 4_000)
    at_s = np.repeat(np.arange(4_000), counts) + 0.5
    assert compute_dispersion(at_s, 0, 4_000) == pytest.approx(size, rel=0.1)


def test_without_requests_there_is_no_dispersion() -> None:
    assert math.isnan(compute_dispersion(np.empty(0), 0, 10))
