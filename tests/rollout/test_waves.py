"""Waves: everybody is in one of them, once; few come first, and what others depend on comes last."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.intent import Intent
from holdfast.model.platform import Platform
from holdfast.rollout.waves import FIRST_MAX, GROWTH, assign_cohorts, find_reached, order_waves


def make_intent(services: dict[str, dict[str, Any]]) -> Intent:
    place = {
        "edges": [{"name": "edge-1", "listen": "127.0.0.1:8080"}],
        "capacity": {"in_flight": 100, "requests": 100.0},
    }
    full = {
        name: {"hosts": [f"{name}.example"], "upstream": {"endpoints": ["127.0.0.1:80"]}} | said
        for name, said in services.items()
    }
    return Intent(
        Platform.model_validate(
            {"holdfast": 1, "name": "p", "locations": {"here": place}, "tenants": {"t": {"services": full}}}
        )
    )


@given(count=st.integers(1, 400), late=st.integers(0, 400), seed=st.text(max_size=5))
def test_everybody_has_one_turn_and_those_whom_others_need_the_last(count: int, late: int, seed: str) -> None:
    needed = {f"s{n}": {"criticality": "critical"} if n % 2 else {"internal": True} for n in range(min(late, count))}
    intent = make_intent({f"s{n}": {} for n in range(count)} | needed)
    waves = assign_cohorts(intent, intent, intent.services.keys(), seed, 0.02)
    everybody = [name for wave in waves for name in wave]
    assert sorted(everybody) == sorted(intent.services)
    turns = {name: number for number, wave in enumerate(waves) for name in wave}
    others = intent.services.keys() - needed.keys()
    assert not needed or not others or min(turns[n] for n in needed) > max(turns[o] for o in others)
    assert len(waves[0]) <= FIRST_MAX
    assert waves == assign_cohorts(intent, intent, list(intent.services)[::-1], seed, 0.02)


def test_waves_grow() -> None:
    intent = make_intent({f"s{n}": {} for n in range(3_000)})
    sizes = [len(wave) for wave in assign_cohorts(intent, intent, intent.services.keys(), "7", 0.02)]
    assert sizes[0] == FIRST_MAX
    assert all(later == earlier * GROWTH for earlier, later in pairwise(sizes[:-1]))


def test_nobody_is_always_first() -> None:
    intent = make_intent({f"s{n}": {} for n in range(50)})
    first = {assign_cohorts(intent, intent, intent.services.keys(), str(seed), 0.02)[0] for seed in range(30)}
    assert len(first) > 10


def test_services_between_which_a_host_moves_go_together() -> None:
    old = make_intent({f"s{n}": {} for n in range(200)})
    moved = {"s1": {"hosts": ["s1.example", "s2.example"]}, "s2": {"hosts": ["other.example"]}}
    new = make_intent({f"s{n}": {} for n in range(200)} | moved)
    for seed in range(20):
        waves = assign_cohorts(old, new, new.services.keys(), str(seed), 0.02)
        assert [("s1" in wave) == ("s2" in wave) for wave in waves] == [True] * len(waves)


def test_services_that_come_or_go_have_a_turn_too() -> None:
    old, new = make_intent({"gone": {}, "stays": {}}), make_intent({"stays": {}, "comes": {}})
    waves = assign_cohorts(old, new, {"gone", "comes"}, "1", 0.02)
    assert sorted(name for wave in waves for name in wave) == ["comes", "gone"]


def test_the_first_cohort_and_what_is_shared_go_to_one_location_before_the_others() -> None:
    waves = order_waves([("a",), ("b", "c")], ("east", "west"), shared=True, seed="1")
    assert [(wave.cohort, wave.services) for wave in waves] == [(0, 1), (0, 1), (1, 2), (None, 0), (None, 0)]
    (first,) = waves[0].locations or ()
    assert [wave.locations for wave in waves] == [(first,), None, None, (first,), None]


def test_at_one_location_there_is_one_wave_for_each_cohort() -> None:
    waves = order_waves([("a",), ("b",)], ("east",), shared=False, seed="1")
    assert [(wave.cohort, wave.locations) for wave in waves] == [(0, None), (1, None)]
    assert order_waves([], ("east",), shared=False, seed="1") == ()


def test_who_is_reached_grows_with_every_wave_and_never_shrinks() -> None:
    cohorts = [("a",), ("b", "c"), ("d",)]
    waves = order_waves(cohorts, ("east", "west"), shared=True, seed="9")
    for location in ("east", "west"):
        reached = [find_reached(waves, cohorts, number, location) for number in range(len(waves))]
        assert all(before[0] <= after[0] and before[1] <= after[1] for before, after in pairwise(reached))
        assert reached[-1] == (frozenset("abcd"), True)
    first = [find_reached(waves, cohorts, 0, location)[0] for location in ("east", "west")]
    assert sorted(map(len, first)) == [0, 1]
