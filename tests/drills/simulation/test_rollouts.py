"""Rollouts in the simulation: a few of each, many more by `./dev sim rollouts`."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from holdfast.drills.simulation import rollouts
from holdfast.drills.simulation.__main__ import app
from holdfast.drills.simulation.rollouts_events import PLATFORM_KINDS, Badness
from holdfast.drills.simulation.rollouts_run import Draw, draw_rollout, plan_waves, run_rollout
from holdfast.drills.simulation.rollouts_shapes import MADE_UP, make_up_shapes, read_shapes
from holdfast.model.telemetry import Metric
from holdfast.rollout.judging import Blame

SHAPES = make_up_shapes(np.random.default_rng(1))


@pytest.mark.parametrize("befalls", PLATFORM_KINDS)
def test_a_harmless_revision_is_rolled_out_whatever_befalls(befalls: str) -> None:
    verdict = run_rollout(Draw(60, 2, (2, 20), befalls, bake_s=15.0), seed=3, shapes=SHAPES)
    assert verdict.harm is None


def test_a_bad_revision_is_rolled_back_in_its_first_wave() -> None:
    badness = Badness("10 % fail", {Metric.FAILED: 0.1})
    verdict = run_rollout(Draw(120, 2, (50, 70)), seed=4, shapes=SHAPES, badness=badness)
    assert verdict.harm is not None
    assert (verdict.harm.blamed, verdict.wave) == (Blame.REVISION, 0)


def test_a_seed_gives_the_same_verdict() -> None:
    badness = Badness("300 ms more", {Metric.SLOW: 0.9})
    first, second = (run_rollout(Draw(60, 2, (20,)), 5, SHAPES, badness) for _ in range(2))
    assert first == second


def test_waves_grow_and_cover_what_is_touched() -> None:
    assert plan_waves(1) == (1,)
    assert plan_waves(3_000) == (50, 250, 1_250, 1_450)
    assert all(sum(draw_rollout(seed, 1.0).waves) <= draw_rollout(seed, 1.0).services for seed in range(50))


def test_traces_are_read_where_there_are_any(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_shapes(tmp_path)
    np.savez(tmp_path / "nasa_rps.npz", x=np.array([0, 2, 4], np.uint16))
    shapes = read_shapes(tmp_path)
    assert shapes.source != MADE_UP
    assert shapes.arrivals[0].tolist() == [0.0, 1.0, 2.0]


def test_the_command_tells_what_it_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollouts, "TRIALS", rollouts.TRIALS[3:4])
    monkeypatch.setattr(rollouts, "PLATFORM", 100)
    out = tmp_path / "rollouts.json"
    told = CliRunner().invoke(app, ["rollouts", "--harmless", "0", "--bad", "1", "--out", str(out)])
    result = json.loads(out.read_text(encoding="utf-8"))
    assert told.exit_code == (1 if result["bad"][0]["ok"] is False else 0)
    assert result["shapes"] == MADE_UP
    assert result["bad"][0]["found"] == 1
