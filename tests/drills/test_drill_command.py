"""`holdfast drill` on real processes: the short form from start to end, and what an interruption leaves behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from holdfast.drills.result import DrillResult, Verdict

DRILL = [sys.executable, "-m", "holdfast", "drill"]
RUN_S_MAX = 110


@pytest.fixture
def scratch() -> Iterator[str]:
    """A short place for state directories, and what still runs with a part of it in its command line."""
    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        yield folder
        assert list_running(folder) == []


def list_running(folder: str) -> list[str]:
    lines = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    return [line for line in lines if folder in line]


def start(scratch: str, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"TMPDIR": scratch, "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.Popen(
        [*DRILL, *arguments], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def await_blocks(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    while "above its cap" not in (line := process.stderr.readline()):
        assert line, "it ended before a block began"


def test_the_short_form_leaves_bystanders_whole(scratch: str, tmp_path: Path) -> None:
    file, reports = tmp_path / "result.json", tmp_path / "reports"
    process = start(
        scratch, "run", "noisy-neighbour", "--short", "--seed", "7", "--json", str(file), "--report", str(reports)
    )
    told, happened = process.communicate(timeout=RUN_S_MAX)
    result = DrillResult.model_validate_json(file.read_text())
    assert result.verdict is not Verdict.INVALID, told + happened
    success = {name: measure.value for name, measure in result.measures.items() if name.endswith("bystander_success")}
    assert success == {"queue_bystander_success": 100, "reject_bystander_success": 100, "kill_bystander_success": 100}
    assert process.returncode == {Verdict.PASS: 0, Verdict.FAIL: 10}[result.verdict]
    assert f"Verdict: {result.verdict}" in told
    assert "5 kills during the flood" in happened
    assert (reports / "report.html").exists()
    assert set(json.loads(file.read_text())) == set(DrillResult.model_fields)


def test_without_protections_there_is_harm(scratch: str, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    process = start(scratch, "run", "noisy-neighbour", "--short", "--without-protections", "--json", str(file))
    told, happened = process.communicate(timeout=RUN_S_MAX)
    result = DrillResult.model_validate_json(file.read_text())
    assert result.verdict is Verdict.FAIL, told + happened
    assert process.returncode == 10
    for mode in ("queue", "reject"):
        harmed, before = (result.measures[f"{mode}_bystander_success{side}"].value for side in ("", "_solo"))
        assert harmed is not None
        assert harmed < 95
        assert before == 100


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_drill_leaves_nothing_behind(scratch: str, number: signal.Signals) -> None:
    process = start(scratch, "run", "noisy-neighbour", "--short")
    await_blocks(process)
    running = list_running(scratch)
    assert any("envoy" in each for each in running)
    process.send_signal(number)
    told, happened = process.communicate(timeout=RUN_S_MAX)
    assert process.returncode == 130, told + happened
    assert "everything that the drill started has ended" in happened


def test_a_killed_drill_takes_holdfast_and_its_edges_along(scratch: str) -> None:
    process = start(scratch, "run", "noisy-neighbour", "--short")
    await_blocks(process)
    process.kill()
    process.communicate(timeout=RUN_S_MAX)
    deadline = time.monotonic() + RUN_S_MAX
    while list_running(scratch):
        assert time.monotonic() < deadline, list_running(scratch)


def test_drills_are_listed() -> None:
    done = subprocess.run([*DRILL, "list"], capture_output=True, text=True, timeout=60, check=True)
    assert "noisy-neighbour" in done.stdout


def test_an_unknown_drill_is_told(scratch: str) -> None:
    _, told = start(scratch, "run", "nosy").communicate(timeout=60)
    assert "there is no drill 'nosy'" in told
