"""The simulated world does to services what outages do, and they come back from it by their turns."""

from holdfast.drills.simulation.restoration import let_all_in, restore, run_restoration
from holdfast.drills.simulation.restoration_world import World, each_failing, find_usual, make_services

COUNT = 14


def test_services_come_back_in_order_each_as_fast_as_by_itself() -> None:
    result = run_restoration(COUNT, seed=2)
    assert result["ok"], result
    assert result["restored"]["out_of_order"] == []
    assert result["at_once"]["requests_failed"] > 100 * result["restored"]["requests_failed"]


def test_the_same_seed_gives_the_same_world() -> None:
    services = make_services(COUNT, 2, seed=7)
    assert services == make_services(COUNT, 2, seed=7)
    everybody = frozenset(each.name for each in services)
    assert restore(services, everybody) == restore(services, everybody)
    assert services != make_services(COUNT, 2, seed=8)


def test_a_warm_world_stays_well_without_anybody() -> None:
    services = make_services(COUNT, 2, seed=1)
    world = World(services, frozenset())
    for _ in range(200):
        world.step()
    assert max(each_failing(world)) < 0.01


def test_one_cold_service_is_well_again_by_itself_only_if_nobody_storms_it() -> None:
    services = make_services(COUNT, 2, seed=1)
    last = frozenset({services[-1].name})
    assert services[-1].name not in let_all_in(services, last).back
    assert services[-1].name in restore(services, last).back


def test_who_is_depended_on_is_asked_for_more() -> None:
    services = make_services(COUNT, 2, seed=1)
    usual = find_usual(services)
    needed = {name for each in services for name in each.depends_on}
    assert needed
    assert all((usual[each.name] > each.own_rps) is (each.name in needed) for each in services)
