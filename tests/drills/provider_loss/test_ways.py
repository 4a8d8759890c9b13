"""Cutting one of two edges off, on the real kernel where it lets us; where it doesn't, it must say why."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from holdfast.drills.instruments import UpstreamOptions, start_upstream
from holdfast.drills.provider_loss.ways import Ways, WaysUnavailable

ADDRESS = "127.1.77.1"
CONNECTING = """
import socket, sys
for line in sys.stdin:
    try:
        socket.create_connection(("{address}", int(line)), timeout=0.3).close()
        print("reached", flush=True)
    except TimeoutError:
        print("dropped", flush=True)
"""


class Edge:
    """A process that connects when it is told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.pid = process.pid
        self._process = process

    def connect(self, port: int) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(port, file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()


@contextmanager
def start_edges(count: int) -> Iterator[list[Edge]]:
    command = [sys.executable, "-c", CONNECTING.format(address=ADDRESS)]
    with ExitStack() as stack:
        started = [
            stack.enter_context(subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            for _ in range(count)
        ]
        yield [Edge(process) for process in started]


def list_groups() -> list[Path]:
    mounts = (line.split(" ") for line in Path("/proc/mounts").read_text().splitlines())
    roots = (Path(place) for _, place, kind, *_ in mounts if kind == "cgroup2")
    return [group for root in roots for group in root.glob(f"holdfast-drill-{os.getpid()}-*")]


def test_an_edge_that_is_cut_off_reaches_nothing_and_the_other_does_until_ways_are_restored() -> None:
    with start_upstream(UpstreamOptions(address=ADDRESS)) as upstream, start_edges(2) as (cut, spared):
        port = upstream.port
        try:
            ways = Ways({"cut": cut.pid, "spared": spared.pid})
        except WaysUnavailable:
            assert list_groups() == []
            return
        with ways:
            assert (cut.connect(port), spared.connect(port)) == ("reached", "reached")
            ways.cut_off(["cut"], IPv4Network("127.1.77.0/24"))
            assert (cut.connect(port), spared.connect(port)) == ("dropped", "reached")
            ways.restore()
            assert cut.connect(port) == "reached"
            ways.cut_off(["cut"], IPv4Network("127.1.78.0/24"))
            assert cut.connect(port) == "reached"
    assert list_groups() == []


def test_what_can_not_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_: "none /proc proc rw 0 0\n")
    with pytest.raises(WaysUnavailable, match="no hierarchy of control groups"):
        Ways({})
