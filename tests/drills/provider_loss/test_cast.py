from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.provider_loss.cast import SHORTEST, draw_cast
from holdfast.drills.provider_loss.places import EDGES, LOCATIONS, SERVICES
from holdfast.drills.provider_loss.scenario import Loss, ProviderLoss
from holdfast.drills.provider_loss.traffic import plan_crowd, plan_traffic

SCENARIO = load_scenario_of(ProviderLoss, "provider-loss")
FULL = SCENARIO.full
SEEDS = st.integers(0, 2**32)


@given(SEEDS)
def test_a_seed_draws_the_same_again(seed: int) -> None:
    assert draw_cast(SCENARIO, FULL, seed) == draw_cast(SCENARIO, FULL, seed)


@given(SEEDS)
def test_every_loss_is_played_as_often_as_stated_and_within_its_bounds(seed: int) -> None:
    cast = draw_cast(SCENARIO, FULL, seed)
    assert Counter(trouble.loss for trouble in cast.troubles) == FULL.losses
    assert all(SCENARIO.reads.least <= rps <= SCENARIO.reads.most for rps in cast.reads_rps.values())
    for trouble in cast.troubles:
        assert trouble.edge in LOCATIONS["us"]
        assert trouble.machine < SCENARIO.machines_each
        assert 0 <= trouble.pause_s <= FULL.settle


@given(SEEDS)
def test_a_site_flaps_for_as_long_as_stated_and_is_down_first_and_last(seed: int) -> None:
    for trouble in draw_cast(SCENARIO, FULL, seed).troubles:
        flaps_s = trouble.flaps_s
        assert bool(flaps_s) == (trouble.loss is Loss.FLAPPING)
        if flaps_s:
            assert len(flaps_s) % 2 == 1
            assert FULL.flapping <= sum(flaps_s)
            assert all(SHORTEST * SCENARIO.flap_down <= each <= SCENARIO.flap_down for each in flaps_s[::2])
            assert all(SHORTEST * SCENARIO.flap_up <= each <= SCENARIO.flap_up for each in flaps_s[1::2])


def test_seeds_differ_in_what_happens() -> None:
    assert len({draw_cast(SCENARIO, FULL, seed).troubles for seed in range(10)}) == 10


def test_each_edge_is_asked_for_what_its_location_has_reads_and_writes_apart() -> None:
    cast = draw_cast(SCENARIO, FULL, 7)
    for edge in EDGES:
        plan = plan_traffic(SCENARIO, cast, edge, 8_001, 60)
        served = {each.name for each in SERVICES if edge in LOCATIONS[each.location]}
        streams = {(load.stream, load.method) for load in plan.hosts}
        assert streams == {(f"{name}:reads", "GET") for name in served} | {
            (f"{name}:writes", "POST") for name in served
        }


def test_a_crowd_is_more_than_the_standby_carries() -> None:
    crowd = plan_crowd(SCENARIO, draw_cast(SCENARIO, FULL, 7), 8_001, 60)
    assert (
        len(LOCATIONS["us"]) * sum(rate.rps for load in crowd.hosts for rate in load.rates) > SCENARIO.standby_carries
    )
