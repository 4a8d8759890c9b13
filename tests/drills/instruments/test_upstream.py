"""The upstream's cap, its capacity host, and its HTTP, over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.drills.instruments import (
    InstrumentError,
    Placement,
    Upstream,
    UpstreamOptions,
    UpstreamStats,
    build_instrument,
    start_upstream,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEADLINE_S = 20.0


def connect(upstream: Upstream) -> socket.socket:
    return socket.create_connection(("127.0.0.1", upstream.port), timeout=DEADLINE_S)


@contextlib.contextmanager
def callers(upstream: Upstream, count: int) -> Iterator[list[socket.socket]]:
    """Connections that the upstream has accepted: each has had an answer that counts nowhere."""
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(connect(upstream)) for _ in range(count)]
        for caller in opened:
            ask(caller, path="/healthz")
            assert read_status(caller) == 200
        yield opened


def ask(caller: socket.socket, host: str = "shop.test", path: str = "/") -> None:
    caller.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())


def read_status(caller: socket.socket) -> int:
    answer = http.client.HTTPResponse(caller)
    answer.begin()
    answer.read()
    return answer.status


def wait_for_stats(upstream: Upstream, wanted: Callable[[UpstreamStats], bool]) -> UpstreamStats:
    deadline = time.monotonic() + DEADLINE_S
    while not wanted(stats := upstream.read_stats()):
        assert time.monotonic() < deadline, stats
    return stats


def test_rejects_at_once_what_exceeds_the_cap() -> None:
    options = UpstreamOptions(cap=3, when_full="reject", answer_ms=400)
    with start_upstream(options) as upstream, callers(upstream, 5) as asking:
        for caller in asking:
            ask(caller)
        assert [read_status(caller) for caller in reversed(asking)] == [503, 503, 200, 200, 200]
        stats = upstream.read_stats()
    assert (stats.in_flight, stats.in_flight_peak, stats.queued_peak) == (0, 3, 0)
    assert (stats.answered[200], stats.answered[503]) == (3, 2)


def test_queues_in_order_what_exceeds_the_cap() -> None:
    options = UpstreamOptions(cap=2, when_full="queue", answer_ms=100)
    with start_upstream(options) as upstream, callers(upstream, 6) as asking:
        started = time.monotonic()
        for caller in asking:
            ask(caller)
        assert [read_status(caller) for caller in asking] == [200] * 6
        elapsed_ms = (time.monotonic() - started) * 1e3
        stats = upstream.read_stats()
    assert (stats.in_flight_peak, stats.queued_peak, stats.idle) == (2, 4, True)
    assert elapsed_ms >= 3 * options.answer_ms


def test_rejects_when_the_queue_is_full_too() -> None:
    options = UpstreamOptions(cap=1, when_full="queue", queue_max=1, answer_ms=200)
    with start_upstream(options) as upstream, callers(upstream, 3) as (first, second, third):
        for caller in (first, second, third):
            ask(caller)
        assert read_status(third) == 503
        assert (read_status(first), read_status(second)) == (200, 200)


def test_a_caller_that_hangs_up_leaves_the_queue_but_not_its_work() -> None:
    options = UpstreamOptions(cap=1, when_full="queue", answer_ms=400)
    with start_upstream(options) as upstream, callers(upstream, 2) as (working, waiting):
        ask(working)
        wait_for_stats(upstream, lambda stats: stats.in_flight == 1)
        ask(waiting)
        wait_for_stats(upstream, lambda stats: stats.queued == 1)
        waiting.close()
        wait_for_stats(upstream, lambda stats: stats.queued == 0)
        working.close()
        stats = wait_for_stats(upstream, lambda stats: stats.abandoned == 2)
        assert stats.in_flight == 1
        assert wait_for_stats(upstream, lambda stats: stats.idle).answered[200] == 0


def test_peaks_start_again_when_read() -> None:
    with start_upstream(UpstreamOptions(answer_ms=0)) as upstream, callers(upstream, 1) as (caller,):
        ask(caller)
        read_status(caller)
        assert [upstream.read_stats().in_flight_peak for _ in range(2)] == [1, 0]


def test_another_host_becomes_the_capacity_host() -> None:
    with start_upstream(UpstreamOptions(answer_ms=20)) as upstream, callers(upstream, 8) as asking:
        for host in ("first.test", "second.test"):
            upstream.set_capacity_host(host)
            for caller in asking:
                ask(caller, host=host)
            assert {read_status(caller) for caller in asking} == {200}
            assert upstream.read_stats().capacity_host_in_flight_peak == 8
            for caller in asking:
                ask(caller, host="other.test")
            assert {read_status(caller) for caller in asking} == {200}
            assert upstream.read_stats().capacity_host_in_flight_peak == 0


def test_the_capacity_host_slows_down_under_its_own_load_only() -> None:
    options = UpstreamOptions(capacity_host="victim.test", answer_ms=60, capacity_answer_ms_max=180)
    with start_upstream(options) as upstream, callers(upstream, 6) as (*crowd, other):
        asked_at = time.monotonic()
        for caller in crowd:
            ask(caller, host="Victim.test:8080")
        ask(other, host="other.test")
        assert read_status(other) == 200
        waits_ms = []
        for caller in crowd:
            assert read_status(caller) == 200
            waits_ms.append((time.monotonic() - asked_at) * 1e3)
        stats = upstream.read_stats()
    assert stats.capacity_host_in_flight_peak == 5
    lowest_ms = [60, 120, 180, 180, 180]
    assert all(wait_ms >= lowest for wait_ms, lowest in zip(waits_ms, lowest_ms, strict=True))


def test_health_is_answered_and_not_counted_when_the_location_is_full() -> None:
    options = UpstreamOptions(cap=0, when_full="reject")
    with start_upstream(options) as upstream, callers(upstream, 1) as (caller,):
        ask(caller)
        assert read_status(caller) == 503
        ask(caller, path="/healthz")
        assert read_status(caller) == 200
        assert upstream.read_stats().answered == {200: 0, 400: 0, 431: 0, 503: 1}


@pytest.fixture(scope="module")
def quick_upstream() -> Iterator[Upstream]:
    with start_upstream(UpstreamOptions(answer_ms=0)) as upstream:
        yield upstream


PIPELINE = (
    b"POST /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 12\r\n\r\nGET / HTTP/1"
    b"PUT /b HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1B\r\n"
    b"GET / HTTP/1.1\r\nHost: b\r\n\r\n\r\n0\r\nTrailer: 1\r\n\r\n"
    b"GET /c HTTP/1.1\r\nHost: shop.test\r\n\r\n"
    b"HEAD /d HTTP/1.1\r\nHost: shop.test\r\n\r\n"
    b"GET /e HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
)


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, len(PIPELINE)), max_size=12))
def test_pipelined_requests_with_bodies_are_answered_however_they_are_cut(
    quick_upstream: Upstream, cuts: list[int]
) -> None:
    ends = sorted(cuts)
    with connect(quick_upstream) as caller:
        caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start, end in zip([0, *ends], [*ends, len(PIPELINE)], strict=True):
            caller.sendall(PIPELINE[start:end])
        answers = b"".join(iter(lambda: caller.recv(65_536), b""))
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 5
    assert answers.count(b"HTTP/1.1") == 5
    assert answers.count(b"\r\n\r\nok") == 4


def test_drops_a_large_body_without_keeping_it(quick_upstream: Upstream) -> None:
    before = psutil.Process(quick_upstream.pid).memory_info().rss
    size = 32 * 2**20
    with connect(quick_upstream) as caller:
        caller.sendall(b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // 2**20):
            caller.sendall(bytes(2**20))
        assert read_status(caller) == 200
    assert psutil.Process(quick_upstream.pid).memory_info().rss - before < size / 8


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: ".ljust(65_536, b"x"), 431),
    ],
)
def test_refuses_what_it_cannot_frame_and_closes(quick_upstream: Upstream, sent: bytes, status: int) -> None:
    with connect(quick_upstream) as caller:
        caller.sendall(sent)
        answer = b"".join(iter(lambda: caller.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 %d " % status)


def test_runs_where_it_is_placed_and_stops() -> None:
    core = min(os.sched_getaffinity(0))
    with start_upstream(UpstreamOptions(), Placement(frozenset({core}), nice=5)) as upstream:
        process = psutil.Process(upstream.pid)
        assert (process.cpu_affinity(), process.nice()) == ([core], 5)
    assert not process.is_running()


def test_stopping_one_that_was_killed_is_quiet() -> None:
    with start_upstream(UpstreamOptions()) as upstream:
        os.kill(upstream.pid, signal.SIGKILL)


def test_ends_when_its_starter_is_gone() -> None:
    command = [str(build_instrument("upstream")), "--exit-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 0


def test_says_what_is_wrong_with_its_options() -> None:
    with pytest.raises(InstrumentError, match="--cap 0 only with --when-full reject"):
        start_upstream(UpstreamOptions(cap=0))
    with pytest.raises(InstrumentError, match="--answer-ms -1"):
        start_upstream(UpstreamOptions(answer_ms=-1))


def test_says_that_its_port_is_taken(quick_upstream: Upstream) -> None:
    with pytest.raises(InstrumentError, match="in use"):
        start_upstream(UpstreamOptions(port=quick_upstream.port))


def test_an_upstream_that_vanished_drops_what_it_is_sent_until_it_wakes() -> None:
    with start_upstream(UpstreamOptions(answer_ms=0)) as upstream, callers(upstream, 1) as (known,):
        upstream.vanish()
        ask(known)
        with pytest.raises(TimeoutError), socket.create_connection(("127.0.0.1", upstream.port), timeout=0.2):
            pass
        assert upstream.pid in psutil.pids()
        upstream.wake()
        assert read_status(known) == 200
        with connect(upstream) as new:
            ask(new)
            assert read_status(new) == 200


def test_an_upstream_that_hangs_takes_connections_and_answers_nothing() -> None:
    with start_upstream(UpstreamOptions(answer_ms=0)) as upstream:
        upstream.hang()
        with connect(upstream) as caller:
            ask(caller)
            caller.settimeout(0.2)
            with pytest.raises(TimeoutError):
                caller.recv(1)
            caller.settimeout(DEADLINE_S)
            upstream.wake()
            assert read_status(caller) == 200


def test_an_upstream_that_hangs_or_vanished_can_be_ended() -> None:
    for lose in (Upstream.hang, Upstream.vanish):
        with start_upstream(UpstreamOptions()) as upstream:
            lose(upstream)
        assert not psutil.pid_exists(upstream.pid)


def test_the_answers_time_changes_for_what_is_asked_from_then_on() -> None:
    with start_upstream(UpstreamOptions(answer_ms=60_000)) as upstream, connect(upstream) as caller:
        upstream.set_answer_ms(0)
        ask(caller)
        assert read_status(caller) == 200


def test_the_ledger_has_what_was_answered_to_requests_that_may_write_and_outlives_the_process(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    options = UpstreamOptions(answer_ms=0, address="127.1.9.9", ledger=ledger)
    began_ns = time.monotonic_ns()
    for number in range(2):
        with start_upstream(options) as upstream, socket.create_connection((upstream.address, upstream.port)) as caller:
            ask(caller, path="/read")
            assert read_status(caller) == 200
            caller.sendall(f"POST /send/{number} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi".encode())
            assert read_status(caller) == 200
            upstream.kill()
    entries = [line.split(" ") for line in ledger.read_text().splitlines()]
    assert [entry[1:] for entry in entries] == [["POST", "/send/0"], ["POST", "/send/1"]]
    assert all(began_ns <= int(entry[0]) <= time.monotonic_ns() for entry in entries)


@pytest.mark.parametrize("lose", ["hang", "vanish"])
def test_an_upstream_that_hangs_or_vanished_ends_with_its_starter(lose: str) -> None:
    script = (
        "from holdfast.drills.instruments import UpstreamOptions, start_upstream\n"
        "upstream = start_upstream(UpstreamOptions())\n"
        f"upstream.{lose}()\n"
        "print(upstream.pid, flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        upstream = psutil.Process(int(starter.stdout.readline()))
        starter.kill()
    upstream.wait(DEADLINE_S)
