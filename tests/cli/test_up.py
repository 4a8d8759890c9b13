"""`holdfast up` with real edges: started, killed, resumed, out of disk, and not started at all."""

import json
import os
import resource
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from fakes.process import Installation, until
from fakes.running import short_directory
from holdfast.adapters.journal.sql_journal import SqlJournal
from holdfast.cli.exit_codes import ExitCode
from holdfast.model.event import RevisionProposed, RevisionRefused
from holdfast.model.revision import Revision

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def installation() -> Iterator[Installation]:
    with short_directory() as directory:
        yield Installation(directory / "state")


@contextmanager
def file_size_max(size_bytes: int) -> Iterator[None]:
    """No file of a process begun meanwhile may be larger."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def read_active(installation: Installation) -> list[dict[str, object]]:
    active: list[dict[str, object]] = json.loads(installation.run("mitigations", "--json"))["active"]
    return active


def test_up_kill_and_down_leaves_nothing_behind(installation: Installation) -> None:
    with installation.up(str(installation.file)) as up:
        assert "Holdfast is up: revision 1 of small is in force." in up.output
        assert installation.cause("shop") != "kill"
        killed = installation.run_apart("kill", "shop", "--for", "1h", "--reason", "flood")
        assert "in force on 1 of 1 edges" in killed
        assert installation.cause("shop") == "kill"
        assert installation.cause("mail") != "kill"
        assert "has ended" in installation.run("end", "m-1")
        assert installation.cause("shop") != "kill"
        up.stop()
        assert installation.answer("shop") == 0


def test_a_dead_agent_is_started_again_and_its_envoy_goes_on(installation: Installation) -> None:
    with installation.up(str(installation.file)) as up:
        folder = next((installation.state.path / "edges").iterdir())
        agent, envoy = (json.loads((folder / f"{name}.pid").read_text())["pid"] for name in ("agent", "envoy"))
        os.kill(agent, signal.SIGKILL)
        assert installation.cause("shop") != ""
        until(lambda: json.loads((folder / "agent.pid").read_text())["pid"] != agent, "another agent")
        until(lambda: json.loads(installation.run("status", "--json"))["reach"]["programmed"] == 1, "its edge")
        assert json.loads((folder / "envoy.pid").read_text())["pid"] == envoy
        up.stop()


def test_edges_may_be_kept_when_control_stops(installation: Installation) -> None:
    with installation.up(str(installation.file), "--keep-edges") as first:
        before = installation.answer("shop")
        first.stop(keeps_edges=True)
        assert installation.answer("shop") == before != 0
        with installation.up() as second:
            assert installation.answer("shop") == before
            second.stop()


def test_a_killed_control_resumes_where_it_was(installation: Installation) -> None:
    with installation.up(str(installation.file)) as first:
        installation.run("kill", "shop", "--for", "1h", "--reason", "flood")
        installation.run("read-only", "mail", "--for", "1s", "--reason", "flood")
        first.kill()
        assert installation.cause("shop") == "kill"
        with installation.up() as second:
            assert [m["id"] for m in read_active(installation)] == ["m-1"]
            assert installation.cause("shop") == "kill"
            assert installation.answer("mail", "POST") == 503
            assert "revision 1" in second.output
            second.stop()


def test_a_kill_works_on_a_full_disk_and_is_recorded_when_there_is_room(installation: Installation) -> None:
    with installation.up(str(installation.file)) as up:
        up.fill_disk()
        assert "a restart of control would undo it" in installation.run(
            "kill", "shop", "--for", "1h", "--reason", "flood"
        )
        assert installation.cause("shop") == "kill"
        assert [m["recorded"] for m in read_active(installation)] == [False]
        assert "can't be written" in installation.run("status")
        installation.write("shop")
        refused = installation.run("apply", str(installation.file), code=ExitCode.REFUSED)
        assert "the journal can't be written" in refused
        assert installation.answer("mail") == 503
        up.free_disk()
        until(lambda: [m["recorded"] for m in read_active(installation)] == [True], "the kill is recorded")
        up.kill()
        with installation.up() as again:
            assert [m["id"] for m in read_active(installation)] == ["m-1"]
            again.stop()


def test_the_same_file_is_no_new_revision_and_another_is(installation: Installation) -> None:
    with installation.up(str(installation.file)) as up:
        up.stop()
    with installation.up(str(installation.file)) as up:
        assert "revision 1" in up.output
        up.stop()
    installation.write("shop")
    with installation.up(str(installation.file)) as up:
        assert "revision 2" in up.output
        up.stop()


def test_a_file_with_mistakes_starts_nothing(installation: Installation) -> None:
    installation.file.write_text("holdfast: 1\n")
    shown = installation.run("up", str(installation.file), code=ExitCode.INPUT_MISTAKEN)
    assert "platform.yaml:1:1" in shown
    assert not installation.state.path.exists()


def test_a_state_directory_whose_path_is_too_long(installation: Installation) -> None:
    state = str(installation.state.path / ("x" * 70))
    assert "is too long" in installation.run_apart("up", str(installation.file), "--state", state, code=ExitCode.USAGE)


def test_nothing_to_resume(installation: Installation) -> None:
    assert "give a platform file" in installation.run_apart("up", "--api", "127.0.0.1:0", code=ExitCode.USAGE)


@pytest.mark.parametrize("api", ["9900", "localhost", "127.0.0.1:x", "127.0.0.1:70000", ":1"])
def test_an_address_that_is_none(installation: Installation, api: str) -> None:
    assert "--api takes an address" in installation.run("up", str(installation.file), "--api", api, code=ExitCode.USAGE)


def test_a_port_in_use(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        api = f"127.0.0.1:{server.getsockname()[1]}"
        shown = installation.run_apart("up", str(installation.file), "--api", api, code=ExitCode.IN_USE)
    assert f"can't listen on {api}" in shown
    assert not installation.state.journal.exists()


def test_an_edges_port_in_use(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", installation.port)):
        shown = installation.run_apart("up", str(installation.file), code=ExitCode.INPUT_MISTAKEN)
    assert str(installation.port) in shown
    assert not installation.state.path.exists()


def test_two_controls_on_one_state(installation: Installation) -> None:
    with installation.up(str(installation.file)) as up:
        shown = installation.run_apart("up", "--api", "127.0.0.1:0", code=ExitCode.IN_USE)
        assert "has the state directory" in shown
        assert installation.run("status")
        up.stop()


def test_no_envoy(installation: Installation) -> None:
    shown = installation.run_apart(
        "up", str(installation.file), "--api", "127.0.0.1:0", code=ExitCode.ENVOY_MISSING, HOLDFAST_ENVOY="/none"
    )
    assert "HOLDFAST_ENVOY" in shown


def make_journal(installation: Installation) -> Path:
    """A journal with a proposal that was never decided, and the same proposal refused."""
    with closing(SqlJournal(installation.state.journal)) as journal:
        content = journal.keep_text(installation.file.read_text())
        revision = Revision(number=1, content=content, author="ann", reason="", proposed_at=1.0)
        refused = RevisionRefused(at=2.0, author="holdfast", number=1, why="")
        journal.append([RevisionProposed(at=1.0, author="ann", revision=revision), refused])
    return installation.state.journal


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_a_corrupt_journal_is_told_of_and_salvaged(installation: Installation) -> None:
    journal = make_journal(installation)
    change(journal, "UPDATE events SET body = '{}' WHERE sequence = 2")
    shown = installation.run_apart("up", "--api", "127.0.0.1:0", code=ExitCode.JOURNAL_UNUSABLE)
    assert "row 2 is not what was written" in shown
    assert "holdfast salvage" in shown
    assert "1 events and 1 platform texts are whole" in installation.run("salvage")
    assert "nothing to salvage" in installation.run("salvage")
    with installation.up(str(installation.file)) as up:
        assert "revision 1 of small is in force" in up.output
        up.stop()


def test_a_journal_from_a_newer_version(installation: Installation) -> None:
    change(make_journal(installation), "UPDATE alembic_version SET version_num = '9999'")
    shown = installation.run_apart("up", "--api", "127.0.0.1:0", code=ExitCode.JOURNAL_UNUSABLE)
    assert "9999" in shown
    assert "newer" in shown
    assert "nothing was changed" in installation.run("salvage", code=ExitCode.JOURNAL_UNUSABLE)


def test_a_full_disk_keeps_control_from_starting(installation: Installation) -> None:
    with file_size_max(1):
        shown = installation.run_apart("up", str(installation.file), "--api", "127.0.0.1:0", code=ExitCode.DISK_FULL)
    assert f"can't write to {installation.state.path}" in shown
