"""The load generator against servers whose behaviour is known."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from holdfast.drills.instruments import (
    Failure,
    HostLoad,
    InstrumentError,
    LoadPlan,
    LoadResult,
    Placement,
    RateWindow,
    SourcePool,
    UpstreamOptions,
    build_instrument,
    check_lateness,
    latency_ms_percentile,
    name_streams,
    render_plan,
    run_load,
    select_hosts,
    select_streams,
    start_load,
    start_upstream,
    success_rate,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEADLINE_S = 20.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

ANSWERS = {
    "/counted": OK,
    "/status": b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n",
    "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "/no-content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/continued": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK,
    "/large": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000),
    "/to-close": b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
    "/truncated": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
    "/truncated-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
    "/closed": b"HTTP/1.1 200 OK\r\nContent-",
    "/malformed": b"SSH-2.0-server\r\n\r\n",
    "/silent": b"",
}
CLOSING = {"/to-close", "/truncated", "/truncated-chunk", "/closed", "/malformed"}
EXPECTED = {
    "/counted": 200,
    "/status": 429,
    "/chunked": 200,
    "/no-content": 204,
    "/continued": 200,
    "/large": 200,
    "/to-close": 200,
    "/truncated": Failure.TRUNCATED,
    "/truncated-chunk": Failure.TRUNCATED,
    "/closed": Failure.CLOSED,
    "/malformed": Failure.MALFORMED,
    "/silent": Failure.TIMEOUT,
}


@dataclass
class Server:
    """Answers by path, and keeps its own account of who asked what."""

    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)
    connections: int = 0

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self.answer_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        _, _, length = head.partition("Content-Length: ")
        self.bodies.append(await reader.readexactly(int(length.split()[0])) if length else b"")
        self.heads.append(head)
        self.peers.append(writer.get_extra_info("peername")[0])
        path = head.split()[1]
        writer.write(ANSWERS.get(path, OK))
        await writer.drain()
        return path not in CLOSING


def load_server(make_plan: Callable[[int], LoadPlan]) -> tuple[LoadResult, Server]:
    """Carries out the plan made for the server's port, the server being in this process."""

    async def serve_and_load() -> tuple[LoadResult, Server]:
        server = Server()
        listener = await asyncio.start_server(server.converse, "127.0.0.1", 0)
        async with listener:
            port: int = listener.sockets[0].getsockname()[1]
            with start_load(make_plan(port)) as run:
                result = await run.wait_async()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        return result, server

    return asyncio.run(serve_and_load())


def steady(host: str, rps: float, duration_s: float, path: str = "/counted") -> HostLoad:
    return HostLoad(host, (RateWindow(0, duration_s, rps),), path=path)


def test_each_way_to_answer_or_not_is_told_apart() -> None:
    hosts = tuple(steady(path.strip("/") + ".test", 80, 0.2, path) for path in ANSWERS)
    result, server = load_server(lambda port: LoadPlan(port, 0.2, hosts, timeout_ms=600))
    asked = [head.split()[1] for head in server.heads]
    for load in hosts:
        records = select_hosts(result, {load.host})
        assert set(records["status"]) == {EXPECTED[load.path]}, load.path
        assert len(records) == asked.count(load.path)
        assert np.all(np.isfinite(records["latency_ms"]) == (EXPECTED[load.path] > 0))
    assert sum(result.summary.statuses.values()) == len(result.records) == result.summary.requests == len(asked)
    assert result.summary.connections_opened == server.connections


def test_requests_carry_what_the_plan_says() -> None:
    message = HostLoad(
        "mail.test",
        (RateWindow(0, 0.2, 50),),
        "POST",
        "/send?x=1",
        (("X-Key", "a: b"), ("Accept", "*/*")),
        '{"to": "#1"}',
    )
    question = HostLoad("mail.test", (RateWindow(0, 0.2, 50),), "HEAD", "/large")
    result, server = load_server(lambda port: LoadPlan(port, 0.2, (message, question), keep_alive=False))
    assert success_rate(result.records[result.records["host"] == 0]) == 1
    heads = {head.split()[0]: head for head in server.heads}
    assert heads["POST"] == (
        "POST /send?x=1 HTTP/1.1\r\nHost: mail.test\r\nX-Key: a: b\r\nAccept: */*\r\n"
        "Content-Length: 12\r\nConnection: close\r\n\r\n"
    )
    assert {b'{"to": "#1"}', b""} == set(server.bodies)
    assert server.connections == len(result.records)


@pytest.mark.parametrize("keep_alive", [True, False])
def test_many_source_addresses_take_equal_turns(keep_alive: bool) -> None:
    result, server = load_server(
        lambda port: LoadPlan(port, 0.3, (steady("a.test", 800, 0.3),), sources=20, keep_alive=keep_alive)
    )
    addresses = {IPv4Address(peer) for peer in server.peers}
    assert len(addresses) == 20
    assert all(address.is_loopback and address.packed[1] > 0 for address in addresses)
    turns = [server.peers.count(str(address)) for address in addresses]
    assert min(turns) > len(server.peers) / 20 / 2
    assert len(set(result.records["source"])) == 20


def find_peers(server: Server, host: str) -> set[str]:
    asked = zip(server.heads, server.peers, strict=True)
    return {peer for head, peer in asked if f"Host: {host}\r\n" in head}


def test_streams_come_from_their_own_addresses() -> None:
    office = replace(steady("a.test", 300, 0.3), pool=SourcePool(0, 2), stream="office")
    others = replace(steady("a.test", 300, 0.3, "/status"), pool=SourcePool(2, 30), stream="others")
    elsewhere = replace(steady("b.test", 100, 0.3), pool=SourcePool(2, 30), stream="elsewhere")
    result, server = load_server(lambda port: LoadPlan(port, 0.3, (office, others, elsewhere), sources=40))
    sent = {name: set(select_streams(result, {name})["source"]) for name in ("office", "others", "elsewhere")}
    assert sent["office"] == {0, 1}
    assert sent["others"] <= set(range(2, 32))
    assert sent["others"] | sent["elsewhere"] == set(range(2, 32))
    assert len(set(server.peers)) == 32
    assert find_peers(server, "b.test") <= find_peers(server, "a.test")
    assert dict(zip(name_streams(result), result.records["status"], strict=True)) == {
        "office": 200,
        "others": 429,
        "elsewhere": 200,
    }


def test_where_no_connection_is_left_an_idle_one_of_others_makes_room() -> None:
    first = replace(steady("a.test", 200, 0.2), pool=SourcePool(0, 8))
    then = HostLoad("b.test", (RateWindow(0.2, 0.4, 200),), pool=SourcePool(4, 4))
    result, server = load_server(lambda port: LoadPlan(port, 0.4, (first, then), sources=8, connections_max=8))
    assert set(result.records["status"]) == {200}
    assert len(find_peers(server, "a.test")) == 8
    assert 1 <= len(find_peers(server, "b.test")) <= 4
    assert find_peers(server, "b.test") < find_peers(server, "a.test")
    assert result.summary.connections_opened > 8


def test_sources_and_arrivals_are_drawn_from_the_seed() -> None:
    def draw(seed: int) -> tuple[set[str], list[float]]:
        hosts = (steady("a.test", 300, 9),)
        result, server = load_server(lambda port: LoadPlan(port, 0.1, hosts, seed=seed, sources=4))
        return set(server.peers), result.records["intended_s"].tolist()

    assert draw(5) == draw(5)
    assert draw(5) != draw(6)


def test_a_thousand_hosts_follow_their_own_schedules() -> None:
    def rates(number: int) -> tuple[RateWindow, ...]:
        start_s = 0.4 * (number % 2)
        return (RateWindow(start_s, start_s + 0.2, 4), RateWindow(start_s + 0.1, start_s + 0.2, 4))

    hosts = tuple(HostLoad(f"h{number}.test", rates(number)) for number in range(1_000))
    result, server = load_server(lambda port: LoadPlan(port, 0.6, hosts))
    records = result.records
    offset_s = records["intended_s"] - 0.4 * (records["host"] % 2)
    assert np.all((offset_s >= 0) & (offset_s < 0.2))
    assert np.all(np.diff(records["intended_s"]) >= 0)
    # 400 expected in the first half of the windows, 800 in the second: within five standard deviations.
    assert abs(np.count_nonzero(offset_s < 0.1) - 400) < 100
    assert abs(np.count_nonzero(offset_s >= 0.1) - 800) < 142
    assert sorted(f"h{number}.test" for number in records["host"]) == sorted(head.split()[4] for head in server.heads)


def test_latency_counts_the_upstreams_wait_and_queue() -> None:
    options = UpstreamOptions(cap=5, answer_ms=10)
    with start_upstream(options) as upstream:
        calm = run_load(LoadPlan(upstream.port, 0.3, (steady("a.test", 100, 0.3),)))
        crowded = run_load(LoadPlan(upstream.port, 0.3, (steady("a.test", 1_000, 0.3),)))
        stats = upstream.read_stats()
    assert success_rate(calm.records) == success_rate(crowded.records) == 1
    assert stats.answered[200] == len(calm.records) + len(crowded.records)
    assert stats.in_flight_peak == 5
    assert calm.records["latency_ms"].min() >= options.answer_ms
    # Five at a time, 10 ms each, are 500 a second: half of what comes in 0.3 s is still waiting at its end.
    assert latency_ms_percentile(crowded.records, 90) > 5 * options.answer_ms
    assert crowded.summary.elapsed_s >= len(crowded.records) / 5 * options.answer_ms / 1e3


def test_what_a_full_location_rejects_has_infinite_latency() -> None:
    with start_upstream(UpstreamOptions(cap=0, when_full="reject")) as upstream:
        result = run_load(LoadPlan(upstream.port, 0.2, (steady("a.test", 500, 0.2),)))
    assert result.summary.statuses == {503: len(result.records)}
    assert success_rate(result.records) == 0
    assert latency_ms_percentile(result.records, 1) == float("inf")


def test_nobody_listening_and_no_free_connection_are_told_apart() -> None:
    hosts = (steady("a.test", 10_000, 0.03, "/silent"),)
    waiting, server = load_server(lambda port: LoadPlan(port, 0.03, hosts, connections_max=1, timeout_ms=50))
    assert set(waiting.records["status"]) == {Failure.TIMEOUT, Failure.UNSENT}
    assert waiting.summary.waited == len(waiting.records) - 1
    assert waiting.summary.sent >= len(server.heads) >= 1
    assert np.count_nonzero(waiting.records["source"] < 0) == waiting.summary.statuses[Failure.UNSENT]
    with start_upstream(UpstreamOptions()) as upstream:
        port = upstream.port
    refused = run_load(LoadPlan(port, 0.03, hosts))
    assert refused.summary.statuses == {Failure.CONNECT: len(refused.records)}


def test_a_generator_held_up_reports_its_lateness_and_when() -> None:
    with start_upstream(UpstreamOptions(cap=1_000)) as upstream:
        plan = LoadPlan(upstream.port, 0.5, (steady("a.test", 1_000, 0.5),), connections_max=1_000)
        with start_load(plan) as run:
            wait_until(lambda: upstream.read_stats().answered[200] > 100)
            os.kill(run.pid, signal.SIGSTOP)
            wait_until(lambda: psutil.Process(run.pid).status() == psutil.STATUS_STOPPED)
            held_ns = time.monotonic_ns()
            wait_until(lambda: time.monotonic_ns() > held_ns + 100_000_000 and upstream.read_stats().idle)
            released_ns = time.monotonic_ns()
            os.kill(run.pid, signal.SIGCONT)
            result = run.wait()
    intended_s, released_s = result.records["intended_s"], result.compute_offset_s(released_ns)
    held_up = result.records[(intended_s > result.compute_offset_s(held_ns)) & (intended_s < released_s)]
    assert len(held_up) > 10
    least_ms = (released_s - held_up["intended_s"]) * 1e3
    assert np.all(held_up["lateness_ms"] >= least_ms - 0.01)
    assert np.all(held_up["latency_ms"] >= held_up["lateness_ms"])
    verdict = check_lateness(result.records)
    assert not verdict.ok
    assert verdict.lateness_ms_p99 == pytest.approx(result.summary.lateness_ms_p99, abs=1e-3)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline


def test_finishing_early_keeps_what_was_measured() -> None:
    with start_upstream(UpstreamOptions()) as upstream:
        plan = LoadPlan(upstream.port, 600, (steady("a.test", 200, 600),))
        with start_load(plan) as run:
            wait_until(lambda: upstream.read_stats().answered[200] > 20)
            result = run.finish_early()
        assert result.summary.stopped
        assert result.summary.statuses == {200: len(result.records)}
        assert upstream.read_stats().answered[200] == len(result.records)


def test_a_plan_that_was_too_short_is_told_when_it_is_to_finish_early() -> None:
    with start_upstream(UpstreamOptions()) as upstream:
        plan = LoadPlan(upstream.port, 0.1, (steady("a.test", 50, 0.1),))
        with start_load(plan) as run:
            process = psutil.Process(run.pid)
            wait_until(lambda: process.status() == psutil.STATUS_ZOMBIE)
            with pytest.raises(InstrumentError, match="longer than the 0 s it was planned for"):
                run.finish_early()


def test_runs_where_it_is_placed_and_leaves_nothing_behind() -> None:
    core = min(os.sched_getaffinity(0))
    with start_load(LoadPlan(9, 600, (steady("a.test", 1, 600),)), Placement(frozenset({core}), nice=10)) as run:
        process = psutil.Process(run.pid)
        assert (process.cpu_affinity(), process.nice()) == ([core], 10)
    assert not process.is_running()


def may_go_first() -> bool:
    """Whether this machine lets us have real-time processes; tried on a process of our own."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        try:
            os.sched_setscheduler(process.pid, os.SCHED_RR, os.sched_param(1))
        except PermissionError:
            return False
        finally:
            process.kill()
    return True


def test_goes_before_ordinary_processes_where_that_is_allowed() -> None:
    plan = LoadPlan(9, 600, (steady("a.test", 1, 600),))
    with start_load(plan, Placement(goes_first=True)) as run:
        assert os.sched_getscheduler(run.pid) == (os.SCHED_RR if may_go_first() else os.SCHED_OTHER)
    with start_load(plan, Placement()) as run:
        assert os.sched_getscheduler(run.pid) == os.SCHED_OTHER


def test_ends_when_its_starter_is_gone(tmp_path: Path) -> None:
    (tmp_path / "plan").write_text(render_plan(LoadPlan(9, 600, (steady("a.test", 1, 600),))))
    command = [str(build_instrument("load")), str(tmp_path / "plan"), str(tmp_path / "records"), "--exit-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert b"started_ns" in process.stdout.readline()
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 1


def test_refuses_a_target_beyond_loopback(tmp_path: Path) -> None:
    plan = LoadPlan(80, 1, (steady("a.test", 1, 1),))
    with pytest.raises(ValueError, match=r"10\.0\.0\.1 is not in 127\.0\.0\.0/8"):
        replace(plan, target_address="10.0.0.1")
    for address in ("10.0.0.1", "128.0.0.1", "0.0.0.0", "localhost"):
        code, said = run_program(tmp_path, render_plan(plan).replace("127.0.0.1", address))
        assert (code, "127.0.0.0/8" in said) == (2, True)


def test_names_all_that_is_wrong_with_a_plan() -> None:
    late = HostLoad("two words", (RateWindow(9, 0, 1),), headers=(("X", "a\r\nb"),), pool=SourcePool(299, 2))
    with pytest.raises(ValueError, match="sources") as caught:
        LoadPlan(0, 1, (late,), sources=300)
    for wrong in ("target_port 0", "'two words'", "line break", "RateWindow", "SourcePool"):
        assert wrong in str(caught.value)


def test_refuses_to_send_more_than_the_bound() -> None:
    with pytest.raises(InstrumentError, match="more than requests_max 1000"):
        run_load(LoadPlan(9, 10, (steady("a.test", 100, 10),), requests_max=1_000))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("seed x", "a whole number"),
        ("duration_s 9999", "at most 3600"),
        ("connections_max 0", "1 to 32768"),
        ("connection maybe", "keep-alive or close"),
        ("path /", "a host line before it"),
        ("host a.test\n  rate 0 1", "START_S END_S RPS"),
        ("pool 0 1", "after a host line"),
        ("host a.test\n  pool 0 0", "FIRST COUNT"),
        ("sources 3\nhost a.test\n  pool 2 2", "must not go beyond the sources"),
        ("sources 300", "must not exceed connections_max"),
        ("speed 9", "a setting"),
    ],
)
def test_says_which_line_of_a_plan_is_wrong(line: str, wanted: str, tmp_path: Path) -> None:
    code, said = run_program(tmp_path, f"# a comment\n\ntarget 127.0.0.1 9\nduration_s 1\nrequests_max 9\n{line}\n")
    assert code == 2
    assert wanted in said
    assert "plan" in said


def run_program(folder: Path, plan: str) -> tuple[int, str]:
    (folder / "plan").write_text(plan)
    command = [str(build_instrument("load")), str(folder / "plan"), str(folder / "records")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    return done.returncode, done.stderr
