"""Drills started as commands, and what they leave."""

import os
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


def await_line(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    while words not in (line := process.stderr.readline()):
        assert line, f"it ended before it told of {words}"


def play_short(scratch: str, folder: Path, name: str, *more: str) -> DrillResult:
    """The result of a drill's short form; whatever happened is told if the test fails."""
    file = folder / "result.json"
    process = start(scratch, "run", name, "--short", "--seed", "7", "--json", str(file), *more)
    try:
        told, happened = process.communicate(timeout=RUN_S_MAX)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.communicate()
        raise
    print(told, happened)
    result = DrillResult.model_validate_json(file.read_text())
    assert process.returncode == {Verdict.PASS: 0, Verdict.FAIL: 10, Verdict.INVALID: 11}[result.verdict]
    return result


def read_values(result: DrillResult, *names: str) -> list[float | None]:
    return [result.measures[name].value for name in names]


def kill_under_load(scratch: str, name: str, words: str) -> None:
    """Kill a drill once it has told of `words`; all that it started ends too."""
    process = start(scratch, "run", name, "--short")
    await_line(process, words)
    process.kill()
    process.communicate(timeout=RUN_S_MAX)
    deadline = time.monotonic() + RUN_S_MAX
    while list_running(scratch):
        assert time.monotonic() < deadline, list_running(scratch)
