"""Walls that hold on average and not for requests as they come."""

from __future__ import annotations

from math import factorial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.recorded import PlatformUsage, Usage
from holdfast.rollout.dangers.walls import share_refused
from rollout.dangers.platforms import codes, find, make_tree, of

USAGE = PlatformUsage(services={"shop": Usage(rps=900.0, in_flight=21.0, peak_in_flight=34.0)})


def wall(maximum: int, pending: int = 64, connections: int | None = None) -> Any:
    in_flight = {"guaranteed": 4, "maximum": maximum}
    return {"in_flight": in_flight, "pending": pending, "connections": connections or maximum}


@pytest.mark.parametrize(
    ("bulkhead", "found"),
    [
        (wall(36, pending=0), ["wall-too-narrow"]),
        (wall(36, pending=64), []),
        (wall(36, pending=64, connections=99), ["wall-too-narrow"]),
        (wall(70, pending=0), []),
        (wall(30, pending=64), ["limit-below-usual", "limit-below-usual"]),
    ],
)
def test_walls_are_measured_by_lumps_and_not_by_averages(bulkhead: Any, found: list[str]) -> None:
    old = make_tree()
    of(old, "shop")["bulkhead"] = wall(120)
    assert codes(find(lambda tree: of(tree, "shop").update(bulkhead=bulkhead), old, usage=USAGE)) == found


def test_a_wall_that_was_narrow_already_may_be_widened() -> None:
    old = make_tree()
    of(old, "shop")["bulkhead"] = wall(36, pending=0)
    assert find(lambda tree: of(tree, "shop").update(bulkhead=wall(37, pending=1)), old, usage=USAGE) == []


@given(st.floats(0.01, 80.0), st.integers(1, 60))
def test_without_waiting_it_is_erlangs_formula(load: float, places: int) -> None:
    terms = [load**n / factorial(n) for n in range(places + 1)]
    assert share_refused(load, places, 0) == pytest.approx(terms[-1] / sum(terms), abs=1e-8)


@given(st.floats(0.01, 80.0), st.integers(1, 60), st.integers(0, 60))
def test_room_to_wait_never_hurts(load: float, places: int, waiting: int) -> None:
    more, fewer = (share_refused(load, places, each) for each in (waiting + 1, waiting))
    assert 0.0 <= more <= fewer + 1e-12
    assert fewer <= 1.0


def test_endless_room_to_wait_is_reckoned_at_once() -> None:
    assert share_refused(17.0, 18, 10**9) == 0.0
