import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.incidents.downtime import chain
from holdfast.incidents.downtime.definition import BRIDGE_SLOTS, QUIET_SLOTS
from holdfast.incidents.downtime.judge import OPEN_SLOTS, Judge
from holdfast.model.downtime import Standing
from incidents.downtime_scenes import OUT, SILENT, WELL, Counted, add_up, judge, make_slot, spell

LEAD = [WELL] * 30
TAIL = [WELL] * 40


def test_an_outage_is_what_it_was() -> None:
    assert spell(judge([*LEAD, *[OUT] * 24, *TAIL])) == [(30, 54, "DOWN")]


def test_its_edges_are_placed_within_slots() -> None:
    found = judge([*LEAD, (100.0, 40.0), *[(100.0, 100.0)] * 10, (100.0, 70.0), *[(100.0, 0.0)] * 40])
    assert [(each.began, each.ended) for each in found] == [pytest.approx((30.6, 41.7), abs=0.05)]


def test_a_part_that_fails_is_a_degradation() -> None:
    assert spell(judge([*LEAD, *[(10.0, 2.0)] * 24, *TAIL])) == [(30, 54, "DEGRADED")]


def test_a_few_lost_requests_are_nothing() -> None:
    few: Counted = (1.0, 0.0)
    assert not judge([*[few] * 100, (1.0, 1.0), (1.0, 1.0), *[few] * 100])
    assert not judge([*[(1000.0, 2.0)] * 100])


def test_three_lost_requests_in_a_row_are_an_outage() -> None:
    few: Counted = (1.0, 0.0)
    assert spell(judge([*[few] * 100, *[(1.0, 1.0)] * 3, *[few] * 150])) == [(100, 103, "DOWN")]


def test_few_requests_are_enough_for_an_outage() -> None:
    sparse: list[Counted] = [(1.0, 0.0), SILENT, SILENT]
    lost: list[Counted] = [(1.0, 1.0), SILENT, SILENT]
    (found,) = judge([*sparse * 20, *lost * 10, *sparse * 80])
    assert (found.standing, found.requests, found.lost) == (Standing.DOWN, 10, 10)
    assert 58 <= found.began <= 60
    assert 88 <= found.ended <= 90


def test_a_long_outage_is_settled_by_parts_and_whole_in_sum() -> None:
    found = judge([*LEAD, *[OUT] * 4000, *TAIL])
    assert add_up(found, Standing.DOWN) == 4000
    assert len(found) > 1


def test_unmeasured_time_is_bridged_if_it_is_short_and_the_same_on_both_sides() -> None:
    short, long = [None] * BRIDGE_SLOTS, [None] * (BRIDGE_SLOTS + 1)
    assert spell(judge([*LEAD, *[OUT] * 5, *short, *[OUT] * 5, *TAIL])) == [(30, 40 + BRIDGE_SLOTS, "DOWN")]
    parts = spell(judge([*LEAD, *[OUT] * 5, *long, *[OUT] * 5, *TAIL]))
    assert parts == [(30, 35, "DOWN"), (36 + BRIDGE_SLOTS, 41 + BRIDGE_SLOTS, "DOWN")]


def test_unmeasured_time_between_an_outage_and_its_end_is_not_booked() -> None:
    assert spell(judge([*LEAD, *[OUT] * 6, *[None] * 8, *TAIL])) == [(30, 36, "DOWN")]
    assert not judge([*LEAD, *[None] * 100, *TAIL])


def test_silence_belongs_half_to_what_was_and_half_to_what_comes() -> None:
    assert spell(judge([*LEAD, *[OUT] * 6, *[SILENT] * 10, *TAIL])) == [(30, 41, "DOWN")]


def test_a_silence_that_is_long_is_unknown() -> None:
    judged = Judge(1, 0)
    found = judge([*LEAD, *[OUT] * 6, *[SILENT] * (QUIET_SLOTS + 2)], judged)
    assert judged.stand(0) is Standing.UNKNOWN
    assert spell(found) == [(30, 36 + BRIDGE_SLOTS, "DOWN")]
    assert judged.troubled == 0


def test_how_it_stands_now_is_known_at_once() -> None:
    judged = Judge(1, 0)
    judge([*LEAD, *[OUT] * 2], judged)
    assert judged.stand(0) is Standing.DOWN
    judge([WELL] * 2, judged)
    assert judged.stand(0) is Standing.UP


def test_what_was_lost_after_a_wait_is_booked_when_it_was_asked() -> None:
    judged, found = Judge(1, 0), []
    late = np.array([3])
    asked = [(10.0, 0.0)] * 30 + [(10.0, 0.0)] * 20 + [(10.0, 0.0)] * 60
    for slot, (owed, _) in enumerate(asked):
        lost = 10.0 if 33 <= slot < 53 else 0.0
        found += judged.close_slot(make_slot((owed, lost), late=lost), late, measured=True)
    assert spell(found) == [(30, 50, "DOWN")]


def test_whoever_is_always_slow_isnt_judged_by_it_but_others_are() -> None:
    def play(before: float) -> list[tuple[float, float, str]]:
        judged, found = Judge(1, 0), []
        for slow in [before] * 2000 + [6.0] * 30 + [0.0] * 60:
            found += judged.close_slot(make_slot(WELL, slow=slow), np.zeros(1, np.int64), measured=True)
        return spell(found)

    assert play(0.0) == [(2000, 2030, "DEGRADED")]
    assert play(2.0) == []


def test_read_only_is_a_degradation_while_it_lasts() -> None:
    judged, found = Judge(1, 0), []
    for read_only in [0.0] * 30 + [8.0] * 20 + [0.0] * 40:
        found += judged.close_slot(make_slot(WELL, read_only=read_only), np.zeros(1, np.int64), measured=True)
    assert spell(found) == [(30, 50, "DEGRADED")]


def test_subjects_keep_their_course_when_others_come_and_go() -> None:
    judged = Judge(2, 0)
    nothing = np.zeros(2, np.int64)
    for _ in range(30):
        judged.close_slot(make_slot(WELL, WELL), nothing, measured=True)
    for _ in range(10):
        judged.close_slot(make_slot(WELL, OUT), nothing, measured=True)
    judged.select(np.array([-1, 1, -1]))
    found = []
    for _ in range(40):
        found += judged.close_slot(make_slot(WELL, WELL, WELL), np.zeros(3, np.int64), measured=True)
    assert [(each.row, *row) for each, row in zip(found, spell(found), strict=True)] == [(1, 30, 40, "DOWN")]


@pytest.mark.parametrize("rate", [1.0, 20.0, 1000.0])
@given(st.integers(12, 300), st.integers(0, 200))
@settings(max_examples=25)
def test_any_whole_outage_is_booked_to_the_slot(rate: float, lasts: int, before: int) -> None:
    well, out = (rate, 0.0), (rate, rate)
    found = judge([*[well] * (OPEN_SLOTS + before), *[out] * lasts, *[well] * 250])
    assert add_up(found, Standing.DOWN) == pytest.approx(lasts)


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 1)), min_size=1, max_size=120))
@settings(max_examples=60)
def test_whatever_is_counted_stretches_are_in_order_apart_and_within_time(counts: list[tuple[int, float]]) -> None:
    found = judge([(float(owed), float(round(owed * share))) for owed, share in counts])
    edges = [at for each in sorted(found, key=lambda each: each.began) for at in (each.began, each.ended)]
    assert edges == sorted(edges)
    assert all(-OPEN_SLOTS <= at <= len(counts) for at in edges)
    assert all(0 <= each.lost <= each.requests for each in found)


def test_a_course_that_changes_is_traced_back_slot_by_slot() -> None:
    scores, came = chain.begin_up(1), []
    for owed, bad in [(50.0, 0.0)] * 5 + [(50.0, 50.0)] * 5 + [(50.0, 0.0)] * 5:
        scores, step = chain.advance(scores, np.array([owed]), np.array([bad]))
        came.append(int(step[0]))
    levels = chain.trace(int(scores.argmax()), came)
    assert [bool(chain.IS_DOWN[level]) for level in levels] == [False] * 5 + [True] * 5 + [False] * 5
