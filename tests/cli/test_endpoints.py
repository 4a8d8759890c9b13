"""Machines from the command line: listed, left out, and back again."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fakes.running import PLATFORM, RunningControl, run_in_thread, short_directory
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.main import make_app

MACHINES = PLATFORM.replace(
    '["127.0.0.1:9000"]',
    '["127.0.0.1:9000", {address: "127.0.0.2:9000", zone: east, ephemeral: true}], health_check: {path: /healthz}',
)
Run = Callable[..., Result]


@pytest.fixture
def control() -> Iterator[RunningControl]:
    with short_directory() as state, run_in_thread(state) as running:
        yield running


@pytest.fixture
def holdfast(control: RunningControl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command on a platform of two services, and expects it to end with a certain code."""
    monkeypatch.setenv("HOLDFAST_STATE", str(control.state.path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str, code: ExitCode = ExitCode.OK) -> Result:
        result = CliRunner().invoke(make_app(), arguments, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    file = tmp_path / "platform.yaml"
    file.write_text(MACHINES)
    run("apply", str(file), "--reason", "first")
    return run


def rows(shown: str) -> list[list[str]]:
    return [line.split() for line in shown.splitlines()[2:]]


def test_endpoints_are_listed_with_what_they_are(holdfast: Run) -> None:
    assert rows(holdfast("endpoints").stdout) == [
        ["mail", "127.0.0.1:9001", "stable"],
        ["shop", "127.0.0.1:9000", "stable"],
        ["shop", "127.0.0.2:9000", "east", "ephemeral"],
    ]
    one = json.loads(holdfast("endpoints", "--service", "mail", "--json").stdout)
    assert [each["cluster"] for each in one["clusters"]] == ["mail"]


def test_a_drain_is_shown_until_it_is_ended(holdfast: Run) -> None:
    shown = holdfast("drain", "shop", "127.0.0.1:9000", "--for", "1h", "--reason", "new kernel").stdout
    assert "m-1 is in force on 1 of 1 edges: drain shop: 127.0.0.1:9000" in shown
    assert ["shop", "127.0.0.1:9000", "stable", "drained"] in rows(holdfast("endpoints").stdout)
    assert "drain shop: 127.0.0.1:9000" in holdfast("mitigations").stdout
    holdfast("end", "m-1")
    assert "drained" not in holdfast("endpoints").stdout


def test_a_drain_that_would_leave_nothing_is_refused(holdfast: Run) -> None:
    more = ("--for", "1h", "--reason", "new kernel")
    refused = holdfast("drain", "mail", "127.0.0.1:9001", *more, code=ExitCode.REFUSED)
    assert "without an endpoint" in refused.stderr
    holdfast("drain", "mail", "127.0.0.1:9999", *more, code=ExitCode.REFUSED)
