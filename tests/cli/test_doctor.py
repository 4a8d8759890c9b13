"""`holdfast doctor`, as it is run on a new machine."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fakes.running import short_directory
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.main import make_app
from holdfast.model.checkup import Fitness
from holdfast.runtime.checkup import judge_privileged, judge_taken
from holdfast.runtime.state_dir import STATE_PATH_BYTES_MAX, StateDir
from holdfast.spec import STARTER


@pytest.fixture
def platform_file(tmp_path: Path) -> Path:
    file = tmp_path / "platform.yaml"
    file.write_text(STARTER)
    return file


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("COLUMNS", "200")
    return CliRunner()


def test_each_check_is_a_line_and_what_is_worst_comes_first(run: CliRunner, tmp_path: Path) -> None:
    answer = run.invoke(make_app("doctor"), ["doctor", "--state", str(tmp_path / ("x" * STATE_PATH_BYTES_MAX))])
    assert answer.exit_code == ExitCode.UNFIT
    lines = answer.stdout.splitlines()
    assert lines[2].split()[:3] == ["state's", "path", "unfit"]
    assert "  state's path: choose a shorter one with --state" in lines


def test_what_scripts_read(run: CliRunner, tmp_path: Path) -> None:
    state = Path(tempfile.gettempdir()) / f"hf-{os.getpid()}"
    answer = run.invoke(make_app("doctor"), ["doctor", "--state", str(state), "--json"])
    document = json.loads(answer.stdout)
    assert len(document["checks"]) == document["fit"] + document["doubtful"] + document["unfit"]
    assert {"envoy", "state", "syncs", "open files"} <= {check["name"] for check in document["checks"]}
    assert not state.exists()


def test_a_platform_is_looked_at_too(run: CliRunner, platform_file: Path) -> None:
    document = json.loads(run.invoke(make_app("doctor"), ["doctor", str(platform_file), "--json"]).stdout)
    assert "listening" in {check["name"] for check in document["checks"]}
    platform_file.write_text("holdfast: 2\n")
    assert run.invoke(make_app("doctor"), ["doctor", str(platform_file)]).exit_code == ExitCode.INPUT_MISTAKEN


def test_whose_an_address_is() -> None:
    assert judge_taken(["127.0.0.1:80"], control_runs=False).fitness is Fitness.UNFIT
    assert judge_taken(["127.0.0.1:80"], control_runs=True).fitness is Fitness.FIT
    assert judge_taken([], control_runs=False).fitness is Fitness.FIT
    assert judge_privileged(["127.0.0.1:443", "[::1]:8443"], 1_024).fitness is Fitness.UNFIT
    assert judge_privileged(["127.0.0.1:1024"], 1_024).fitness is Fitness.FIT


def test_looking_at_a_state_directory_in_use_does_not_disturb_it(run: CliRunner, platform_file: Path) -> None:
    with short_directory() as state:
        places = StateDir(state)
        held = places.lock()
        try:
            answer = run.invoke(make_app("doctor"), ["doctor", str(platform_file), "--state", str(state)])
            assert "edge's address is free" in answer.stdout or "edges listen already" in answer.stdout
            assert not places.journal.exists()
        finally:
            os.close(held)


def test_a_shell_is_told_how_words_go_on() -> None:
    environment = {"_HOLDFAST_COMPLETE": "complete_bash", "COMP_WORDS": "holdfast inc", "COMP_CWORD": "1"}
    holdfast = Path(sys.executable).with_name("holdfast")
    answer = subprocess.run([holdfast], env=os.environ | environment, capture_output=True, text=True, check=False)
    assert answer.stdout.split() == ["incident"]
