"""What an answer means for the message."""

import pytest

from holdfast.spool.verdicts import Answer, Failed, HeldUp, Rejected, Taken, judge_answer, read_retry_after


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_delivered(status: int) -> None:
    assert judge_answer(Answer(status), ()) == Taken(status)


def test_what_the_upstream_took_is_delivered_whatever_it_calls_it() -> None:
    assert judge_answer(Answer(200, "kill"), ()) == Taken(200)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_later_may_be_better(status: int) -> None:
    assert isinstance(judge_answer(Answer(status), ()), Failed)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 410, 413, 422])
def test_what_the_upstream_will_never_take_is_a_dead_letter(status: int) -> None:
    assert isinstance(judge_answer(Answer(status), ()), Rejected)


def test_what_the_owner_declared_to_be_no_answer_is_tried_again() -> None:
    assert isinstance(judge_answer(Answer(404), (404,)), Failed)


@pytest.mark.parametrize("cause", ["kill", "hold", "read-only", "limit.service", "limit.m-3", "no-route", "bulkhead"])
def test_what_an_edge_refuses_by_our_will_counts_for_nothing(cause: str) -> None:
    assert judge_answer(Answer(503, cause), ()) == HeldUp(cause, is_crowded=cause == "bulkhead")


@pytest.mark.parametrize("cause", ["upstream.unhealthy", "upstream.timeout", "accept.body_max"])
def test_what_an_edge_says_of_the_upstream_or_the_message_counts(cause: str) -> None:
    assert isinstance(judge_answer(Answer(413, cause), ()), Failed)


def test_the_upstream_says_when_to_come_back() -> None:
    assert judge_answer(Answer(503, None, 7.0), ()) == Failed("HTTP 503", 7.0)
    assert judge_answer(Answer(503, None, 1e9), ()) == Failed("HTTP 503", 3_600.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("5", 5.0), (" 0 ", 0.0), (None, None), ("", None), ("-1", None), ("Wed, 21 Oct 2015 07:28:00 GMT", None)],
)
def test_how_long_is_read_from_digits_only(value: str | None, seconds: float | None) -> None:
    assert read_retry_after(value) == seconds
