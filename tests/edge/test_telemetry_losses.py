"""Envoys that end, agents that hang, control that is away: seen as what they are, and harming no request."""

from __future__ import annotations

import signal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from edge.asking import Line
from edge.reported import Reported
from edge.running import until
from edge.services import limits, service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.running import LoopThread
    from edge.upstream import Upstream

HOST = "shop.example"


@pytest.fixture
def edge(loop: LoopThread, upstream: Upstream) -> Iterator[Reported]:
    running = Reported(loop)
    running.serve({"shop": service(upstream), "blog": service(upstream, hosts=("blog.example",))})
    yield running
    running.close()


def test_another_envoy_counts_from_nothing(edge: Reported) -> None:
    edge.ask_often(HOST, 50)
    edge.expect("shop", offered=50, admitted=50)
    first = edge.reports[-1].process
    edge.machine.kill_envoy()
    edge.machine.wait_until_serving(HOST)
    until(lambda: edge.reports[-1].process not in {"", first}, "another process is named")
    edge.ask_often(HOST, 5)
    until(lambda: edge.totals("shop")["offered"] >= 56, "all are counted")
    edge.wait_for_report()
    assert edge.totals("shop") == {"offered": 56, "admitted": 56}
    assert all(before.ended_at <= after.began_at + 0.01 for before, after in pairwise(edge.reports))
    assert all(report.whole.cpu_s >= 0 for report in edge.reports)


def test_an_agent_that_hangs_harms_no_request(edge: Reported) -> None:
    edge.wait_for_report()
    edge.machine.signal_agent(signal.SIGSTOP)
    try:
        with Line(edge.address) as line:
            assert [line.get(HOST).status for _ in range(2000)] == [200] * 2000
    finally:
        edge.machine.signal_agent(signal.SIGCONT)
    edge.ask_often("blog.example", 5)
    edge.expect("blog", offered=5, admitted=5)
    assert edge.totals("shop").get("offered", 0) <= 2000
    assert all(before.ended_at <= after.began_at + 0.01 for before, after in pairwise(edge.reports))


def test_an_agent_that_is_killed_harms_no_request(edge: Reported) -> None:
    edge.machine.end_agent()
    assert edge.ask_often(HOST, 200) == [200] * 200
    edge.machine.start_agent()
    edge.forget()
    edge.ask_often(HOST, 5)
    edge.expect("shop", offered=5, admitted=5)


def test_what_control_missed_is_a_hole_and_not_silence(edge: Reported) -> None:
    edge.wait_for_report()
    before = edge.reports[-1]
    edge.close_hub()
    edge.ask_often(HOST, 20)
    until(lambda: edge.machine.envoy is not None, "Envoy goes on")
    edge.open_hub()
    until(lambda: edge.reports[-1].sequence > before.sequence, "reports come again")
    after = next(r for r in edge.reports if r.sequence > before.sequence)
    assert after.sequence > before.sequence + 1
    assert after.began_at > before.ended_at
    assert after.process == before.process
    edge.ask_often(HOST, 3)
    until(lambda: edge.totals("shop").get("offered", 0) >= 3, "what comes is counted")


def test_requests_are_found_in_the_log_of_the_edge(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits=limits(1))})
    with Line(edge.address) as line:
        line.get(HOST)
        refused = line.get(HOST, "/a?secret=1")
    request_id = refused.json["request_id"]
    until(lambda: edge.find(request_id), "the refusal is in the log")
    (found,) = edge.find(request_id)
    assert (found.service, found.tenant, found.status, found.cause) == ("shop", "t", 429, "limit.service")
    assert (found.path, found.method, found.client, found.host) == ("/a", "GET", "127.0.0.1", HOST)
    assert not edge.find("no-such-request")
