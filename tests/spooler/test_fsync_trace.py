"""By the kernel's own account: the log is synced between a message's last write to it and its 202. Needs strace."""

import asyncio
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from fakes.process import until
from fakes.spooler import SERVICES, Client, post
from holdfast.spooler.settings import SpoolSettings, accept_socket

CLIENTS = 8
EACH = 12
CALLS = "trace=pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync"
_LINE = re.compile(r"^(?P<thread>\d+) +(?P<call>\w+)\((?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<thread>\d+) +<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)$")


@dataclass
class Call:
    """A system call: from the line where it began to the line where it ended; lines are in order of time."""

    name: str
    text: str
    began: int
    ended: int


def read_trace(file: Path) -> list[Call]:
    calls: list[Call] = []
    unfinished: dict[str, Call] = {}
    for number, line in enumerate(file.read_text(errors="replace").splitlines()):
        if resumed := _RESUMED.match(line):
            call = unfinished.pop(resumed["thread"])
            call.text += resumed["rest"]
            call.ended = number
        elif begun := _LINE.match(line):
            call = Call(begun["call"], begun["rest"], number, number)
            calls.append(call)
            if line.endswith("<unfinished ...>"):
                unfinished[begun["thread"]] = call
    return calls


async def send_many(folder: Path) -> dict[str, str]:
    """Ids of acknowledged messages by the mark in their bodies."""

    async def send(number: int) -> dict[str, str]:
        client = Client(*await asyncio.open_unix_connection(accept_socket(folder)))
        acknowledged = {}
        for count in range(EACH):
            mark = f"mark-{number}-{count}-end"
            answer = await client.ask(post(mark.encode()))
            assert answer.status == 202
            acknowledged[mark] = str(answer.document["id"])
        client.close()
        return acknowledged

    found = await asyncio.gather(*map(send, range(CLIENTS)))
    return {mark: message_id for part in found for mark, message_id in part.items()}


def trace_spooler(folder: Path, trace: Path) -> dict[str, str]:
    SpoolSettings(services=SERVICES, disk_free_min=1).save(folder)
    command = ["strace", "-f", "--seccomp-bpf", "-y", "-s", "9000", "-e", CALLS, "-o", str(trace)]
    with subprocess.Popen([*command, sys.executable, "-m", "holdfast.spooler", str(folder)]) as process:
        try:
            until(accept_socket(folder).exists, "the spooler listens")
            return asyncio.run(send_many(folder))
        finally:
            for spooler in psutil.Process(process.pid).children():
                spooler.terminate()
            process.wait(60)


def test_the_log_is_synced_before_every_202(tmp_path: Path) -> None:
    folder, trace = tmp_path / "spooler", tmp_path / "trace"
    folder.mkdir()
    acknowledged = trace_spooler(folder, trace)
    assert len(acknowledged) == CLIENTS * EACH
    calls = read_trace(trace)
    writes = [call for call in calls if call.name == "pwrite64" and "spool.db-wal" in call.text]
    syncs = [call for call in calls if "sync" in call.name and "spool.db-wal" in call.text and "= 0" in call.text]
    answers = [call for call in calls if "202 Accepted" in call.text]
    for mark, message_id in acknowledged.items():
        written = next(call for call in writes if mark in call.text)
        synced = next(call for call in syncs if call.began > written.ended)
        answered = next(call for call in answers if message_id in call.text)
        assert synced.ended < answered.began, mark
