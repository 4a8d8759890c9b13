"""A few hundred simulated lives of a control plane: see `run` for what goes wrong, `checkers` for what must hold."""

import os
from collections import Counter

import pytest

from simulation.rollouts import RolloutRun
from simulation.run import Run

SEEDS = int(os.environ.get("HOLDFAST_SIM_SEEDS", "40"))
STEPS = 300


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_invariant_holds_after_every_step(seed: int) -> None:
    run = Run(seed)
    for _ in range(STEPS):
        run.step()
    run.settle()
    assert not run.control.core.unrecorded
    assert all(status.programmed for status in run.outside.fleet.statuses()) or not run.outside.fleet.wanted
    assert run.control.core.state.proving is None
    assert run.control.core.state.rollout is None


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_rollout_is_taken_up_again_or_back_whatever_happens(seed: int) -> None:
    """Control is killed at arbitrary instants of rollouts; edges never have anything but what a wave is given."""
    run = RolloutRun(seed)
    for _ in range(STEPS):
        run.step()
    run.settle()
    state = run.control.core.state
    assert state.rollout is None
    assert state.proving is None
    assert not run.control.core.unrecorded
    assert all(status.programmed for status in run.outside.fleet.statuses()) or not run.outside.fleet.wanted


def test_every_turn_that_a_rollout_may_take_was_taken() -> None:
    happened: Counter[str] = Counter()
    for seed in range(SEEDS):
        run = RolloutRun(seed)
        for _ in range(STEPS):
            run.step()
        happened.update(type(recorded.event).__name__ for recorded in run.outside.journal.read())
        happened.update(run.happened)
    often = ("WaveBegan", "RevisionRolledBack", "killed in a rollout")
    assert all(happened[name] >= 10 for name in often), happened
    assert all(happened[name] >= 2 for name in ("RolloutPromoted", "RolloutPaused", "RolloutResumed")), happened


def test_everything_that_can_go_wrong_did() -> None:
    happened: Counter[str] = Counter()
    for seed in range(SEEDS):
        run = Run(seed)
        for _ in range(STEPS):
            run.step()
        happened.update(run.happened)
    expected = ("nack", "partition", "crash", "lost unrecorded", "unwritten", "written", "Rollback")
    assert all(happened[name] >= 10 for name in expected), happened
    decided = ("OpenFinding", "UpdateFinding", "CloseFinding", "SuggestMitigation", "AdjustMitigation")
    assert all(happened[f"{name} took effect"] >= 10 for name in decided), happened
    assert happened["crash between disk and answer"] >= 1
