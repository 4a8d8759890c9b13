"""What an upstream that has just come back is sent at a time."""

import random

import pytest

from holdfast.spool.ramp import CEILING_MAX, Ramp
from spool.busy_upstream import BusyUpstream, run_ramp

BUSY_MAX = 0.8
SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("workers", "work_s"), [(1, 0.01), (4, 0.005), (20, 0.005), (100, 0.02)])
def test_it_is_kept_busy_but_leaves_room(workers: int, work_s: float, seed: int) -> None:
    upstream = BusyUpstream(workers, work_s, random.Random(seed))
    share = run_ramp(Ramp(), upstream, 20.0)
    assert 0.4 <= share <= BUSY_MAX


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("workers", [4, 20])
def test_ups_and_downs_in_between_dont_keep_it_small(workers: int, seed: int) -> None:
    upstream = BusyUpstream(workers, 0.005, random.Random(seed), ups_and_downs=1.5)
    assert 0.25 <= run_ramp(Ramp(), upstream, 20.0) <= BUSY_MAX


@pytest.mark.parametrize("seed", SEEDS)
def test_one_that_works_at_all_at_once_leaves_room_too(seed: int) -> None:
    upstream = BusyUpstream(1, 0.01, random.Random(seed), sharing=True)
    assert 0.4 <= run_ramp(Ramp(), upstream, 20.0) <= BUSY_MAX


def test_it_begins_with_one() -> None:
    ramp = Ramp()
    assert ramp.slots == 1
    assert ramp.rest_s(1.0) > 0


def test_every_failure_halves_it() -> None:
    ramp = Ramp(ceiling=64.0)
    ramp.take_failure(0.0)
    assert ramp.ceiling == 32.0
    for _ in range(10):
        ramp.take_failure(0.0)
    assert ramp.ceiling == 1.0


def test_it_has_an_upper_end() -> None:
    ramp = Ramp()
    now = 0.0
    for _ in range(200_000):
        now += 0.01
        ramp.take_answer(0.01, ramp.slots, now)
    assert ramp.ceiling == CEILING_MAX
    assert ramp.slots <= CEILING_MAX


def test_when_the_upstream_slows_down_it_steps_back() -> None:
    ramp = Ramp(ceiling=64.0, quickest_s=0.01, usual_s=0.01)
    for n in range(500):
        ramp.take_answer(0.05, ramp.slots, n * 0.01)
    assert ramp.ceiling < 64.0


@pytest.mark.parametrize("failures", [1, 5, 50])
def test_one_that_was_away_is_soon_sent_more_again_however_often_it_failed(failures: int) -> None:
    ramp = Ramp(ceiling=64.0, quickest_s=0.01, usual_s=0.01)
    now = 0.0
    for _ in range(failures):
        now += 1.0
        ramp.take_failure(now)
    back_at = now
    while ramp.ceiling <= 2.0:
        now += 0.01
        ramp.take_answer(0.01, ramp.slots, now)
    assert now - back_at < 4.0
