"""Samples are bounded, and a flood doesn't drive out what came before it."""

from dataclasses import replace

import pytest

from detect.test_attribution import request
from holdfast.detect.sample_store import KEPT_S, NEW_MAX, OLD_MAX, SAMPLES_MAX, SampleStore
from holdfast.model.sample import SampledRequest


def lot(count: int, at: float, service: str = "shop") -> list[SampledRequest]:
    return [request(n, at=at + n / count, service=service) for n in range(count)]


def test_samples_are_told_by_service_and_time() -> None:
    store = SampleStore()
    store.add([*lot(3, 100.0), *lot(2, 100.0, "blog"), *lot(4, 120.0)])
    assert len(store.recent("shop", 120.0)) == 4
    assert len(store.normal("shop", 120.0)) == 3
    assert len(store.recent("blog", 0.0)) == 2
    assert store.recent("nobody", 0.0) == ()
    ats = [one.at for one in store.recent("shop", 0.0)]
    assert ats == sorted(ats)


def test_a_flood_is_thinned_and_what_stays_stands_for_more() -> None:
    store = SampleStore()
    store.add(lot(20_000, 100.0))
    kept = store.recent("shop", 0.0)
    assert NEW_MAX / 4 < len(kept) <= NEW_MAX
    assert sum(one.weight for one in kept) == pytest.approx(20_000, rel=0.1)


def test_a_flood_leaves_what_came_before_it() -> None:
    store = SampleStore()
    store.add(lot(150, 100.0))
    for second in range(120, 220):
        store.add(lot(1_000, float(second)))
    assert len(store.normal("shop", 110.0)) == 150
    assert len(store) < 150 + 12 * NEW_MAX


def test_what_is_old_is_thinned_then_dropped() -> None:
    store = SampleStore()
    store.add(lot(1_000, 100.0))
    store.add(lot(1, 150.0))
    assert len(store.recent("shop", 0.0)) <= OLD_MAX + 1
    store.add(lot(1, 100.0 + KEPT_S + 60))
    assert len(store.recent("shop", 0.0)) <= 2
    assert len(store) <= 2


def test_normal_traffic_stays_while_it_is_asked_for() -> None:
    store = SampleStore()
    store.add(lot(100, 100.0))
    for second in range(110, 1_500, 5):
        store.add(lot(1, float(second)))
        assert len(store.normal("shop", 105.0)) == 100
    for second in range(1_500, 1_600, 5):
        store.add(lot(1, float(second)))
    assert store.normal("shop", 105.0) == ()


def test_the_total_is_bounded_whatever_comes() -> None:
    store = SampleStore()
    for service in range(400):
        store.add([replace(one, service=f"s{service}") for one in lot(300, 100.0 + service)])
        assert len(store) <= SAMPLES_MAX
    assert len(store.recent("s399", 0.0)) == 300


def test_ids_that_are_alike_cannot_overfill_it() -> None:
    store = SampleStore()
    store.add([replace(one, request_id="same") for one in lot(5_000, 100.0)])
    assert len(store) <= NEW_MAX
