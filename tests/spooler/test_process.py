"""The spooler as a process of its own."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from fakes.process import until
from fakes.spooler import SERVICES, Answered, Client, get, post
from holdfast.spooler.__main__ import EXIT_ALREADY, EXIT_CORRUPT, EXIT_UNAVAILABLE
from holdfast.spooler.settings import SpoolSettings, accept_socket, store_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    SpoolSettings(services=SERVICES, disk_free_min=1).save(tmp_path)
    return tmp_path


@contextmanager
def run_spooler(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "holdfast.spooler", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ask(folder: Path, *requests: bytes) -> list[Answered]:
    async def run() -> list[Answered]:
        client = Client(*await asyncio.open_unix_connection(accept_socket(folder)))
        answers = [await client.ask(request) for request in requests]
        client.close()
        return answers

    return asyncio.run(run())


def run_until_its_end(folder: Path) -> tuple[int, str]:
    with run_spooler(folder) as process:
        _, said = process.communicate(timeout=60)
        return process.returncode, said


def test_it_ends_when_told_to_and_goes_on_from_there(folder: Path) -> None:
    with run_spooler(folder) as process:
        until(accept_socket(folder).exists, "it listens")
        (accepted,) = ask(folder, post(idempotency_key="k"))
        process.terminate()
        assert process.wait(60) == 0
        assert not accept_socket(folder).exists()
    with run_spooler(folder):
        until(accept_socket(folder).exists, "it listens again")
        receipt, again = ask(folder, get(accepted.headers["location"]), post(idempotency_key="k"))
        assert receipt.document["idempotency_key"] == "k"
        assert again.document == accepted.document


def find_front(spooler: subprocess.Popen[str]) -> psutil.Process | None:
    return next(iter(psutil.Process(spooler.pid).children()), None)


def test_a_front_that_dies_is_started_again_and_who_asks_meanwhile_waits(folder: Path) -> None:
    with run_spooler(folder) as process:
        until(accept_socket(folder).exists, "it listens")
        (accepted,) = ask(folder, post(idempotency_key="k"))
        front = find_front(process)
        assert front
        front.kill()
        (again,) = ask(folder, post(idempotency_key="k"))
        assert again.document == accepted.document
        assert find_front(process) not in {None, front}


def test_no_front_outlives_its_spooler(folder: Path) -> None:
    with run_spooler(folder) as process:
        until(accept_socket(folder).exists, "it listens")
        ask(folder, post())
        front = find_front(process)
        assert front
        process.kill()
        front.wait(60)


def test_files_and_sockets_are_for_their_owner_only(folder: Path) -> None:
    with run_spooler(folder):
        until(accept_socket(folder).exists, "it listens")
        ask(folder, post())
        modes = {file.name: file.stat().st_mode & 0o077 for file in folder.iterdir()}
        assert {name for name, others in modes.items() if others} <= {"spooler.lock"}


def test_a_second_one_in_the_folder_ends_at_once(folder: Path) -> None:
    with run_spooler(folder):
        until(accept_socket(folder).exists, "it listens")
        code, said = run_until_its_end(folder)
    assert code == EXIT_ALREADY
    assert "already runs" in said


def test_a_damaged_store_is_refused_with_a_way_out(folder: Path) -> None:
    store_file(folder).write_bytes(b"this is no spool" * 1000)
    code, said = run_until_its_end(folder)
    assert code == EXIT_CORRUPT
    assert f"holdfast spool salvage {folder}" in said
    assert store_file(folder).read_bytes() == b"this is no spool" * 1000


def test_without_settings_it_doesnt_start(tmp_path: Path) -> None:
    code, said = run_until_its_end(tmp_path)
    assert code == EXIT_UNAVAILABLE
    assert "spooler.json" in said
