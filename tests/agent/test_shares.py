"""Samples stay within what an agent may take, whatever traffic does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holdfast.agent.shares import CHANGE_MIN, MILLION, RISE_MAX, SHARE_MIN, Share, adjust_share

shares = st.floats(SHARE_MIN, 1.0).map(Share)


@given(st.floats(0, 1e6), st.floats(1, 1e4))
def test_a_steady_rate_soon_gives_what_is_wanted_or_all(per_s: float, wanted_per_s: float) -> None:
    share = Share()
    for _ in range(20):
        share = adjust_share(share, per_s * share.value, wanted_per_s, per_s)
    assert share.value == 1.0 or share.value * per_s <= wanted_per_s * (1 + 2 * CHANGE_MIN) or share.value == SHARE_MIN
    assert share.value == 1.0 or share.value * per_s >= wanted_per_s * (1 - CHANGE_MIN)


@given(shares, st.floats(0, 1e6), st.floats(0, 1e4), st.floats(0, 1e6))
def test_a_share_is_a_share(share: Share, sampled_per_s: float, wanted_per_s: float, requests_per_s: float) -> None:
    after = adjust_share(share, sampled_per_s, wanted_per_s, requests_per_s)
    assert 0 <= after.value <= 1
    assert 0 <= after.millionths <= MILLION


@given(shares, st.floats(0, 1e4), st.floats(1e4, 1e6))
def test_it_rises_slowly_where_requests_are_many(share: Share, sampled_per_s: float, requests_per_s: float) -> None:
    after = adjust_share(share, sampled_per_s, 100.0, requests_per_s)
    assert after.value <= max(share.value * RISE_MAX, 100.0 / requests_per_s) * (1 + 1e-9)


@given(st.floats(0, 900))
def test_all_is_drawn_where_all_is_no_more_than_wanted(requests_per_s: float) -> None:
    assert adjust_share(Share(), 0.0, 1_000.0, requests_per_s) == Share(1.0)


def test_none_is_drawn_where_none_is_wanted_and_some_again_after() -> None:
    none = adjust_share(Share(1.0), 10.0, 0.0, 50.0)
    assert none == Share(0.0)
    assert adjust_share(none, 0.0, 10.0, 50.0) == Share()


def test_small_changes_are_no_changes() -> None:
    assert adjust_share(Share(0.5), 110.0, 100.0, 1_000.0) == Share(0.5)
