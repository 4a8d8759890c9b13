"""Drills as things are without Holdfast's protections: each reproduces its harm. `./dev test tests/long` runs this."""

from pathlib import Path

import pytest

from drills.playing import kill_under_load, play_short, read_values, scratch
from holdfast.drills.result import Verdict

__all__ = ["scratch"]
UNDER_LOAD = [
    ("surge-attack", "addresses"),
    ("platform-surge", "everything rises"),
    ("mitigation-backfire", "by its prediction"),
    ("rogue-monitor", "a build is deployed"),
    ("deferred-sending", "breaks the way"),
    ("provider-loss", "site is killed"),
]


def test_a_neighbours_flood_hurts_everybody_there(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "noisy-neighbour", "--without-protections")
    assert result.verdict is Verdict.FAIL
    for mode in ("queue", "reject"):
        harmed, before = read_values(result, f"{mode}_bystander_success", f"{mode}_bystander_success_solo")
        assert harmed is not None
        assert harmed < 95
        assert before == 100


def test_an_attack_without_protections_hurts_everybody(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "surge-attack", "--without-protections")
    assert result.verdict is Verdict.FAIL


def test_mistaken_mitigations_last_where_nobody_watches(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "mitigation-backfire", "--without-protections")
    assert result.verdict is Verdict.FAIL
    assert read_values(result, "block_reverted_max", "one_bucket_reverted_max") == [None, None]


def test_a_bad_push_to_everybody_at_once_is_an_outage(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "bad-route-push", "--without-protections")
    assert result.verdict is Verdict.FAIL
    assert read_values(result, "calls_answered") == [0]


def test_a_site_that_is_killed_is_lost_without_a_standby(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "provider-loss", "--without-protections")
    assert result.verdict is Verdict.FAIL
    assert read_values(result, "other_regions_failed", "reads_answered_max") == [0, 0]


def test_what_is_sent_astray_is_refused_where_nothing_is_kept(scratch: str, tmp_path: Path) -> None:
    result = play_short(scratch, tmp_path, "deferred-sending", "--without-protections")
    assert result.verdict is Verdict.FAIL


@pytest.mark.parametrize(("name", "words"), UNDER_LOAD)
def test_a_killed_drill_takes_everything_along(scratch: str, name: str, words: str) -> None:
    kill_under_load(scratch, name, words)
