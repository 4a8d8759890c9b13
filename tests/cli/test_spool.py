"""What `holdfast spool` prints, and what `spool salvage` does about a folder."""

import asyncio
import base64
import fcntl
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from holdfast.adapters.spool import SqlSpool
from holdfast.cli import spool
from holdfast.cli.exit_codes import ExitCode
from holdfast.cli.spool_view import print_dead, print_message, print_spool
from holdfast.model.recovery import SpoolBounds
from holdfast.spooler.settings import store_file
from holdfast.views.spool import (
    DeadLettersDocument,
    MessageDocument,
    SpoolDocument,
    SpooledServiceDocument,
)


def salvage(folder: Path) -> Result:
    return CliRunner().invoke(spool.app, ["salvage", str(folder)])


async def make_store(folder: Path) -> None:
    await SqlSpool(store_file(folder), SpoolBounds(), 0).close()


def test_a_whole_spool_isnt_touched(tmp_path: Path) -> None:
    asyncio.run(make_store(tmp_path))
    before = store_file(tmp_path).read_bytes()
    result = salvage(tmp_path)
    assert (result.exit_code, "nothing to salvage" in result.output) == (0, True)
    assert store_file(tmp_path).read_bytes() == before


def test_a_damaged_spool_is_put_aside(tmp_path: Path) -> None:
    asyncio.run(make_store(tmp_path))
    store_file(tmp_path).write_bytes(b"\x00" * 4096)
    result = salvage(tmp_path)
    assert (result.exit_code, "0 messages and 0 receipts are whole" in result.output) == (0, True)
    assert salvage(tmp_path).output.startswith("The spool is whole")


def test_it_says_what_isnt_there_and_what_is_in_use(tmp_path: Path) -> None:
    assert salvage(tmp_path).exit_code == ExitCode.USAGE
    asyncio.run(make_store(tmp_path))
    with (tmp_path / "spooler.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert salvage(tmp_path).exit_code == ExitCode.IN_USE


def test_a_message_or_a_service_is_named_but_not_both() -> None:
    arguments = ["redeliver", "--reason", "r", "--state", "none", "--url", "http://127.0.0.1:1", "--token-file"]
    for named in ([], ["abc", "--all", "mail"]):
        result = CliRunner().invoke(spool.app, [*arguments, __file__, *named])
        assert (result.exit_code, "name one message" in result.output) == (ExitCode.USAGE, True)


def test_what_people_see(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    service = SpooledServiceDocument(
        service="mail", tenant="shop", phase="spooling", waiting=12_345, waiting_bytes=30_000_000, dead=2,
        held_up=True, pinned=True,
    )  # fmt: skip
    print_spool(SpoolDocument(running=True, services=(service,)))
    print_spool(SpoolDocument(running=False))
    print_dead(DeadLettersDocument(dead=()))
    printed = capsys.readouterr().out
    for shown in ("12,345", "28.6 MiB", "held up by us, kept open", "The spooler doesn't run", "no dead letters"):
        assert shown in printed


def test_a_message_is_printed_without_what_could_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_message(
        MessageDocument(
            id="abc", standing="dead", service="mail", tenant="shop", idempotency_key="k", accepted_at=0.0,
            expires_at=1.0, attempts=3, why="HTTP 422", method="POST", host="mail.example", path="/send",
            headers=(("x-evil", "\x1b[2J"),), body=base64.b64encode(b"\x1b[31mhello").decode(), body_bytes=100,
        )
    )  # fmt: skip
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "POST mail.example/send" in printed
    assert "bytes more" in printed
