"""Subscribers from the command line, on a running control."""

import csv
import io
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from fakes.fleet import FakeFleet
from fakes.incidents import FLEET
from fakes.running import FakeOutside, RunningControl, run_in_thread, short_directory
from fakes.subscribers import seed_subscribers
from holdfast.cli import subscribers
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.main import make_app

Run = Callable[..., Result]
ADDRESSES = ["=cmd@acme.example", *(f"reader{number}@acme.example" for number in range(6)), "https://hooks.example/x"]


@pytest.fixture
def control() -> Iterator[RunningControl]:
    with short_directory() as state:
        seed_subscribers(state / "subscribers.db", *ADDRESSES)
        with run_in_thread(state, FakeOutside(FakeFleet(FLEET))) as running:
            yield running


@pytest.fixture
def run(control: RunningControl, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command and expects it to end with a certain code."""
    monkeypatch.setenv("HOLDFAST_STATE", str(control.state.path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "300")

    def run(*arguments: str, code: ExitCode = ExitCode.OK) -> Result:
        result = CliRunner().invoke(make_app(), ("subscribers", *arguments), catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def test_who_subscribed_is_listed_without_their_addresses(run: Run) -> None:
    listed = run("list", "--max", "3").output
    assert "Subscribed: 7 by email, 1 by webhook. Asked and not confirmed yet: 0." in listed
    assert "… and more: holdfast subscribers list --after s-" in listed
    assert "reader" not in run("list").output
    assert "hooks.example/x" not in run("list", "--json").output


def test_all_are_exported_and_none_is_a_formula(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribers, "PAGE", 3)
    rows = list(csv.DictReader(io.StringIO(run("export").stdout)))
    assert sorted(row["address"] for row in rows) == sorted(["'=cmd@acme.example", *ADDRESSES[1:]])
    assert {row["kind"] for row in rows} == {"email", "webhook"}


def test_one_is_removed(run: Run) -> None:
    id_ = next(csv.DictReader(io.StringIO(run("export").stdout)))["id"]
    assert run("remove", id_).output == f"Subscriber {id_} is erased.\n"
    assert f"there is no subscriber {id_}" in run("remove", id_, code=ExitCode.REFUSED).output
