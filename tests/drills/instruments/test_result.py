"""What is concluded from records, on records whose conclusions are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.instruments import (
    Failure,
    check_lateness,
    latency_ms_percentile,
    select_window,
    success_rate,
)
from holdfast.drills.instruments.load_result import RECORD_DTYPE, Records


def make_records(statuses: list[int], latency_ms: float = 6.0, lateness_ms: float = 0.1) -> Records:
    records = np.zeros(len(statuses), RECORD_DTYPE)
    records["intended_s"] = np.arange(len(statuses))
    records["status"] = statuses
    records["latency_ms"] = np.where(np.array(statuses) > 0, latency_ms, np.inf)
    records["lateness_ms"] = lateness_ms
    return records


def test_only_complete_answers_below_400_are_successes() -> None:
    assert success_rate(make_records([200, 302, 404, 429, 503, Failure.TIMEOUT, Failure.TRUNCATED, 204])) == 3 / 8


def test_a_fast_refusal_counts_as_infinite_latency() -> None:
    records = make_records([200] * 98 + [503] * 2, latency_ms=0.2)
    assert latency_ms_percentile(records, 98) == pytest.approx(0.2)
    assert latency_ms_percentile(records, 99) == math.inf


@given(st.lists(st.sampled_from([200, 503, Failure.CLOSED]), min_size=1), st.floats(0.1, 100))
def test_a_percentile_is_finite_exactly_when_so_many_succeeded(statuses: list[int], percent: float) -> None:
    records = make_records(statuses)
    enough = statuses.count(200) >= math.ceil(percent / 100 * len(statuses))
    assert math.isfinite(latency_ms_percentile(records, percent)) == enough


def test_nothing_is_concluded_from_no_requests() -> None:
    with pytest.raises(ValueError, match="no requests"):
        success_rate(make_records([]))
    with pytest.raises(ValueError, match="no requests"):
        latency_ms_percentile(make_records([]), 50)
    assert not check_lateness(make_records([])).ok


def test_lateness_is_judged_against_the_p99_of_what_was_answered() -> None:
    assert check_lateness(make_records([200] * 10, latency_ms=6, lateness_ms=0.59)).ok
    late = check_lateness(make_records([200] * 10 + [Failure.TIMEOUT] * 10, latency_ms=6, lateness_ms=0.61))
    assert not late.ok
    assert late.ratio == pytest.approx(0.61 / 6, rel=1e-4)


def test_what_was_waited_for_in_vain_counts_with_its_time() -> None:
    records = make_records([200] * 10 + [Failure.TIMEOUT] * 10, latency_ms=6, lateness_ms=20)
    assert not check_lateness(records).ok
    assert check_lateness(records, timeout_ms=2000).ok
    assert not check_lateness(records, timeout_ms=100).ok
    assert not check_lateness(make_records([200] * 10 + [Failure.CLOSED] * 10, lateness_ms=20), timeout_ms=2000).ok


def test_a_generator_without_answers_or_without_ports_proves_nothing() -> None:
    assert not check_lateness(make_records([Failure.TIMEOUT] * 10)).ok
    starved = check_lateness(make_records([200] * 10 + [Failure.LOCAL]))
    assert (starved.ok, starved.local_failures) == (False, 1)


def test_a_window_holds_its_start_but_not_its_end() -> None:
    assert list(select_window(make_records([200] * 5), 1, 3)["intended_s"]) == [1, 2]
