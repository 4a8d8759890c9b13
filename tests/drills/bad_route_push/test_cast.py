from collections import Counter

import pytest

from holdfast.drills.bad_route_push.cast import draw_cast, plan_traffic
from holdfast.drills.bad_route_push.platform_file import CALLS_PATH, Edition, PlatformFile
from holdfast.drills.bad_route_push.scenario import BadRoutePush
from holdfast.drills.catalogue import load_scenario_of
from holdfast.model.platform import Platform
from holdfast.spec import check_text

SCENARIO = load_scenario_of(BadRoutePush, "bad-route-push")
SHORT, FULL = SCENARIO.short, SCENARIO.full


def read(edition: Edition, dormant_in: str = "") -> Platform:
    checked = check_text(PlatformFile(SCENARIO, SHORT, [8_001, 8_002], 9_001).write(edition, dormant_in=dormant_in), "")
    assert checked.diagnostics == ()
    assert checked.platform is not None
    return checked.platform


def list_routes(platform: Platform) -> Counter[tuple[str, ...]]:
    services = (service for tenant in platform.tenants.values() for service in tenant.services.values())
    return Counter(tuple(route.name for route in service.routes) for service in services)


@pytest.mark.parametrize(
    ("edition", "routes"),
    [
        (Edition.BEFORE, ("rest",)),
        (Edition.TIDIED, ()),
        (Edition.NAMED, ("api", "rest")),
        (Edition.BOTH, ("api",)),
        (Edition.WIDER, ("api", "calls", "rest")),
    ],
)
def test_every_edition_checks_clean_and_has_the_same_routes_everywhere(
    edition: Edition, routes: tuple[str, ...]
) -> None:
    assert list_routes(read(edition)) == {routes: SHORT.services}


def test_the_dormant_mistake_passes_the_check_and_lies_in_one_service() -> None:
    services = SHORT.services
    found = list_routes(read(Edition.NAMED, dormant_in="tenant-07"))
    assert found == {("api", "rest"): services - 1, ("token", "api", "rest"): 1}


def test_the_same_seed_draws_the_same_and_another_one_differs() -> None:
    assert draw_cast(SCENARIO, FULL, 7) == draw_cast(SCENARIO, FULL, 7)
    assert draw_cast(SCENARIO, FULL, 7) != draw_cast(SCENARIO, FULL, 8)


@pytest.mark.parametrize("seed", range(3))
def test_every_service_is_asked_at_every_edge_and_called_as_drawn(seed: int) -> None:
    cast = draw_cast(SCENARIO, SHORT, seed)
    plans = plan_traffic(SCENARIO, cast, [8_001, 8_002], 10.0)
    assert len({plan.seed for plan in plans}) == len(plans) == SCENARIO.edges
    for served in cast.services:
        loads = [load for plan in plans for load in plan.hosts if load.stream == served.name]
        rates = {load.path: sum(window.rps for window in load.rates) for load in loads}
        assert sum(rates.values()) * SCENARIO.edges == pytest.approx(served.rps)
        assert rates[CALLS_PATH] * SCENARIO.edges == pytest.approx(served.rps * served.calls)
        assert SHORT.calls.least <= served.calls <= SHORT.calls.most


def test_kills_are_spread_over_the_whole_rollout() -> None:
    kills = [moment for seed in range(20) for moment in draw_cast(SCENARIO, FULL, seed).kills]
    assert len(kills) == 20 * FULL.kills
    assert min(kills) < 0.1
    assert max(kills) > 0.9


def test_the_first_wave_of_the_full_form_is_large_enough_to_score_its_time() -> None:
    assert FULL.services * FULL.first >= 50
    assert FULL.calls.least >= 0.02
