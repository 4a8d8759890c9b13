"""`plan` asks control, and `apply` waits for what a plan found."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fakes.compiler import ReadableCompiler
from fakes.running import PLATFORM, FakeOutside, RunningControl, run_in_thread, short_directory
from fakes.trials import FakeTrials
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.main import make_app

Run = Callable[..., Result]
MOVED = PLATFORM.replace("shop.example", "store.example").replace("50/s", "20/s")


@pytest.fixture
def trials() -> FakeTrials:
    return FakeTrials()


@pytest.fixture
def control(trials: FakeTrials, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningControl]:
    monkeypatch.setattr(ReadableCompiler, "settle_walls", lambda *_: {})
    with short_directory() as state, run_in_thread(state, FakeOutside(trials=trials)) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "platform.yaml"


@pytest.fixture
def holdfast(control: RunningControl, file: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command, with a platform in force, on a file that moves a host."""
    monkeypatch.setenv("HOLDFAST_STATE", str(control.state.path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "300")

    def run(*arguments: str, code: ExitCode = ExitCode.OK) -> Result:
        result = CliRunner().invoke(make_app(), [*arguments], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    file.write_text(PLATFORM)
    run("apply", str(file))
    file.write_text(MOVED)
    return run


@pytest.fixture
def requests(tmp_path: Path) -> str:
    path = tmp_path / "requests.json"
    path.write_text(json.dumps([{"method": "GET", "host": "shop.example", "path": "/cart", "weight": 12}]))
    return str(path)


def test_plan_asks_control(holdfast: Run, file: Path, requests: str) -> None:
    shown = holdfast("plan", str(file), "--requests", requests, code=ExitCode.UNCONFIRMED).stdout
    assert "defaults.limits.requests: 50/s → 20/s" in shown
    assert "hosts[0]: shop.example → store.example" in shown
    assert "requests-lost: requests that shop answers now would get 421 (12 were recorded)" in shown
    assert "--confirm requests-lost" in shown
    holdfast("plan", str(file), "--requests", requests, "--confirm", "requests-lost")


def test_a_plan_as_json_and_markdown(holdfast: Run, file: Path, requests: str) -> None:
    found = json.loads(holdfast("plan", str(file), "--requests", requests, "--json", code=ExitCode.UNCONFIRMED).stdout)
    assert (found["verdict"], found["against"], found["different"]) == ("confirm", 1, 1)
    told = holdfast("plan", str(file), "--requests", requests, "--markdown", code=ExitCode.UNCONFIRMED).stdout
    assert told.startswith("### The change must be confirmed first\n")
    file.write_text(PLATFORM.replace("50/s", "50"))
    found = json.loads(holdfast("plan", str(file), "--json", code=ExitCode.INPUT_MISTAKEN).stdout)
    assert (found["verdict"], len(found["diagnostics"])) == ("refused", 1)


def test_apply_waits_for_what_its_plan_found(holdfast: Run, file: Path, trials: FakeTrials) -> None:
    trials.broken = True
    refused = holdfast("apply", str(file), code=ExitCode.UNCONFIRMED)
    assert "effects-unknown: what the change does couldn't be tried" in refused.stdout
    assert "--confirm effects-unknown" in refused.stdout
    assert "nothing was changed" in refused.stderr
    assert len(json.loads(holdfast("history", "--json").stdout)["revisions"]) == 1
    holdfast("apply", str(file), "--confirm", "effects-unknown", "--no-wait")
    newest = json.loads(holdfast("history", "--json").stdout)["revisions"][0]
    assert (newest["number"], newest["confirmed"]) == (2, ["effects-unknown"])


def test_without_control_a_plan_needs_something_to_compare_with(file: Path, tmp_path: Path) -> None:
    file.write_text(PLATFORM)
    arguments = ["plan", str(file), "--state", str(tmp_path / "nowhere")]
    assert CliRunner().invoke(make_app(), arguments).exit_code == ExitCode.UNREACHABLE
