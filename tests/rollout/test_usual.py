"""Peaks: the highest of a week, without what happened once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.reading import Levels
from holdfast.model.recorded import Usage
from holdfast.rollout.usual import KNOWN_MIN, SLOT_S, SLOTS, Peaks, find_busiest

NOW = 1_790_000_000.0


def levels(**rps: float) -> Levels:
    rates = np.array(list(rps.values()), np.float32)
    return Levels(tuple(rps), rates, (rates / 10).astype(np.float32))


def read(peaks: Peaks, name: str = "shop") -> Usage:
    return peaks.read({})[name]


def test_the_highest_counts() -> None:
    peaks = Peaks()
    for n, rps in enumerate((10, 40, 20)):
        peaks.note(levels(shop=rps, blog=0), NOW + n)
    assert (read(peaks).peak_rps, read(peaks).peak_in_flight) == (40, 4)
    assert 0 < read(peaks).rps < 40
    assert "blog" not in peaks.read({})
    assert peaks.read({"shop": 3.0})["shop"].busiest_client_rps == 3.0


def test_what_happened_once_is_left_out_once_enough_is_known() -> None:
    peaks = Peaks()
    for slot in range(KNOWN_MIN - 1):
        peaks.note(levels(shop=500 if slot == 3 else 20 + slot), NOW + slot * SLOT_S)
    assert read(peaks).peak_rps == 500
    peaks.note(levels(shop=20), NOW + KNOWN_MIN * SLOT_S)
    assert read(peaks).peak_rps == 20 + KNOWN_MIN - 2


def test_a_week_later_it_is_forgotten() -> None:
    peaks = Peaks()
    peaks.note(levels(shop=500), NOW)
    peaks.note(levels(shop=5), NOW + SLOTS * SLOT_S)
    assert read(peaks).peak_rps == 5
    peaks.note(levels(shop=7), NOW + 1000 * SLOT_S)
    assert read(peaks).peak_rps == 7


def test_services_come_and_go() -> None:
    peaks = Peaks()
    peaks.note(levels(shop=5, blog=9), NOW)
    peaks.note(levels(wiki=1, shop=2), NOW)
    assert {name: usage.peak_rps for name, usage in peaks.read({}).items()} == {"wiki": 1, "shop": 5}


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, SLOT_S * 100)), min_size=1, max_size=60))
def test_no_peak_is_above_what_was_seen(readings: list[tuple[float, float]]) -> None:
    peaks, now = Peaks(), NOW
    for rps, passed in readings:
        now += passed
        peaks.note(levels(shop=rps), now)
    highest = max(rps for rps, _ in readings)
    assert all(usage.peak_rps <= highest * 1.01 for usage in peaks.read({}).values())


def test_the_busiest_client_is_one_that_was_seen_often() -> None:
    often = [("shop", "a", 2.0)] * 6 + [("shop", "b", 3.0)] * 5
    assert find_busiest([*often, ("shop", "c", 1_000.0), ("blog", "a", 1.0)], 10.0, 5) == {"shop": 1.5}
