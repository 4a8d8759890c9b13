"""When a message is tried again, and whose turn it is."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.spool.backoff import DOWN_S_MAX, LAST_S, PAUSE_S_MAX, back_off_s, held_up_s, pause_s
from holdfast.spool.turns import Turns

CHANCES = st.floats(0, 1)
NAMES = st.text("abc", min_size=1, max_size=2)


@given(st.integers(1, 10_000), CHANCES)
def test_attempts_come_later_and_later_up_to_a_bound(attempts: int, chance: float) -> None:
    assert 0 < back_off_s(attempts, chance) <= back_off_s(attempts + 1, 1.0) <= LAST_S


@given(st.integers(1, 10_000), CHANCES)
def test_while_nobody_is_taken_the_bound_is_nearer(attempts: int, chance: float) -> None:
    assert back_off_s(attempts, chance, 0.0, DOWN_S_MAX) <= min(back_off_s(attempts, chance), DOWN_S_MAX)


@given(st.integers(1, 100), CHANCES, st.floats(0, 3_600))
def test_never_sooner_than_the_upstream_asked_for(attempts: int, chance: float, retry_after_s: float) -> None:
    assert back_off_s(attempts, chance, retry_after_s) >= retry_after_s


@given(st.integers(0, 10_000), CHANCES)
def test_an_upstream_is_asked_again_soon(failures: int, chance: float) -> None:
    assert 0 <= pause_s(failures, chance) <= PAUSE_S_MAX
    assert held_up_s(failures, chance) <= 2.0


@given(st.dictionaries(st.text("xyz", min_size=1, max_size=3), NAMES, min_size=1, max_size=8), st.integers(1, 5))
def test_every_tenant_has_as_many_turns_as_every_other(tenants: dict[str, str], rounds: int) -> None:
    turns = Turns()
    turns.know(tenants)
    picked = [turns.pick(set(tenants)) for _ in range(rounds * len(set(tenants.values())))]
    counts = {tenant: sum(tenants[service or ""] == tenant for service in picked) for tenant in tenants.values()}
    assert set(counts.values()) == {rounds}


def test_services_of_a_tenant_take_turns() -> None:
    turns = Turns()
    turns.know({"a1": "a", "a2": "a", "b1": "b"})
    assert [turns.pick({"a1", "a2", "b1"}) for _ in range(4)] == ["a1", "b1", "a2", "b1"]


def test_who_isnt_ready_is_passed_over_and_keeps_the_turn() -> None:
    turns = Turns()
    turns.know({"a": "a", "b": "b"})
    assert turns.pick({"b"}) == "b"
    assert turns.pick({"a", "b"}) == "a"
    assert turns.pick(set()) is None
    turns.know({"b": "b"})
    assert turns.pick({"a"}) is None
