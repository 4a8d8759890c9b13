"""A few hundred simulated lives of a control plane: see `run` for what goes wrong, `checkers` for what must hold."""

import os
from collections import Counter
from functools import cache

import pytest

from simulation.rollouts import RolloutRun
from simulation.run import Run

SEEDS = int(os.environ.get("HOLDFAST_SIM_SEEDS", "40"))
STEPS = 300


@cache
def live(seed: int) -> Counter[str]:
    """What happened in a life that is checked after every step, and once everything is mended."""
    run = Run(seed)
    for _ in range(STEPS):
        run.step()
    happened = run.happened.copy()
    settle(run)
    return happened


@cache
def roll_out(seed: int) -> Counter[str]:
    """What happened, and which events were recorded, in a life of rollouts that is checked likewise."""
    run = RolloutRun(seed)
    for _ in range(STEPS):
        run.step()
    happened = run.happened + Counter(type(recorded.event).__name__ for recorded in run.outside.journal.read())
    settle(run)
    return happened


def settle(run: Run) -> None:
    run.settle()
    state = run.control.core.state
    assert state.rollout is None
    assert state.proving is None
    assert not run.control.core.unrecorded
    assert all(status.programmed for status in run.outside.fleet.statuses()) or not run.outside.fleet.wanted


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_invariant_holds_after_every_step(seed: int) -> None:
    assert live(seed)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_rollout_is_taken_up_again_or_back_whatever_happens(seed: int) -> None:
    """Control is killed at arbitrary instants of rollouts; edges never have anything but what a wave is given."""
    assert roll_out(seed)


def test_every_turn_that_a_rollout_may_take_was_taken() -> None:
    happened = sum(map(roll_out, range(SEEDS)), Counter[str]())
    often = ("WaveBegan", "RevisionRolledBack", "killed in a rollout")
    assert all(happened[name] >= 10 for name in often), happened
    assert all(happened[name] >= 2 for name in ("RolloutPromoted", "RolloutPaused", "RolloutResumed")), happened


def test_everything_that_can_go_wrong_did() -> None:
    happened = sum(map(live, range(SEEDS)), Counter[str]())
    expected = ("nack", "partition", "crash", "lost unrecorded", "unwritten", "written", "Rollback")
    assert all(happened[name] >= 10 for name in expected), happened
    decided = ("OpenFinding", "UpdateFinding", "CloseFinding", "SuggestMitigation", "AdjustMitigation")
    assert all(happened[f"{name} took effect"] >= 10 for name in decided), happened
    told = ("OpenIncident", "ChangeIncident", "PublishPost", "NotePage", "SetFollowUp", "SetMaintenance")
    assert all(happened[f"{name} took effect"] >= 10 for name in told), happened
    assert happened["crash between disk and answer"] >= 1
