"""The guard: what harms normal traffic or others is ended, and what only looks as if it did is left."""

from dataclasses import replace

import pytest

from holdfast.mitigate.guard import find_harm
from holdfast.mitigate.pressure import Pressure
from holdfast.model.mitigation import REVERTED, Block, Deny, Kill, Limit, Measure, ReadOnly
from holdfast.model.telemetry import Metric
from mitigate.playing import LATEST, TICK_S, Play, Traffic, kinds, make_finding, make_rule, make_samples
from mitigate.test_climb import FLOOD, flood

REVERTED_WITHIN_S = 5.0
NOBODY = Block.model_validate({"service": "shop", "networks": ["10.0.0.0/8"]})
ONE_BUCKET = Limit.model_validate({"service": "shop", "per_client": {"requests": 5.0}, "client_prefix": 2})


@pytest.mark.parametrize(
    ("measure", "refused"),
    [
        (NOBODY, 20.0),
        (Deny(service="shop", source=make_rule("Mozilla/5.0 Firefox/1")), 20.0),
        (ONE_BUCKET, 15.0),
        (Limit(service="shop", requests_per_s=5.0), 15.0),
    ],
)
def test_what_refuses_normal_traffic_is_reverted(measure: Measure, refused: float) -> None:
    play = Play()
    play.wait(1.0)
    id_ = play.mitigate(measure)
    play.traffic = Traffic(offered=20.0, mitigated=refused)
    began = play.now
    while play.in_force:
        play.look()
        assert play.now - began <= REVERTED_WITHIN_S
    (ended,) = play.state.ended
    assert (ended.mitigation.id, ended.author) == (id_, "holdfast")
    assert ended.why.startswith(REVERTED)
    assert "%" in ended.why


def test_a_wall_that_refuses_normal_traffic_is_reverted() -> None:
    play = Play(traffic=Traffic(offered=20.0, admitted=5.0))
    play.mitigate(Limit(service="shop", in_flight=1))
    play.wait(3.0)
    assert not play.in_force


@pytest.mark.parametrize("measure", [Kill(service="shop"), ReadOnly(service="shop")])
def test_what_refuses_by_design_is_not(measure: Measure) -> None:
    play = Play(traffic=Traffic(offered=20.0, mitigated=20.0))
    play.mitigate(measure)
    assert kinds(play.wait(10.0)) == []


def test_a_right_mitigation_in_a_flood_is_not() -> None:
    play = Play(traffic=Traffic(offered=1000.0, mitigated=980.0, admitted=20.0))
    play.mitigate(Deny(service="shop", source=make_rule()))
    play.mitigate(Limit(service="shop", requests_per_s=100.0))
    assert kinds(play.wait(30.0)) == []


def test_a_hold_that_starves_good_clients_too_is_not_while_its_flood_lasts() -> None:
    play = Play(traffic=Traffic(offered=1000.0, admitted=4.0))
    play.find(make_finding())
    play.wait(20.0)
    assert [type(m) for m in play.measures] == [Limit]


def test_a_little_collateral_is_borne() -> None:
    play = Play(traffic=Traffic(offered=20.0, mitigated=3.0))
    play.mitigate(NOBODY)
    assert kinds(play.wait(10.0)) == []


def test_what_chance_lets_through_when_an_attack_ebbs_away_is_not_harm() -> None:
    """A small service asks for a little less than usual just then, while its attackers are still refused."""
    play = Play(traffic=Traffic(offered=12.0, mitigated=6.0, admitted=6.0, usual=8.0))
    play.mitigate(Deny(service="shop", source=make_rule()))
    assert kinds(play.wait(10.0)) == []


def test_known_clients_that_are_refused_in_a_flood_are_harm() -> None:
    """As many as are offered beyond the usual are refused, but they are the wrong ones."""
    wrong = make_samples(60, clients=60, over_s=2, until=LATEST, cause="block.m-1", status=403)
    play = Play(traffic=Traffic(offered=1000.0, mitigated=100.0), recent=wrong)
    play.mitigate(NOBODY)
    play.wait(4.0)
    assert not play.in_force
    assert "clients ask that were there before" in play.state.ended[0].why


def test_a_source_rule_that_turns_out_wrong_is_not_tried_again() -> None:
    play = Play(traffic=FLOOD, recent=flood())
    play.find(make_finding(source=make_rule()))
    play.wait(1.25)
    deny = play.in_force[1]
    known = make_samples(60, clients=60, over_s=1, until=LATEST, cause=f"deny.{deny.id}", status=403)
    play.recent = [*play.recent, *known]
    play.wait(4.0)
    assert [e.mitigation.id for e in play.state.ended] == [deny.id]
    play.recent = flood()
    play.wait(60.0)
    assert [type(m) for m in play.measures] == [Limit]


def test_the_whole_platform_is_guarded_too() -> None:
    play = Play()
    play.mitigate(Block.model_validate({"networks": ["10.0.0.0/8"]}))
    blocked = PlayBlocked(**{f: getattr(play, f) for f in ("intent", "now", "state", "timers", "traffic")})
    blocked.wait(3.0)
    assert not blocked.in_force
    assert "the platform's usual traffic" in blocked.state.ended[0].why


class PlayBlocked(Play):
    """Everybody is refused by a mitigation."""

    def _read_location(self) -> Pressure:
        pressure = super()._read_location()
        pressure.whole[:, Metric.MITIGATED] = pressure.whole[:, Metric.OFFERED]
        return pressure


def test_others_that_fare_worse_since_are_harm_only_if_nothing_else_explains_it() -> None:
    for explained in (False, True):
        play = PlayWorsening(traffic=Traffic(offered=1000.0, mitigated=900.0))
        play.wait(5.0)
        play.mitigate(Limit(service="shop", requests_per_s=100.0))
        if explained:
            play.find(make_finding())
        play.wait(4.0)
        ended = [e for e in play.state.ended if e.why.startswith(REVERTED)]
        assert bool(ended) is not explained
        if ended:
            assert "others lose" in ended[0].why


class PlayWorsening(Play):
    """Others are well until something is mitigated, and ever less from then on."""

    def _read_location(self) -> Pressure:
        pressure = super()._read_location()
        began = min((m.started_at for m in self.state.mitigations.values()), default=self.now)
        worse = max(0, min(len(pressure.whole), round((self.now - began) / TICK_S)))
        if worse:
            pressure.whole[-worse:, Metric.FAILED] = pressure.whole[-worse:, Metric.OFFERED] * 0.3
        return pressure


def test_small_services_are_not_judged_by_a_handful_of_requests() -> None:
    play = Play(traffic=Traffic(offered=1.0, mitigated=1.0, usual=1.0))
    play.mitigate(NOBODY)
    assert kinds(play.wait(10.0)) == []


def test_a_service_that_is_still_being_learned_is_not_judged_by_counts() -> None:
    play = Play(traffic=Traffic(offered=20.0, mitigated=20.0))
    play.mitigate(NOBODY)
    situation = play.describe()
    unlearned = replace(situation, services={"shop": replace(situation.services["shop"], learned=False)})
    assert find_harm(situation, play.in_force[0]) is not None
    assert find_harm(unlearned, play.in_force[0]) is None
