from collections import Counter
from random import Random
from typing import get_args

import pytest

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.scenario import CapMode
from holdfast.drills.surge_attack.cast import Attack, Crowd, draw_cast
from holdfast.drills.surge_attack.platform_file import write_platform
from holdfast.drills.surge_attack.scenario import AttackKind, SurgeAttack
from holdfast.drills.surge_attack.traffic import ATTACK, find_excess_s, plan_attack, plan_crowd, plan_usual
from holdfast.model.platform import Mode
from holdfast.spec import check_text

SCENARIO = load_scenario_of(SurgeAttack, "surge-attack")
FULL = SCENARIO.full
seeds = pytest.mark.parametrize("seed", range(20))


def list_attacks(seed: int) -> list[Attack]:
    cast = draw_cast(SCENARIO, FULL, seed)
    return [each for episodes in cast.episodes.values() for each in episodes if isinstance(each, Attack)]


def list_crowds(seed: int) -> list[Crowd]:
    cast = draw_cast(SCENARIO, FULL, seed)
    return [each for episodes in cast.episodes.values() for each in episodes if isinstance(each, Crowd)]


@pytest.mark.parametrize("cap_mode", get_args(CapMode))
@pytest.mark.parametrize("mode", list(Mode))
def test_the_platform_file_checks_clean(cap_mode: CapMode, mode: Mode) -> None:
    text = write_platform(SCENARIO, cap_mode, [8_001], 9_001, mode)
    checked = check_text(text, "platform.yaml")
    assert checked.diagnostics == ()
    assert checked.platform is not None
    assert len(checked.platform.tenants) == SCENARIO.usual.large.tenants + SCENARIO.usual.small.tenants


def test_the_same_seed_draws_the_same_and_another_one_differs() -> None:
    assert draw_cast(SCENARIO, FULL, 7) == draw_cast(SCENARIO, FULL, 7)
    assert draw_cast(SCENARIO, FULL, 7) != draw_cast(SCENARIO, FULL, 8)


@seeds
def test_all_kinds_of_attack_are_equally_many(seed: int) -> None:
    kinds = Counter(attack.kind for attack in list_attacks(seed))
    assert set(kinds) == set(AttackKind)
    assert max(kinds.values()) - min(kinds.values()) <= 1


@seeds
def test_an_attack_is_ten_times_the_usual_and_beyond_the_limit(seed: int) -> None:
    for attack in list_attacks(seed):
        plan = plan_attack(SCENARIO, attack, 80, SCENARIO.attack.seconds)
        rps = sum(max(window.rps for window in load.rates) for load in plan.hosts)
        assert attack.tenant.usual_rps + rps == pytest.approx(10 * attack.tenant.usual_rps)
        assert attack.tenant.usual_rps + rps > 1.3 * attack.tenant.limit_rps
        assert attack.tenant.usual_rps >= 5
        assert {load.stream for load in plan.hosts} == {ATTACK}


@seeds
def test_a_crowd_stays_within_limit_and_capacity_and_meets_nobody_who_was_attacked(seed: int) -> None:
    capacity_rps = 1 / SCENARIO.location.answer
    attacked = {attack.tenant.name for attack in list_attacks(seed)}
    for crowd in list_crowds(seed):
        plan = plan_crowd(SCENARIO, crowd, 80, SCENARIO.crowd.seconds)
        rps = crowd.tenant.usual_rps + sum(max(window.rps for window in load.rates) for load in plan.hosts)
        assert rps == pytest.approx(SCENARIO.crowd.factor * crowd.tenant.usual_rps)
        assert rps < min(crowd.tenant.limit_rps, 0.9 * capacity_rps)
        assert crowd.tenant.name not in attacked


@seeds
def test_what_an_attack_has_in_common_is_in_all_its_requests(seed: int) -> None:
    for attack in list_attacks(seed):
        loads = plan_attack(SCENARIO, attack, 80, 5).hosts
        told = {
            "user-agent": {dict(load.headers)["User-Agent"] for load in loads},
            "referer": {dict(load.headers).get("Referer", "") for load in loads},
            "path": {load.path for load in loads},
        }
        if attack.feature:
            name, value = attack.feature
            assert told[name] == {value}
        else:
            assert told["path"] == {path for each in attack.tenant.audiences for path, _ in each.paths}
            assert told["user-agent"] == {each.user_agent for each in attack.tenant.audiences}
        assert attack.has_rule == (attack.kind is not AttackKind.LOOK_ALIKE)


@seeds
def test_nobody_is_attacked_again_soon(seed: int) -> None:
    for episodes in draw_cast(SCENARIO, FULL, seed).episodes.values():
        large = [each.tenant.name for each in episodes if isinstance(each, Attack) and not each.tenant.small]
        assert all(
            len(set(large[number : number + 4])) == len(large[number : number + 4]) for number in range(len(large))
        )


def test_usual_traffic_comes_from_addresses_of_each_audience() -> None:
    cast = draw_cast(SCENARIO, FULL, 1)
    plan = plan_usual(SCENARIO, cast, "queue", 80, 10)
    assert plan.sources == cast.sources == 14 * SCENARIO.usual.audiences * SCENARIO.usual.clients
    pools = {load.pool for load in plan.hosts if load.pool is not None}
    assert len(pools) == 14 * SCENARIO.usual.audiences
    assert {load.stream for load in plan.hosts} == {tenant.name for tenant in cast.tenants}


def test_only_a_ramp_takes_time_to_exceed_the_limit() -> None:
    for attack in list_attacks(3):
        excess_s = find_excess_s(SCENARIO, attack)
        if attack.kind is not AttackKind.RAMP:
            assert excess_s == 0
            continue
        plan = plan_attack(SCENARIO, attack, 80, 12)
        at_s = Random(1).uniform(excess_s - 0.1, excess_s + 0.1)
        rising = [w for load in plan.hosts for w in load.rates if w.start_s <= at_s < w.end_s]
        offered = attack.tenant.usual_rps + sum(window.rps for window in rising)
        assert offered == pytest.approx(attack.tenant.limit_rps, rel=0.15)


def test_the_full_form_can_be_scored() -> None:
    assert sum(each.attacks for each in FULL.episodes.values()) >= 32
    assert all(each.crowds for each in FULL.episodes.values())
