"""The way back: probing, in steps, more patiently each time, and always to its end."""

from itertools import pairwise

from holdfast.mitigate.pace import CALM_S, EXPIRY_S, LOOSEN_S, PATIENCE_S_MAX, PROBE_S, QUIET_S
from holdfast.mitigate.steps import End
from holdfast.model.finding import FindingKind
from holdfast.model.mitigation import Deny, Kill, Limit
from mitigate.playing import (
    GUARANTEED,
    LATEST,
    MAXIMUM,
    NOW,
    OWN_LIMIT,
    Play,
    Traffic,
    kinds,
    make_finding,
    make_intent,
    make_rule,
    make_samples,
)
from mitigate.test_climb import FLOOD, flood

USUAL = Traffic(offered=20.0, admitted=20.0)
GOOD = make_samples(40, clients=40, over_s=2, until=LATEST)


def hold(play: Play) -> str:
    id_ = play.find(make_finding())
    play.traffic = FLOOD
    play.look()
    return id_


def read_in_flight(play: Play) -> list[int | None]:
    return [m.in_flight for m in play.measures if isinstance(m, Limit)]


def test_a_hold_is_let_go_step_by_step() -> None:
    play = Play()
    hold(play)
    play.traffic = USUAL
    assert kinds(play.wait(LOOSEN_S)) == []
    walls = [read_in_flight(play)]
    while play.in_force:
        play.look()
        if read_in_flight(play) != walls[-1]:
            walls.append(read_in_flight(play))
    assert walls == [[GUARANTEED], [12], [18], [27], [40], [60], [MAXIMUM], []]
    assert play.state.ended[-1].why.startswith("released: traffic has been back to normal")
    assert play.now - NOW < CALM_S + 10


def test_a_release_waits_for_calm_without_a_break() -> None:
    play = Play()
    hold(play)
    for _ in range(5):
        play.traffic = USUAL
        assert kinds(play.wait(LOOSEN_S - 0.5)) in ([], ["adjust limit"])
        play.traffic = FLOOD
        assert kinds(play.wait(1.0)) in ([], ["adjust limit"])
    assert read_in_flight(play) == [GUARANTEED]


def test_a_loosened_hold_stays_armed_until_its_release() -> None:
    """A service whose flood is over is served again soon, while nobody can be sure yet that it stays so."""
    play = Play()
    hold(play)
    play.wait(20.0)
    play.traffic = USUAL
    play.wait(LOOSEN_S + 7.0)
    assert read_in_flight(play) == [MAXIMUM]
    play.traffic = FLOOD
    play.look()
    assert read_in_flight(play) == [GUARANTEED]


def test_a_strains_hold_is_not_loosened_before_its_release() -> None:
    """Whether a strain is over can't be seen while it is held."""
    play = Play(traffic=Traffic(in_flight=60, location_in_flight=95))
    play.find(make_finding(FindingKind.SLOWNESS))
    play.look()
    assert read_in_flight(play) == [GUARANTEED]
    play.traffic = USUAL
    play.wait(CALM_S - 1)
    assert read_in_flight(play) == [GUARANTEED]


def test_a_flood_that_returns_during_the_release_is_held_again() -> None:
    play = Play()
    hold(play)
    play.traffic = USUAL
    play.wait(CALM_S + 2.5)
    assert (read_in_flight(play)[0] or 0) > GUARANTEED
    play.traffic = FLOOD
    play.look()
    assert read_in_flight(play) == [GUARANTEED]


def test_each_return_makes_the_next_release_more_patient() -> None:
    play, held_s = Play(), []
    finding = hold(play)
    for _ in range(9):
        play.traffic, calm_at = USUAL, play.now
        while play.in_force:
            play.look()
        held_s.append(play.now - calm_at)
        play.traffic = FLOOD
        play.look()
        assert read_in_flight(play) == [GUARANTEED]
    assert finding in play.state.findings
    assert held_s[0] < held_s[1]
    assert all(later >= min(earlier * 1.3, PATIENCE_S_MAX) for earlier, later in pairwise(held_s[1:]))
    assert max(held_s) <= PATIENCE_S_MAX + 15


def test_a_hold_is_prolonged_while_its_flood_lasts() -> None:
    play = Play()
    hold(play)
    for _ in range(6):
        play.wait(EXPIRY_S / 2)
        assert play.in_force[0].expires_at - play.now >= EXPIRY_S / 2 - 1
    assert read_in_flight(play) == [GUARANTEED]


def test_a_closed_finding_is_enough_for_a_release() -> None:
    """Such as where the greater traffic is the usual one by now."""
    play = Play()
    id_ = hold(play)
    play.wait(2.0)
    play.close(id_)
    play.wait(CALM_S + 15)
    assert not play.in_force


def test_a_surge_that_there_is_room_for_now_is_let_go() -> None:
    """It is far more than usual still, but that alone harms nobody."""
    for headroom, is_held in ((100.0, False), (70.0, True), (None, True)):
        play = Play()
        hold(play)
        play.traffic = Traffic(offered=60.0, admitted=60.0, headroom=headroom)
        play.wait(CALM_S + 15)
        assert bool(play.in_force) is is_held


def test_without_readings_nothing_is_prolonged() -> None:
    play = Play()
    hold(play)
    play.blind = True
    assert kinds(play.wait(EXPIRY_S)) == []
    assert play.in_force[0].expires_at <= play.now


def refuse_source(play: Play) -> None:
    play.find(make_finding(source=make_rule()))
    play.traffic, play.recent = FLOOD, flood()
    play.wait(3.0)
    play.traffic = Traffic(offered=1000.0, mitigated=980.0, admitted=20.0)
    play.wait(3.0)
    assert [type(m) for m in play.measures] == [Deny]


def test_a_source_rule_is_probed_on_one_edge_first() -> None:
    play = Play()
    refuse_source(play)
    play.traffic, play.recent = USUAL, GOOD
    assert kinds(play.wait(QUIET_S)) == []
    assert kinds(play.wait(1.0)) == ["adjust deny"]
    assert play.in_force[0].edges == ("e2",)
    assert kinds(play.wait(PROBE_S - 1)) == []
    assert kinds(play.wait(2.0)) == ["end"]
    assert not play.in_force


def test_a_source_that_returns_is_refused_everywhere_again_and_for_longer() -> None:
    play = Play()
    refuse_source(play)
    waits = []
    for _ in range(4):
        play.traffic, play.recent, quiet_at = USUAL, GOOD, play.now
        while play.in_force[0].edges is None:
            play.look()
        waits.append(play.now - quiet_at)
        play.traffic, play.recent = Traffic(offered=500.0, mitigated=250.0, admitted=250.0), flood()
        play.look()
        (denial,) = play.in_force
        assert denial.edges is None
        play.wait(10.0)
    assert waits == sorted(waits)
    assert waits[-1] > 2 * waits[0]


def test_what_is_let_go_is_not_begun_again_for_what_it_has_refused() -> None:
    """Refusals of the last seconds are still in the means when a rule ends, and its finding is still open."""
    play = Play(make_intent("e1"))
    refuse_source(play)
    play.traffic, play.recent = Traffic(offered=27.0, mitigated=7.0, admitted=20.0), GOOD
    assert kinds(play.wait(QUIET_S + 3)) == ["end"]


def test_with_one_edge_a_source_rule_is_just_ended() -> None:
    play = Play(make_intent("e1"))
    refuse_source(play)
    play.traffic, play.recent = USUAL, GOOD
    assert kinds(play.wait(QUIET_S + 1)) == ["end"]


def test_a_source_rule_stays_while_there_is_something_to_refuse() -> None:
    play = Play()
    refuse_source(play)
    play.wait(90.0)
    assert [type(m) for m in play.measures] == [Deny]


def test_the_way_back_from_a_kill_begins_with_the_hold() -> None:
    play = Play(make_intent(kill=True))
    hold(play)
    play.traffic = Traffic(offered=1000.0, admitted=60.0, refused_others=0.2)
    play.wait(15.0)
    assert Kill(service="shop") in play.measures
    play.traffic = USUAL
    steps = play.wait(CALM_S + 10)
    assert sum(isinstance(step, End) for step in steps) >= 1
    assert Kill(service="shop") not in play.measures
    assert Limit(service="shop", requests_per_s=OWN_LIMIT, in_flight=GUARANTEED) not in play.measures[1:]
    play.wait(30.0)
    assert play.measures == []


def test_peoples_mitigations_are_left_to_people() -> None:
    play = Play(traffic=USUAL, recent=GOOD)
    play.mitigate(Limit(service="shop", requests_per_s=100.0))
    play.mitigate(Deny(service="shop", source=make_rule()))
    assert kinds(play.wait(120.0)) == []
    assert len(play.in_force) == 2
