from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.instruments import RateWindow
from holdfast.drills.stage.audiences import disguise_as, draw_audiences, plan_requests

WINDOWS = (RateWindow(0, 2, 30), RateWindow(2, 5, 90))


@given(st.integers(0, 2**32), st.integers(1, 8), st.integers(1, 50), st.integers(0, 500))
def test_audiences_share_a_service_and_have_addresses_of_their_own(
    seed: int, count: int, clients: int, first: int
) -> None:
    audiences = draw_audiences(Random(seed), count, clients, first)
    assert sum(each.share for each in audiences) == pytest.approx(1)
    pools = [each.pool for each in audiences if each.pool]
    addresses = [address for pool in pools for address in range(pool.first, pool.first + pool.count)]
    assert addresses == list(range(first, first + count * clients))


@given(st.integers(0, 2**32))
def test_all_requests_together_have_the_rate_that_is_asked_for(seed: int) -> None:
    loads = plan_requests("a.example", "usual", draw_audiences(Random(seed), 5, 10, 0), WINDOWS)
    for number, window in enumerate(WINDOWS):
        assert sum(load.rates[number].rps for load in loads) == pytest.approx(window.rps)
    assert {load.stream for load in loads} == {"usual"}


def test_requests_carry_browser_and_referer() -> None:
    (audience,) = draw_audiences(Random(1), 1, 10, 0)
    for load in plan_requests("a.example", "usual", [audience], WINDOWS):
        headers = dict(load.headers)
        assert headers["User-Agent"] == audience.user_agent
        assert headers.get("Referer", "") == audience.referer


def test_who_is_disguised_differs_in_nothing_but_addresses() -> None:
    audiences = draw_audiences(Random(1), 4, 10, 0)
    others = disguise_as(audiences)
    assert [(a.user_agent, a.referer, a.paths, a.share) for a in others] == [
        (a.user_agent, a.referer, a.paths, a.share) for a in audiences
    ]
    assert {a.pool for a in others} == {None}
