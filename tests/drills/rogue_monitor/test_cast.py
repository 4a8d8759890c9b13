import pytest

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.rogue_monitor.cast import HOSTILE_STREAM, USUAL_STREAM, draw_cast, list_services, plan_traffic
from holdfast.drills.rogue_monitor.platform_file import write_platform
from holdfast.drills.rogue_monitor.scenario import RogueMonitor
from holdfast.drills.rogues.build import Rogue
from holdfast.spec import check_text

SCENARIO = load_scenario_of(RogueMonitor, "rogue-monitor")


def test_the_platform_file_checks_clean() -> None:
    checked = check_text(write_platform(SCENARIO, [8_001], 9_001), "platform.yaml")
    assert checked.diagnostics == ()
    assert checked.platform is not None
    graphql = [t for t in checked.platform.tenants.values() for s in t.services.values() if s.accept.graphql]
    assert len(graphql) == SCENARIO.graphql_services


def test_the_full_form_plays_every_rogue_there_is_and_the_short_one_draws() -> None:
    assert set(draw_cast(SCENARIO, SCENARIO.full, 1).rogues) == set(Rogue)
    drawn = {draw_cast(SCENARIO, SCENARIO.short, seed).rogues for seed in range(40)}
    assert drawn == {(rogue,) for rogue in SCENARIO.short.rogues}


def test_the_same_seed_draws_the_same_and_another_one_differs() -> None:
    assert draw_cast(SCENARIO, SCENARIO.full, 7) == draw_cast(SCENARIO, SCENARIO.full, 7)
    assert draw_cast(SCENARIO, SCENARIO.full, 7) != draw_cast(SCENARIO, SCENARIO.full, 8)


@pytest.mark.parametrize("seed", range(5))
def test_everybody_has_the_drawn_rate_and_graphql_services_hostile_queries_too(seed: int) -> None:
    cast = draw_cast(SCENARIO, SCENARIO.full, seed)
    plan = plan_traffic(SCENARIO, cast, 80, 10)
    for (name, graphql), rps in zip(list_services(SCENARIO), cast.usual_rps, strict=True):
        mine = [load for load in plan.hosts if load.host == f"{name}.example"]
        sums = {
            stream: sum(w.rps for load in mine if load.stream == stream for w in load.rates)
            for stream in (USUAL_STREAM, HOSTILE_STREAM)
        }
        assert sums[USUAL_STREAM] == pytest.approx(rps)
        assert sums[HOSTILE_STREAM] == pytest.approx(SCENARIO.hostile if graphql else 0)
        assert {load.method for load in mine} == {"POST" if graphql else "GET"}
