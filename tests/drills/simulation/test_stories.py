"""The production detector, policy and engine in a small simulated world; many more seeds by `./dev sim`."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from holdfast.drills.simulation.__main__ import app
from holdfast.drills.simulation.crowd import Size, run_crowd
from holdfast.drills.simulation.stories import STORIES, Story, tell
from holdfast.drills.simulation.traffic import Flood
from holdfast.drills.simulation.world import World

QUICK = ("few", "look-alike", "crowds", "noise")


@pytest.mark.parametrize("story", [story for story in STORIES if story.name in QUICK], ids=lambda story: story.name)
def test_a_story_ends_as_it_must(story: Story) -> None:
    told = tell(story, seed=1)
    assert told.ok, told.wrong


def test_without_anybody_acting_a_flood_does_harm() -> None:
    """Or the stories would prove nothing: the victim's good clients are lost, and nothing is let go."""
    world = World(6, seed=3, median_rps=30.0, crowds_per_day=0.0)
    world.run(30.0)
    victim = int(np.argmax(world.population.mean_rps))
    served, offered = 0.0, 0.0
    rps = 10 * float(world.population.limit_rps[victim])
    world.traffic.floods.append(Flood(victim, world.now, 20.0, rps))
    for _ in range(80):
        good, bad = world.traffic.draw(world.now)
        world.now += world.step_s
        passed = world.edges.pass_on(good, bad, {}, {})
        served += float(passed.good_served[victim])
        offered += float(passed.good_offered[victim])
    assert served / offered < 0.5


def test_the_same_seed_is_the_same_world() -> None:
    sums = []
    for _ in range(2):
        world = World(10, seed=7)
        world.run(10.0)
        sums.append((world.control.events, world.traffic.draw(world.now)[0].tolist()))
    assert sums[0] == sums[1]


def test_a_crowd_is_counted(tmp_path: Path) -> None:
    size = Size(tenants=60, length_s=900.0, step_s=1.0, floods=1)
    lines: list[str] = []
    result = run_crowd(size, 1, lines.append)
    assert lines[-1].startswith("100.0%")
    assert (result["floods"], result["floods_found"]) == (1, 1)
    assert result["false_tier_2"]["total"] == 0
    assert result["requests_refused_without_flood"] == 0
    assert result["left_in_force"] == 0


def test_the_command_writes_its_result(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    words = ["hour", "--tenants", "20", "--minutes", "14", "--step", "1", "--floods", "0", "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text())["tenants"] == 20
