from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.incidents.escalation import Case, bound_pages
from incidents.pagers import HANGS, REFUSES, TAKES, Town, Way, make_policy, make_town


def test_whoever_is_on_call_is_paged_at_once_and_nobody_else_while_the_step_lasts() -> None:
    town = make_town({("ann", "chat"): TAKES, ("ann", "mail"): TAKES, ("bob", "chat"): TAKES})
    town.play(299.0)
    assert town.put() == [(0.0, "ann", "chat")]


def test_the_next_person_is_paged_when_nobody_acknowledges() -> None:
    town = make_town({("ann", "chat"): TAKES, ("bob", "chat"): TAKES, ("cat", "chat"): TAKES})
    town.play(601.0)
    assert town.put() == [
        (0.0, "ann", "chat"),
        (300.0, "bob", "chat"),
        (600.0, "ann", "chat"),
        (600.0, "bob", "chat"),
        (600.0, "cat", "chat"),
    ]


def test_the_next_channel_is_tried_when_one_refuses_or_takes_too_long() -> None:
    town = make_town({("ann", "dead"): REFUSES, ("ann", "slow"): HANGS, ("ann", "mail"): TAKES})
    town.play(60.0)
    assert town.put() == [(0.0, "ann", "dead"), (0.5, "ann", "slow"), (30.5, "ann", "mail")]
    assert town.sent() == [("ann", "mail")]


def test_the_next_person_is_paged_at_once_when_no_channel_of_one_works() -> None:
    town = make_town({("ann", "chat"): REFUSES, ("ann", "mail"): REFUSES, ("bob", "chat"): TAKES})
    town.play(60.0)
    assert town.put()[2][1:] == ("bob", "chat")
    assert town.put()[2][0] < 2.0


def test_a_step_without_people_is_over_at_once() -> None:
    town = make_town({("bob", "chat"): TAKES})
    town.people = {"next-on-call": ["bob"]}
    town.play(1.0)
    assert town.put() == [(0.0, "bob", "chat")]


def test_all_steps_are_repeated_as_often_as_the_policy_says() -> None:
    town = make_town({("ann", "chat"): TAKES, ("bob", "chat"): TAKES, ("cat", "chat"): TAKES}, make_policy(repeat=2))
    plan = town.play(10_000.0, step_s=7.0)
    assert plan.exhausted
    assert len(town.put()) == 3 * 5


def test_channels_that_refuse_at_once_dont_use_up_all_repetitions_at_once() -> None:
    town = make_town({("ann", "chat"): REFUSES, ("bob", "chat"): REFUSES})
    town.play(299.0)
    assert not town.look().exhausted
    town.ways["ann", "chat"] = TAKES
    town.play(302.0)
    assert town.sent()[-1] == ("ann", "chat")


def test_who_was_dead_for_an_hour_skips_no_step() -> None:
    town = make_town({("ann", "chat"): TAKES, ("bob", "chat"): TAKES})
    town.now = 3_600.0
    town.play(3_899.0)
    assert town.put() == [(3_600.0, "ann", "chat")]


def test_nothing_is_put_after_an_acknowledgement() -> None:
    town = make_town({("ann", "chat"): TAKES, ("bob", "chat"): TAKES})
    town.play(10.0)
    town.case = replace(town.case, acknowledged=True, word_at=10.0)
    plan = town.play(3_600.0)
    assert town.put() == [(0.0, "ann", "chat")]
    assert plan.next_at == 3_610.0


def test_a_forgotten_incident_is_paged_for_again_until_somebody_writes_a_word() -> None:
    town = make_town({("ann", "chat"): TAKES, ("bob", "chat"): TAKES, ("cat", "chat"): TAKES})
    town.case = Case("i-1", 0.0, acknowledged=True, word_at=10.0)
    town.play(4_000.0)
    assert town.put() == [(3_610.0, "ann", "chat"), (3_910.0, "bob", "chat")]
    assert all(order.again for _, order in town.orders)
    town.case = replace(town.case, word_at=4_000.0)
    town.play(7_599.0)
    assert len(town.put()) == 2
    town.play(7_601.0)
    assert town.put()[-1] == (7_600.0, "ann", "chat")


def test_all_begins_anew_when_it_is_opened_again() -> None:
    town = make_town({("ann", "chat"): TAKES, ("bob", "chat"): TAKES})
    town.play(400.0)
    assert town.put() == [(0.0, "ann", "chat"), (300.0, "bob", "chat")]
    town.case = Case("i-1", 0.0, reopened_at=5_000.0)
    town.now = 5_000.0
    town.play(5_299.0)
    assert town.put()[2:] == [(5_000.0, "ann", "chat")]
    town.play(5_400.0)
    assert town.put()[3:] == [(5_300.0, "bob", "chat")]
    assert not any(order.again for _, order in town.orders)
    town.case = replace(town.case, acknowledged=True, word_at=5_400.0)
    town.play(6_000.0)
    assert len(town.put()) == 4


def test_nobody_is_paged_again_where_the_policy_doesnt_say_so() -> None:
    town = make_town({("ann", "chat"): TAKES}, make_policy(again_after=None))
    town.case = Case("i-1", 0.0, acknowledged=True, word_at=10.0)
    town.play(100_000.0, step_s=500.0)
    assert town.put() == []


def test_a_page_that_is_taken_late_makes_nobody_be_paged_twice_by_one_step() -> None:
    town = make_town({("ann", "slow"): Way(takes_s=45.0), ("ann", "mail"): TAKES, ("bob", "chat"): TAKES})
    town.play(310.0)
    assert town.put() == [(0.0, "ann", "slow"), (30.0, "ann", "mail"), (300.0, "bob", "chat")]


few = settings(max_examples=100)
SLOWEST_S = 120.0
delays = st.floats(0, SLOWEST_S)
ways = st.builds(Way, takes_s=delays) | st.builds(Way, refuses_s=delays) | st.just(HANGS)
people = st.sampled_from(["ann", "bob", "cat"])
channels = st.sampled_from(["chat", "mail", "phone"])


@st.composite
def towns(draw: st.DrawFn) -> Town:
    found = draw(st.dictionaries(st.tuples(people, channels), ways, min_size=1))
    return make_town(found, make_policy(repeat=draw(st.integers(0, 2)), taken_within=draw(st.floats(1, 60))))


@few
@given(towns(), st.floats(10, 400))
def test_somebody_is_reached_while_any_channel_works_whatever_else_fails(town: Town, step_s: float) -> None:
    town.play(20_000.0, step_s=step_s, stop=lambda: bool(town.sent()))
    town.now += SLOWEST_S
    assert bool(town.sent()) is any(way.takes_s is not None for way in town.ways.values())


@few
@given(towns(), st.floats(10, 400))
def test_pages_of_one_incident_are_bounded_and_end(town: Town, step_s: float) -> None:
    plan = town.play(50_000.0, step_s=step_s)
    assert plan.exhausted
    assert len(town.put()) <= bound_pages(town.policy, 3, 3)


@few
@given(towns(), st.floats(0, 2_000), st.floats(10, 100))
def test_whenever_somebody_acknowledges_nothing_more_is_put(town: Town, at: float, step_s: float) -> None:
    town.play(at, step_s=step_s)
    town.case = replace(town.case, acknowledged=True, word_at=at)
    before = town.put()
    town.play(at + 3_599.0, step_s=50.0)
    assert town.put() == before
