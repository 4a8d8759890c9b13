"""The ladder: which step follows which, when, and when none does."""

from typing import Any

import pytest

from holdfast.engine.command import EndMitigation
from holdfast.mitigate.pace import HOLD_WAIT_S, KILL_WAIT_S, TRIAL_S
from holdfast.mitigate.steps import Start
from holdfast.model.finding import FindingKind
from holdfast.model.mitigation import Deny, Kill, Limit
from mitigate.playing import (
    GUARANTEED,
    LATEST,
    MAXIMUM,
    OWN_LIMIT,
    Play,
    Traffic,
    kinds,
    make_finding,
    make_intent,
    make_rule,
    make_samples,
)

FLOOD = Traffic(offered=1000.0, admitted=60.0, in_flight=40)


def flood(**more: Any) -> list[Any]:
    """Recent samples of a flood: 49 of 50 are bad."""
    words: dict[str, Any] = {"clients": 900, "agent": "floodbot", "network": "20.0"} | more
    bad = make_samples(588, over_s=2, until=LATEST, **words)
    return sorted(bad + make_samples(12, clients=12, over_s=2, until=LATEST), key=lambda s: s.at)


def test_the_hold_comes_at_once_on_all_edges() -> None:
    play = Play(traffic=FLOOD)
    play.find(make_finding())
    (start,) = play.look()
    assert isinstance(start, Start)
    assert start.measure == Limit(service="shop", requests_per_s=OWN_LIMIT, in_flight=GUARANTEED)
    assert start.edges is None
    assert start.finding == "f-1"
    assert "usually 20" in start.reason


def test_without_a_source_the_hold_is_all_there_is() -> None:
    play = Play(traffic=FLOOD, recent=flood())
    play.find(make_finding())
    assert kinds(play.wait(60.0)) == ["start limit", "adjust limit"]
    assert play.in_force[0].expires_at > play.now
    assert play.measures == [Limit(service="shop", requests_per_s=OWN_LIMIT, in_flight=GUARANTEED)]


def test_a_source_is_refused_on_one_edge_and_then_on_all() -> None:
    play = Play(traffic=FLOOD, recent=flood())
    play.find(make_finding(source=make_rule()))
    assert kinds(play.wait(HOLD_WAIT_S)) == ["start limit"]
    assert kinds(play.look()) == ["start deny"]
    deny = play.in_force[1]
    assert isinstance(deny.measure, Deny)
    assert deny.edges == ("e1",)
    assert deny.prediction is not None
    assert deny.prediction.normal_refused_share == 0
    assert deny.prediction.refused_share > 0.9
    assert kinds(play.wait(TRIAL_S)) == ["adjust deny"]
    assert play.in_force[1].edges is None


def test_with_one_edge_there_is_no_trial() -> None:
    play = Play(make_intent("e1"), traffic=FLOOD, recent=flood())
    play.find(make_finding(source=make_rule()))
    play.wait(2 * HOLD_WAIT_S)
    assert play.in_force[1].edges is None


def test_once_the_source_keeps_the_excess_out_good_clients_get_everything() -> None:
    play = Play(traffic=FLOOD, recent=flood())
    play.find(make_finding(source=make_rule()))
    play.wait(HOLD_WAIT_S + TRIAL_S + 0.5)
    play.traffic = Traffic(offered=1000.0, mitigated=980.0, admitted=20.0)
    play.wait(2.0)
    assert [type(m) for m in play.measures] == [Deny]
    assert kinds(play.wait(20.0)) == []


def test_few_clients_are_limited_each_before_any_source_is_refused() -> None:
    play = Play(traffic=FLOOD, recent=flood(clients=4))
    play.find(make_finding(source=make_rule()))
    assert kinds(play.wait(HOLD_WAIT_S + 0.25)) == ["start limit", "adjust limit"]
    limit = play.measures[0]
    assert isinstance(limit, Limit)
    assert limit.per_client is not None
    assert 1.0 <= limit.per_client.requests <= 10.0
    assert limit.in_flight == GUARANTEED
    play.traffic = Traffic(offered=1000.0, admitted=10.0, mitigated=900.0)
    assert kinds(play.wait(2.25)) == ["start deny"]


def test_limits_for_each_client_are_left_out_where_many_take_part() -> None:
    play = Play(traffic=FLOOD, recent=flood(clients=900))
    play.find(make_finding())
    play.wait(10.0)
    assert play.measures == [Limit(service="shop", requests_per_s=OWN_LIMIT, in_flight=GUARANTEED)]


def test_a_limited_service_is_lent_room_if_there_is_any() -> None:
    play = Play(traffic=FLOOD, recent=flood(clients=4))
    play.find(make_finding())
    play.wait(1.0)
    play.traffic = Traffic(offered=1000.0, admitted=20.0, mitigated=900.0, location_in_flight=20)
    play.wait(30.0)
    limit = play.measures[0]
    assert isinstance(limit, Limit)
    assert GUARANTEED < (limit.in_flight or 0) <= MAXIMUM


def test_a_source_that_would_hit_normal_clients_is_not_refused() -> None:
    play = Play(traffic=FLOOD, recent=flood(agent="Mozilla/5.0 Firefox/1"))
    play.find(make_finding(source=make_rule("Mozilla/5.0 Firefox/1")))
    play.wait(10.0)
    assert [type(m) for m in play.measures] == [Limit]


def test_nothing_is_refused_by_source_without_consent() -> None:
    play = Play(make_intent(deny=False), traffic=FLOOD, recent=flood())
    play.find(make_finding(source=make_rule()))
    play.wait(10.0)
    assert [type(m) for m in play.measures] == [Limit]


def test_a_kill_takes_consent_and_harm_to_others() -> None:
    harm = Traffic(offered=1000.0, admitted=60.0, refused_others=0.2)
    for consent, expected in ((True, [Limit, Kill]), (False, [Limit])):
        play = Play(make_intent(kill=consent), traffic=harm)
        play.find(make_finding())
        play.wait(KILL_WAIT_S)
        assert [type(m) for m in play.measures] == [Limit]
        play.wait(1.0)
        assert [type(m) for m in play.measures] == expected
    play = Play(make_intent(kill=True), traffic=FLOOD)
    play.find(make_finding())
    play.wait(60.0)
    assert [type(m) for m in play.measures] == [Limit]


@pytest.mark.parametrize(("response", "mode"), [("suggest", "enforce"), ("act", "observe")])
def test_suggestions_are_made_once(response: str, mode: str) -> None:
    play = Play(make_intent(response=response, mode=mode), traffic=FLOOD, recent=flood())
    id_ = play.find(make_finding())
    assert kinds(play.wait(5.0)) == ["suggest limit"]
    play.learn(id_, make_finding(source=make_rule()))
    assert kinds(play.wait(5.0)) == ["suggest deny"]
    play.learn(id_, make_finding())
    assert kinds(play.wait(5.0)) == []
    assert not play.in_force


def test_where_the_policy_is_to_observe_nothing_is_done() -> None:
    play = Play(make_intent(response="observe"), traffic=FLOOD, recent=flood())
    play.find(make_finding(source=make_rule()))
    assert play.wait(30.0) == []


@pytest.mark.parametrize("kind", [FindingKind.ERRORS, FindingKind.SLOWNESS])
def test_a_strained_service_is_held_only_where_it_takes_others_room(kind: FindingKind) -> None:
    play = Play(traffic=Traffic(in_flight=60, location_in_flight=60))
    play.find(make_finding(kind))
    assert play.wait(10.0) == []
    play.traffic = Traffic(in_flight=60, location_in_flight=95)
    play.look()
    assert play.measures == [Limit(service="shop", in_flight=GUARANTEED)]
    play.traffic = Traffic(in_flight=8, location_in_flight=30, admitted=10.0)
    assert kinds(play.wait(25.0)) == []
    play.traffic = Traffic(in_flight=8, location_in_flight=30)
    play.wait(30.0)
    assert not play.in_force


def test_a_strained_service_within_its_share_is_left_alone() -> None:
    play = Play(traffic=Traffic(in_flight=GUARANTEED, location_in_flight=95))
    play.find(make_finding(FindingKind.SLOWNESS))
    assert play.wait(10.0) == []


@pytest.mark.parametrize("kind", [FindingKind.SILENCE, FindingKind.HEADROOM, FindingKind.SATURATION])
def test_other_findings_call_for_no_mitigation(kind: FindingKind) -> None:
    play = Play(traffic=FLOOD)
    play.find(make_finding(kind))
    assert play.wait(10.0) == []


def test_a_surge_that_is_over_is_not_acted_upon() -> None:
    play = Play(traffic=Traffic(offered=25.0))
    play.find(make_finding())
    assert play.wait(10.0) == []


def test_without_readings_nothing_is_begun() -> None:
    play = Play(traffic=FLOOD, blind=True)
    play.find(make_finding())
    assert play.wait(10.0) == []


def test_a_killed_service_is_left_as_it_is() -> None:
    play = Play(traffic=FLOOD, recent=flood())
    play.mitigate(Kill(service="shop"))
    play.find(make_finding(source=make_rule()))
    assert kinds(play.wait(10.0)) == []


def test_peoples_limits_are_never_loosened() -> None:
    play = Play(traffic=FLOOD)
    play.mitigate(Limit(service="shop", requests_per_s=5.0, in_flight=20, client_prefix=24, per_client={"requests": 2}))
    play.find(make_finding())
    play.look()
    limit = play.measures[1]
    assert isinstance(limit, Limit)
    assert (limit.requests_per_s, limit.in_flight, limit.client_prefix) == (5.0, GUARANTEED, 24)
    assert limit.per_client is not None
    assert limit.per_client.requests == 2


def test_peoples_limits_suffice_if_they_are_as_tight() -> None:
    play = Play(traffic=FLOOD)
    play.mitigate(Limit(service="shop", requests_per_s=5.0, in_flight=4))
    play.find(make_finding())
    assert kinds(play.wait(5.0)) == []


def test_what_people_end_is_not_begun_again() -> None:
    play = Play(traffic=FLOOD)
    play.find(make_finding())
    play.look()
    play.do(EndMitigation("ann", "m-1", "the tenant objects"))
    assert kinds(play.wait(60.0)) == []


def test_a_restart_of_control_changes_nothing() -> None:
    stories = []
    for restarts in (False, True):
        play = Play(traffic=FLOOD, recent=flood())
        play.find(make_finding(source=make_rule()))
        steps = []
        for tick in range(40):
            steps += play.look()
            if restarts and tick % 5 == 0:
                play.restart()
        stories.append(kinds(steps))
    assert stories[0] == stories[1]
