"""What is counted of each service is what clients saw, cause by cause."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import pytest

from edge.asking import Line, ask, spell
from edge.reported import Reported
from edge.running import until
from edge.services import SLOW, limits, service
from edge.upstream import free_port
from holdfast.model.mitigation import Block, Kill, Limit, Measure, ReadOnly
from holdfast.model.telemetry import SLOW_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.running import LoopThread
    from edge.upstream import Upstream

HOST = "shop.example"
JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def _edge(loop: LoopThread) -> Iterator[Reported]:
    running = Reported(loop)
    yield running
    running.close()


@pytest.fixture
def edge(_edge: Reported) -> Reported:
    """An edge whose agent reports to control."""
    return _edge


def test_what_is_answered(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream), "blog": service(upstream, hosts=("blog.example", "*.blog.example"))})
    edge.ask_often(HOST, 5)
    edge.ask_often("A.blog.example", 2)
    edge.expect("shop", offered=5, admitted=5)
    edge.expect("blog", offered=2, admitted=2)


def test_limits(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits=limits(2))})
    assert edge.ask_often(HOST, 5) == [200, 200, 429, 429, 429]
    edge.expect("shop", offered=5, admitted=2, limited=3)


def test_what_is_only_observed_is_not_refused(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits=limits(2), mode="observe", accept={"methods": ["POST"]})})
    assert edge.ask_often(HOST, 5) == [200] * 5
    edge.expect("shop", offered=5, admitted=5)


@pytest.mark.parametrize(
    "measure",
    [Kill(service="shop"), ReadOnly(service="shop"), Block(networks=("127.0.0.0/8",))],
    ids=lambda measure: measure.kind,
)
def test_mitigations_before_the_limit(edge: Reported, upstream: Upstream, measure: Measure) -> None:
    edge.serve({"shop": service(upstream, limits=limits(1))})
    edge.mitigate(measure)
    assert all(ask(edge.address, HOST, method="POST", body=b"").status in {403, 503} for _ in range(3))
    edge.expect("shop", offered=3, mitigated=3)


def test_a_limit_as_a_mitigation(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits=limits(4))})
    edge.mitigate(Limit(service="shop", requests_per_s=SLOW))
    assert edge.ask_often(HOST, 6) == [200, 429, 429, 429, 429, 429]
    edge.expect("shop", offered=6, admitted=1, mitigated=3, limited=2)


def test_kinds_of_request(edge: Reported, upstream: Upstream) -> None:
    accept = {"body_max": 40, "graphql": {"mutations": False}}
    edge.serve({"shop": service(upstream, accept=accept)})
    for method, body in (("DELETE", None), ("POST", b'{"query":"mutation{a}"}'), ("POST", b'{"query":"{a}"}')):
        ask(edge.address, HOST, JSON, method=method, body=body)
    ask(edge.address, HOST, JSON, method="POST", body=b'{"query":"{a}","variables":"' + b"x" * 40 + b'"}')
    edge.expect("shop", offered=4, admitted=1, rejected=3)


def test_walls_and_requests_in_flight(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, bulkhead={"in_flight": {"guaranteed": 0, "maximum": 2}})})
    upstream.hold()
    lines = [Line(edge.address).send(spell("GET", "/", HOST)) for _ in range(2)]
    until(lambda: upstream.state.in_flight == 2, "two are with the upstream")
    assert edge.ask_often(HOST, 3) == [503] * 3
    until(lambda: edge.in_flight("shop") == 2, "two are reported in flight")
    upstream.release()
    assert [line.reply().status for line in lines] == [200, 200]
    until(lambda: edge.in_flight("shop") == 0, "none is reported in flight")
    for line in lines:
        line.close()
    counted = edge.totals("shop")
    expected = {"offered": 5, "admitted": 2, "shed": 3, "walled": 3}
    assert {name: counted[name] for name in expected} == expected


def test_the_limit_of_the_location(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)}, capacity={"in_flight": 10, "requests": 0.5})
    statuses = edge.ask_often(HOST, 30)
    refused = sum(status == 503 for status in statuses)
    assert refused
    edge.expect("shop", offered=30, admitted=30 - refused, shed=refused)


@pytest.mark.parametrize(("status", "counted"), [(404, "client_errors"), (429, "client_errors"), (500, "failed")])
def test_what_upstreams_answer(edge: Reported, upstream: Upstream, status: int, counted: str) -> None:
    edge.serve({"shop": service(upstream, upstream={"retries": {"attempts_max": 2}})})
    upstream.state.status = status
    upstream.state.headers = (("x-holdfast-cause", "kill"),)
    assert edge.ask_often(HOST, 4) == [status] * 4
    edge.expect("shop", offered=4, admitted=4, **{counted: 4})


def test_what_upstreams_do_not_answer(edge: Reported, upstream: Upstream) -> None:
    gone = {"endpoints": [f"127.0.0.1:{free_port()}"]}
    edge.serve({"shop": service(upstream, upstream=gone)})
    assert edge.ask_often(HOST, 3) == [503] * 3
    edge.expect("shop", offered=3, admitted=3, failed=3)


def test_slow_answers(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, upstream={"timeouts": {"request": 1.2}, "retries": {"attempts_max": 0}})})
    upstream.hold()
    assert edge.ask_often(HOST, 1) == [504]
    upstream.release()
    assert edge.ask_often(HOST, 2) == [200, 200]
    edge.expect("shop", offered=3, admitted=3, failed=1, slow=1, slower=1)


def test_the_edge_as_a_whole(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)})
    edge.ask_often(HOST, 3)
    edge.ask_often("nobody.example", 2)
    until(lambda: sum(r.whole.requests for r in edge.reports) == 5, "all are counted")
    assert sum(r.whole.unknown_hosts for r in edge.reports) == 2
    assert sum(r.whole.new_connections for r in edge.reports) == 5
    assert sum(sum(r.whole.latencies.counts) for r in edge.reports) == 5
    assert sum(r.whole.cpu_s for r in edge.reports) > 0
    assert edge.reports[-1].whole.memory_bytes > 1_000_000
    assert all(r.began_at < r.ended_at for r in edge.reports)
    assert not any("" in r.services for r in edge.reports)


def test_a_service_named_as_the_edge_names_its_own(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"agent": service(upstream), "telemetry": service(upstream, hosts=("t.example",))})
    assert edge.ask_often(HOST, 2) + edge.ask_often("t.example", 1) == [200] * 3
    edge.expect("agent", offered=2, admitted=2)


def test_who_gives_up(edge: Reported, upstream: Upstream) -> None:
    """Whoever leaves before a second is over has no part in it; whoever waited longer in vain has."""
    edge.serve({"shop": service(upstream)})
    upstream.hold()
    lines = [Line(edge.address).send(spell("GET", "/", HOST)) for _ in range(3)]
    until(lambda: upstream.state.in_flight == 3, "three are with the upstream")
    lines.pop().close()
    edge.expect("shop", offered=3, admitted=3)
    until(lambda: edge.in_flight("shop") == 2, "two are reported in flight")
    asked_at = monotonic()
    until(lambda: monotonic() - asked_at > SLOW_S[1], "a second is over")
    for line in lines:
        line.close()
    edge.expect("shop", offered=3, admitted=3, given_up=2, slow=2, slower=2)
    upstream.release()
