"""What is believed of a feed: never nothing, and little of what comes and goes."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.recovery import Endpoint
from holdfast.recover.feeds import HELD_S_MAX, SOON_S, Learnt, find_loops, remember, take_failure, take_list

A, B, C = (Endpoint(address=f"192.0.2.{n}:80") for n in (1, 2, 3))


def addresses(learnt: Learnt, now: float) -> set[str]:
    return {each.address for each in learnt.list_endpoints(now)}


def test_what_a_feed_says_is_believed_at_once() -> None:
    learnt = take_list(Learnt(), (A, B), 1.0)
    learnt = take_list(learnt, (B, C), 2.0)
    assert learnt.list_endpoints(2.0) == (B, C)
    assert (learnt.read_at, learnt.problem) == (2.0, "")


def test_what_is_said_anew_of_an_endpoint_is_taken_over() -> None:
    other = A.model_copy(update={"ephemeral": True, "zone": "east"})
    assert take_list(take_list(Learnt(), (A,), 1.0), (other,), 2.0).list_endpoints(2.0) == (other,)


def test_an_empty_list_and_a_dead_feed_change_nothing_and_are_told() -> None:
    learnt = take_list(Learnt(), (A, B), 1.0)
    empty = take_list(learnt, (), 2.0)
    assert empty.list_endpoints(2.0) == (A, B)
    assert (empty.problem_at, empty.read_at) == (2.0, 1.0)
    assert "empty" in empty.problem
    dead = take_failure(empty, "it answers 500", 3.0)
    assert dead.list_endpoints(9e9) == (A, B)
    assert (dead.problem, dead.problem_at) == ("it answers 500", 2.0)
    assert take_list(dead, (A,), 4.0).problem_at is None


def test_what_was_kept_holds_until_the_feed_is_read() -> None:
    learnt = remember((A, B))
    assert learnt.list_endpoints(0.0) == (A, B)
    assert take_list(learnt, (C,), 1.0).list_endpoints(1.0) == (C,)


def test_what_comes_and_goes_must_be_missing_ever_longer() -> None:
    learnt, now, held = take_list(Learnt(), (A, B), 0.0), 0.0, []
    for _ in range(8):
        learnt = take_list(learnt, (A,), now)
        missing_since = now
        while B.address in addresses(learnt, now):
            now += 0.25
            learnt = take_list(learnt, (A,), now)
        held.append(now - missing_since)
        learnt = take_list(learnt, (A, B), now)
    assert held == [0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, HELD_S_MAX]


def test_what_is_missing_for_long_is_forgotten() -> None:
    learnt = take_list(Learnt(), (A, B), 0.0)
    learnt = take_list(take_list(learnt, (A,), 1.0), (A,), 1.0 + SOON_S)
    assert set(learnt.known) == {A.address}


READINGS = st.lists(
    st.tuples(st.floats(0.1, 200.0), st.one_of(st.none(), st.sets(st.sampled_from((A, B, C))))), max_size=30
)


@given(READINGS)
def test_whatever_a_feed_does_a_service_that_had_endpoints_keeps_some(
    readings: list[tuple[float, set[Endpoint] | None]],
) -> None:
    learnt, now = take_list(Learnt(), (A,), 0.0), 0.0
    last: set[Endpoint] = {A}
    for pause, reading in readings:
        now += pause
        if reading is None:
            learnt = take_failure(learnt, "dead", now)
        else:
            learnt = take_list(learnt, tuple(reading), now)
            last = reading or last
        assert addresses(learnt, now) >= {each.address for each in last}
        assert bool(learnt.problem) is (not reading)


def test_edges_are_no_endpoints() -> None:
    listens = {"127.0.0.1:8080", "0.0.0.0:8081"}
    looping = (Endpoint(address="127.0.0.1:8080"), Endpoint(address="127.9.9.9:8081"))
    good = (A, Endpoint(address="127.0.0.2:8080"), Endpoint(address="192.0.2.1:8081"))
    assert find_loops((*looping, *good), listens) == tuple(each.address for each in looping)
