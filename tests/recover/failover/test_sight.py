"""What one edge sees of one upstream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.recover.failover.sight import KEPT_S, Sample, Sight, Verdict, add_sample, judge

REPORT_S = 0.25
BEGIN = 1_000.0


def play(*told: tuple[int, int, bool], checked: bool = False, endpoints: tuple[int, int] = (1, 1)) -> Sight:
    """Reports one after the other: tries, failed ones, and whether anything came back."""
    sight = Sight()
    for number, (tries, failed, received) in enumerate(told):
        began = BEGIN + number * REPORT_S
        sample = Sample(began, began + REPORT_S, tries, failed, received, endpoints, checked)
        sight = add_sample(sight, sample)
    return sight


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ([], Verdict.UNKNOWN),
        ([(0, 0, False)] * 50, Verdict.UNKNOWN),
        ([(5, 0, True)], Verdict.WELL),
        ([(5, 0, True), (2, 2, False)], Verdict.WELL),
        ([(5, 0, True), (3, 3, False)], Verdict.FAILING),
        ([(5, 0, True), (2, 2, False), (1, 1, False)], Verdict.FAILING),
        ([(10, 6, True)], Verdict.FAILING),
        ([(100, 30, True)], Verdict.UNKNOWN),
        ([(5, 0, True)] * 8 + [(5, 0, False)] * 5, Verdict.WELL),
        ([(5, 0, True)] * 8 + [(5, 0, False)] * 11, Verdict.FAILING),
        ([(3, 3, False)] * 4 + [(5, 0, True)], Verdict.FAILING),
        ([(3, 3, False)] * 4 + [(50, 0, True)] * 5, Verdict.WELL),
    ],
    ids=str,
)
def test_what_requests_tell(told: list[tuple[int, int, bool]], verdict: Verdict) -> None:
    assert play(*told).verdict is verdict


def test_without_a_healthy_endpoint_it_fails_and_with_one_it_is_well_where_it_is_checked() -> None:
    assert play((0, 0, False), checked=True, endpoints=(0, 2)).verdict is Verdict.FAILING
    half = play((0, 0, False), checked=True, endpoints=(1, 2))
    assert (half.verdict, half.why) == (Verdict.WELL, "1 of its 2 endpoints are healthy")
    assert play((0, 0, False), checked=False, endpoints=(2, 2)).verdict is Verdict.UNKNOWN


def test_a_failure_is_dated_by_the_report_in_which_it_began() -> None:
    assert play((9, 0, True), (9, 4, True), (9, 9, False)).since == BEGIN + REPORT_S
    assert play((9, 0, True), (9, 0, True), (9, 9, False)).since == BEGIN + 2 * REPORT_S


def test_silence_is_not_held_against_what_answers_its_checks_and_dates_what_fails_them() -> None:
    quiet = [(5, 0, False)] * 12
    assert play(*quiet, checked=True).verdict is Verdict.WELL
    ended = BEGIN + 13 * REPORT_S
    lost = add_sample(play(*quiet, checked=True), Sample(ended - REPORT_S, ended, endpoints=(0, 1), checked=True))
    assert (lost.verdict, lost.since) == (Verdict.FAILING, BEGIN)


def test_what_was_heard_long_ago_is_not_known() -> None:
    for told in ((5, 0, True), (5, 5, False)):
        sight = play(told)
        assert judge(sight, BEGIN + REPORT_S + KEPT_S).verdict is not Verdict.UNKNOWN
        assert judge(sight, BEGIN + REPORT_S + KEPT_S + 3.0).verdict is Verdict.UNKNOWN


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=40), st.booleans())
def test_nothing_is_called_failing_that_only_ever_answered_or_was_never_asked(
    told: list[tuple[int, bool]], checked: bool
) -> None:
    assert play(*((tries, 0, bool(tries)) for tries, _ in told), checked=checked).verdict is not Verdict.FAILING


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.booleans()), max_size=60), st.booleans())
def test_a_verdict_stands_since_it_was_reached_or_before(told: list[tuple[int, int, bool]], checked: bool) -> None:
    samples = [(tries, min(tries, failed), received) for tries, failed, received in told]
    sight = play(*samples, checked=checked)
    assert sight.verdict is Verdict.UNKNOWN or BEGIN <= sight.since <= BEGIN + len(samples) * REPORT_S
