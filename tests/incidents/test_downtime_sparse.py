"""Who is asked when, because too few others ask."""

from collections import Counter

import pytest

from holdfast.incidents.downtime.sparse import (
    ASKED_PER_S_MAX,
    QUIET_EVERY_S,
    TROUBLED_EVERY_S,
    Place,
    SparseRounds,
    Traffic,
)

TICK_S = 0.25
SHOP = Place("shop", "us")


def play(rounds: SparseRounds, traffic: dict[Place, Traffic], seconds: float, began: float = 0.0) -> Counter[Place]:
    """How often each was asked."""
    found: Counter[Place] = Counter()
    for tick in range(round(seconds / TICK_S)):
        found.update(rounds.choose(traffic, began + tick * TICK_S))
    return found


@pytest.mark.parametrize(("per_s", "asked"), [(0.0, True), (0.9, True), (1.1, False), (50.0, False)])
def test_only_who_has_few_requests_is_asked(per_s: float, asked: bool) -> None:
    assert bool(play(SparseRounds(), {SHOP: Traffic(per_s, is_troubled=False)}, 60)) is asked


def test_in_trouble_more_is_asked() -> None:
    rounds = SparseRounds()
    quiet = play(rounds, {SHOP: Traffic(0.1, is_troubled=False)}, 100)
    assert quiet[SHOP] == pytest.approx(100 / QUIET_EVERY_S, abs=1)
    troubled = play(rounds, {SHOP: Traffic(0.1, is_troubled=True)}, 100, 100)
    assert troubled[SHOP] == pytest.approx(100 / TROUBLED_EVERY_S, abs=5)


def test_its_own_questions_make_nobody_busy() -> None:
    """What is usual counts Holdfast's questions too."""
    rounds, per_s, asked = SparseRounds(), 0.3, 0
    for second in range(3600):
        now = play(rounds, {SHOP: Traffic(per_s, is_troubled=True)}, 1, second)[SHOP]
        per_s += (0.3 + now - per_s) / 600
        asked += now
    assert asked == pytest.approx(3600 / TROUBLED_EVERY_S, rel=0.02)


def test_all_together_are_asked_no_more_than_is_allowed_and_in_turn() -> None:
    places = {Place(f"s{n}", "us"): Traffic(0.0, is_troubled=False) for n in range(1000)}
    found = play(SparseRounds(), places, 100)
    assert sum(found.values()) <= ASKED_PER_S_MAX * 100 * 1.05
    assert len(found) == 1000
    assert max(found.values()) - min(found.values()) <= 1


def test_not_all_are_asked_at_once() -> None:
    rounds = SparseRounds()
    places = {Place(f"s{n}", "us"): Traffic(0.0, is_troubled=False) for n in range(40)}
    each = [len(rounds.choose(places, tick * TICK_S)) for tick in range(80)]
    assert max(each[1:]) <= 15
    assert sum(each) == pytest.approx(40 * 80 * TICK_S / QUIET_EVERY_S, rel=0.1)


def test_whoever_is_gone_is_forgotten() -> None:
    rounds = SparseRounds()
    play(rounds, {SHOP: Traffic(0.0, is_troubled=False)}, 10)
    assert not play(rounds, {}, 10)
