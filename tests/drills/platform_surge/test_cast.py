from typing import get_args

import pytest

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.platform_surge.cast import draw_cast
from holdfast.drills.platform_surge.platform_file import write_platform
from holdfast.drills.platform_surge.scenario import PlatformSurge
from holdfast.drills.platform_surge.traffic import plan_traffic
from holdfast.drills.scenario import CapMode
from holdfast.model.platform import Mode
from holdfast.spec import check_text

SCENARIO = load_scenario_of(PlatformSurge, "platform-surge")
FULL = SCENARIO.full
seeds = pytest.mark.parametrize("seed", range(10))


@pytest.mark.parametrize("mode", list(Mode))
def test_the_platform_file_checks_clean(mode: Mode) -> None:
    checked = check_text(write_platform(SCENARIO, [8_001], 9_001, mode), "platform.yaml")
    assert checked.diagnostics == ()
    assert checked.platform is not None
    assert len(checked.platform.tenants) == sum(each.services for each in SCENARIO.classes.values())


def test_the_same_seed_draws_the_same_and_another_one_differs() -> None:
    assert draw_cast(SCENARIO, FULL, 7) == draw_cast(SCENARIO, FULL, 7)
    assert draw_cast(SCENARIO, FULL, 7) != draw_cast(SCENARIO, FULL, 8)


@seeds
def test_each_class_has_its_share(seed: int) -> None:
    members = draw_cast(SCENARIO, FULL, seed).members
    for rank, group in SCENARIO.classes.items():
        mine = [member.share for member in members if member.criticality is rank]
        assert len(mine) == group.services
        assert sum(mine) == pytest.approx(group.share)


@seeds
def test_surges_follow_one_another_from_usual_to_three_times_the_capacity(seed: int) -> None:
    cast = draw_cast(SCENARIO, FULL, seed)
    for mode in get_args(CapMode):
        plan = plan_traffic(SCENARIO, FULL, cast, mode, 80)
        over_s = FULL.learn
        for surge in cast.surges[mode]:
            assert over_s <= surge.began_s < surge.onset_s < surge.height_s < surge.over_s < plan.duration_s
            over_s = surge.over_s
            for at_s, rps in ((surge.began_s, SCENARIO.usual_rps), (surge.height_s + 1, SCENARIO.surge_rps)):
                windows = [w for load in plan.hosts for w in load.rates if w.start_s <= at_s < w.end_s]
                assert sum(window.rps for window in windows) == pytest.approx(rps)
    assert SCENARIO.surge_rps == pytest.approx(3 * SCENARIO.location.capacity_rps)


def test_a_form_may_have_a_smaller_location() -> None:
    small = SCENARIO.scale(SCENARIO.short)
    assert small.location.in_flight == SCENARIO.short.in_flight == 10
    assert small.surge_rps == SCENARIO.surge_rps / 4
    assert SCENARIO.scale(FULL) == SCENARIO
    checked = check_text(write_platform(small, [8_001], 9_001, Mode.ENFORCE), "platform.yaml")
    assert checked.diagnostics == ()
