import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.platform_surge.scoring import count_inversions, find_peak_rps, find_rate_rps

EVEN_S = np.arange(0, 20, 0.01)
GOOD = np.ones(len(EVEN_S), dtype=bool)


def test_even_answers_have_their_rate_as_peak() -> None:
    assert find_peak_rps(EVEN_S, 0, 20) == pytest.approx(100, abs=1)
    assert find_rate_rps(EVEN_S, 5, 15) == pytest.approx(100, abs=1)


def test_the_peak_is_the_best_second() -> None:
    burst = np.concatenate([EVEN_S, np.linspace(7.2, 8.2, 300, endpoint=False)])
    assert find_peak_rps(burst, 0, 20) == pytest.approx(400, abs=2)
    assert find_peak_rps(burst, 10, 20) == pytest.approx(100, abs=1)


@given(st.lists(st.floats(0, 10), max_size=200))
def test_no_second_has_fewer_than_the_average_and_more_than_all(at_s: list[float]) -> None:
    answered = np.array(at_s)
    peak = find_peak_rps(answered, 0, 10)
    assert peak <= len(at_s)
    assert peak >= find_rate_rps(answered, 0, 10) - 1e-9 or len(at_s) < 2 or peak >= len(at_s) / 11


def test_without_answers_there_is_no_goodput() -> None:
    assert find_peak_rps(np.empty(0), 0, 10) == find_rate_rps(np.empty(0), 0, 10) == 0


def test_a_less_critical_class_may_fare_worse_but_not_better() -> None:
    half = GOOD.copy()
    half[::2] = False
    assert count_inversions([(EVEN_S, GOOD), (EVEN_S, half)], 0, 20) == (0, 10)
    assert count_inversions([(EVEN_S, half), (EVEN_S, GOOD)], 0, 20) == (10, 10)


def test_a_single_bad_time_is_found_and_a_hair_is_passed_over() -> None:
    once = GOOD.copy()
    once[(EVEN_S >= 4) & (EVEN_S < 5)] = False
    assert count_inversions([(EVEN_S, once), (EVEN_S, GOOD)], 0, 20)[0] == 1
    hair = GOOD.copy()
    hair[450] = False
    assert count_inversions([(EVEN_S, hair), (EVEN_S, GOOD)], 0, 20)[0] == 0


def test_a_class_without_requests_is_left_out() -> None:
    nothing = (np.empty(0), np.empty(0, dtype=bool))
    assert count_inversions([(EVEN_S, GOOD), nothing, (EVEN_S, GOOD)], 0, 20) == (0, 10)
