"""What holds whatever happens: traffic, findings, samples and people do as they please."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.mitigate.plan import plan_steps
from holdfast.mitigate.steps import Adjust, Start, Suggest
from holdfast.model.finding import FindingKind
from holdfast.model.mitigation import Deny, Kill, Limit, Shed
from mitigate.playing import GUARANTEED, MAXIMUM, OWN_LIMIT, Play, Traffic, make_finding, make_intent, make_rule
from mitigate.test_climb import flood
from mitigate.test_release import GOOD, USUAL

BAD, NO_SAMPLES = flood(), list[Any]()
traffics = st.builds(
    Traffic,
    offered=st.sampled_from([0.0, 5.0, 20.0, 60.0, 1000.0]),
    admitted=st.sampled_from([0.0, 5.0]),
    in_flight=st.sampled_from([0, 8, 60]),
    refused_others=st.sampled_from([0.0, 0.3]),
    location_in_flight=st.sampled_from([10, 95, 300]),
)
moments = st.tuples(
    traffics,
    st.sampled_from([BAD, GOOD, NO_SAMPLES]),
    st.sampled_from(["", "surge", "slowness", "source", "close"]),
    st.integers(1, 60),
    st.booleans(),
)
stories = st.lists(moments, min_size=1, max_size=8)
consents = st.fixed_dictionaries({"deny": st.booleans(), "kill": st.booleans()})
responses = st.sampled_from(["observe", "suggest", "act"])


def live(play: Play, story: list[Any]) -> None:
    open_ids: dict[str, str] = {}
    for traffic, samples, event, ticks, restarts in story:
        play.traffic, play.recent = traffic, samples
        if event == "surge" and "surge" not in open_ids:
            open_ids["surge"] = play.find(make_finding())
        elif event == "slowness" and "slowness" not in open_ids:
            open_ids["slowness"] = play.find(make_finding(FindingKind.SLOWNESS))
        elif event == "source" and "surge" in open_ids:
            play.learn(open_ids["surge"], make_finding(source=make_rule(), now=float(play.now % 1000)))
        elif event == "close" and open_ids:
            play.close(open_ids.popitem()[1])
        if restarts:
            play.restart()
        play.wait(ticks * 0.25)
    for id_ in open_ids.values():
        play.close(id_)


@settings(max_examples=60, deadline=None)
@given(story=stories, consent=consents, response=responses)
def test_what_no_step_ever_does(story: list[Any], consent: dict[str, bool], response: str) -> None:
    play = Play(make_intent(response=response, deny=consent["deny"], kill=consent["kill"]))
    live(play, story)
    for _, step in play.took:
        if not isinstance(step, Start | Adjust | Suggest) or isinstance(step.measure, Shed):
            continue
        measure = step.measure
        assert measure.service == "shop"
        assert response != "observe"
        assert isinstance(step, Suggest) or response == "act"
        assert isinstance(measure, Limit | Deny | Kill)
        assert consent["kill"] or not isinstance(measure, Kill)
        assert consent["deny"] or not isinstance(measure, Deny)
        assert 0 < step.for_s <= 60
        if isinstance(measure, Limit):
            assert GUARANTEED <= (measure.in_flight or 0) <= MAXIMUM
            assert measure.requests_per_s in (None, OWN_LIMIT)


@settings(max_examples=30, deadline=None)
@given(story=stories)
def test_all_of_it_ends_when_all_is_well_again(story: list[Any]) -> None:
    play = Play(make_intent(kill=True))
    live(play, story)
    play.traffic, play.recent = USUAL, GOOD
    for _ in range(4 * 700):
        if not play.in_force:
            break
        play.look()
    assert not play.in_force


@settings(max_examples=30, deadline=None)
@given(story=stories)
def test_the_same_situation_gives_the_same_plan(story: list[Any]) -> None:
    play = Play(make_intent(kill=True))
    live(play, story)
    situation, timers = play.describe(), dict(play.timers)
    assert plan_steps(situation, timers) == plan_steps(situation, timers)
    assert timers == play.timers


@settings(max_examples=30, deadline=None)
@given(story=stories)
def test_there_is_little_of_anything(story: list[Any]) -> None:
    """One limit, one kill and a few source rules of Holdfast's own at most, and few changes in a second."""
    play = Play(make_intent(kill=True))
    live(play, story)
    per_s: dict[int, int] = {}
    for at, step in play.took:
        if isinstance(step, Start | Adjust):
            per_s[int(at)] = per_s.get(int(at), 0) + 1
    assert max(per_s.values(), default=0) <= 10
    of_shop = [m for m in play.in_force if m.measure.service == "shop"]
    assert sum(isinstance(m.measure, Limit) for m in of_shop) <= 1
    assert sum(isinstance(m.measure, Kill) for m in of_shop) <= 1
    assert sum(isinstance(m.measure, Deny) for m in of_shop) <= 3
