import math

import pytest

from drills.bad_route_push.push_samples import FIRST, OTHERS, RPS, Traffic, make_push, make_rollout
from holdfast.drills.bad_route_push.scoring import find_p95, score_push

BAKE_S = 30.0
FEW = frozenset(sorted(FIRST)[:5])


def test_a_push_is_timed_from_the_first_wrong_answer_to_the_last_edge() -> None:
    scored = score_push(Traffic().lose(FIRST, 43, 46).answer(), make_push(), make_rollout(), BAKE_S)
    assert scored.harm_s == pytest.approx(43.005)
    assert scored.rolled_back_s == pytest.approx(47 - 43.005)
    assert scored.failed == 3 * RPS * len(FIRST)
    assert scored.failing_share == pytest.approx(0.5, abs=0.01)
    assert scored.outside_failed == 0
    assert scored.counts


def test_wrong_answers_after_control_told_that_all_is_back_count_for_the_time() -> None:
    scored = score_push(Traffic().lose(FIRST, 43, 50).answer(), make_push(told_s=46), make_rollout(), BAKE_S)
    assert scored.rolled_back_s == pytest.approx(50 - 1 / (RPS / 2) - 43)


def test_what_is_lost_is_held_against_as_long_as_a_wave_is_watched() -> None:
    scored = score_push(Traffic().lose(FIRST, 43, 46).answer(), make_push(), make_rollout(), BAKE_S)
    asked = (BAKE_S + 3) * RPS * len(FIRST)
    assert scored.asked == pytest.approx(asked, rel=0.02)
    assert scored.failed_share == pytest.approx(3 * RPS * len(FIRST) / asked, rel=0.02)


def test_the_worst_service_is_told() -> None:
    scored = score_push(Traffic().lose(FEW, 43, 46).answer(), make_push(), make_rollout(), BAKE_S)
    assert scored.failing_share == pytest.approx(5 / 55, abs=0.01)
    assert scored.worst_share == pytest.approx(0.5, abs=0.02)


def test_others_that_lose_anything_while_it_is_under_way_are_outside() -> None:
    traffic = Traffic().lose(FIRST, 43, 46).lose(OTHERS, 44, 45, status=503).lose(OTHERS, 70, 75)
    assert score_push(traffic.answer(), make_push(), make_rollout(), BAKE_S).outside_failed == RPS * len(OTHERS)


def test_a_push_that_is_never_taken_back_has_no_end() -> None:
    scored = score_push(Traffic().lose(FIRST, 43, 60).answer(), make_push(told_s=math.inf), make_rollout(), BAKE_S)
    assert scored.rolled_back_s == math.inf


def test_a_push_that_harms_nobody_has_no_time() -> None:
    scored = score_push(Traffic().answer(), make_push(), make_rollout(), BAKE_S)
    assert (scored.rolled_back_s, scored.failed_share, scored.counts) == (None, 0.0, False)


@pytest.mark.parametrize(("values", "p95"), [([3.0], 3.0), ([float(n) for n in range(1, 21)], 19.0), ([], math.inf)])
def test_p95_is_the_nearest_rank(values: list[float], p95: float) -> None:
    assert find_p95(values) == p95
