import pytest

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.mitigation_backfire.cast import BLOCKS_ALL, ONE_BUCKET, Mistake, draw_cast, plan_traffic
from holdfast.drills.mitigation_backfire.platform_file import write_platform
from holdfast.drills.mitigation_backfire.scenario import MitigationBackfire
from holdfast.model.mitigation import Limit
from holdfast.spec import check_text

SCENARIO = load_scenario_of(MitigationBackfire, "mitigation-backfire")
FULL = SCENARIO.full


def list_mistakes(kind: str) -> list[Mistake]:
    mistakes = [mistake for seed in range(10) for mistake in draw_cast(SCENARIO, FULL, seed).mistakes]
    return [each for each in mistakes if each.kind == kind]


def test_the_platform_file_checks_clean() -> None:
    checked = check_text(write_platform(SCENARIO, [8_001], 9_001), "platform.yaml")
    assert checked.diagnostics == ()
    assert checked.platform is not None
    assert len(checked.platform.tenants) == SCENARIO.services


def test_the_same_seed_draws_the_same_and_another_one_differs() -> None:
    assert draw_cast(SCENARIO, FULL, 7) == draw_cast(SCENARIO, FULL, 7)
    assert draw_cast(SCENARIO, FULL, 7) != draw_cast(SCENARIO, FULL, 8)


def test_both_mistakes_are_made_equally_often() -> None:
    assert len(list_mistakes(BLOCKS_ALL)) == len(list_mistakes(ONE_BUCKET)) == 10 * FULL.rounds


def test_one_mistake_refuses_everybody_in_different_ways() -> None:
    measures = [mistake.measure for mistake in list_mistakes(BLOCKS_ALL)]
    assert {measure.kind for measure in measures} == {"block", "deny"}
    assert all(measure.service for measure in measures)


def test_the_other_differs_from_what_was_meant_in_its_prefix_alone() -> None:
    for mistake in list_mistakes(ONE_BUCKET):
        assert isinstance(mistake.measure, Limit)
        assert isinstance(mistake.meant, Limit)
        assert mistake.measure.client_prefix < 8 < mistake.meant.client_prefix
        assert mistake.measure.model_copy(update={"client_prefix": mistake.meant.client_prefix}) == mistake.meant


@pytest.mark.parametrize("seed", range(5))
def test_a_sane_limit_is_far_above_what_a_client_sends(seed: int) -> None:
    cast = draw_cast(SCENARIO, FULL, seed)
    clients = SCENARIO.audiences * SCENARIO.clients
    for served in cast.services:
        assert served.usual_rps / clients < SCENARIO.client_limit.requests / 4
        assert served.usual_rps > 4 * SCENARIO.client_limit.requests
    plan = plan_traffic(SCENARIO, cast, 80, 10)
    assert {load.stream for load in plan.hosts} == {served.name for served in cast.services}
