"""What an edge does when a primary is lost: by itself, and as it is told."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from edge.asking import Line, ask, spell
from edge.services import service
from edge.upstream import Upstream
from holdfast.compile import names
from holdfast.model.inner import FROM_SPOOL, INNER_HEADER, RECEIPTS_PATH, ROUTE_HEADER, SERVICE_HEADER
from holdfast.model.mitigation import FailOver, ReadOnly, Spool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.running import LoopThread, RunningEdge

HOST = "shop.example"
TRIES = 20


def shop(
    primary: Upstream, standby: Upstream, *, policy: str = "automatic", read_only: bool = True, **more: Any
) -> dict[str, Any]:
    upstream = {"site": "east", "standbys": {"west": {"endpoints": [standby.address]}}}
    failover = {"policy": policy, "read_only": read_only}
    return {"shop": service(primary, upstream=upstream, failover=failover, **more)}


@pytest.fixture
def spool(edge: RunningEdge, loop: LoopThread) -> Iterator[Upstream]:
    """A server in the spool's place."""
    started = Upstream(loop, edge.own_part(names.SPOOL_CLUSTER))
    yield started
    started.kill()


def counts(*upstreams: Upstream) -> list[int]:
    return [len(upstream.requests) for upstream in upstreams]


def post(edge: RunningEdge, target: str = "/", *headers: str, body: bytes = b"x") -> Any:
    return ask(edge.address, HOST, *headers, method="POST", target=target, body=body)


def test_reads_move_by_themselves_and_at_once(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    primary, standby, _ = upstreams
    edge.serve(shop(primary, standby))
    with Line(edge.address) as line:
        assert [line.get(HOST).status for _ in range(TRIES)] == [200] * TRIES
        assert counts(primary, standby) == [TRIES, 0]
        primary.kill()
        assert [line.get(HOST).status for _ in range(TRIES)] == [200] * TRIES
    assert counts(standby) == [TRIES]


def test_reads_leave_an_upstream_that_hangs_after_one_try(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    primary, standby, other = upstreams
    services = shop(primary, standby)
    services["shop"]["upstream"] |= {"endpoints": [primary.address, other.address], "timeouts": {"per_try": "300ms"}}
    edge.serve(services)
    for each in (primary, other):
        each.hold()
    assert ask(edge.address, HOST).status == 200
    assert (sum(counts(primary, other)), counts(standby)) == (1, [1])


def test_writes_stay_until_somebody_decides(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    primary, standby, _ = upstreams
    edge.serve(shop(primary, standby, read_only=False))
    primary.kill()
    assert {post(edge).status for _ in range(TRIES)} == {503}
    edge.mitigate(FailOver(service="shop"))
    assert {post(edge).status for _ in range(TRIES)} == {200}
    assert counts(standby) == [TRIES]


def test_without_the_policy_nothing_moves_by_itself(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    primary, standby, _ = upstreams
    edge.serve(shop(primary, standby, policy="manual"))
    primary.kill()
    assert {ask(edge.address, HOST).status for _ in range(TRIES)} == {503}
    edge.mitigate(FailOver(site="east", to="west"))
    assert {ask(edge.address, HOST).status for _ in range(TRIES)} == {200}


@pytest.mark.parametrize("policy", ["automatic", "suggest"])
def test_the_way_back_is_a_ramp_of_reads(edge: RunningEdge, upstreams: tuple[Upstream, ...], policy: str) -> None:
    primary, standby, _ = upstreams
    edge.serve(shop(primary, standby, policy=policy, read_only=False))
    edge.mitigate(FailOver(service="shop", share=0.5))
    for _ in range(100):
        ask(edge.address, HOST)
    assert min(counts(primary, standby)) > 20
    was = counts(primary)
    assert {post(edge).status for _ in range(TRIES)} == {200}
    assert counts(primary) == was, "writes have one place"


def test_on_a_standby_only_reading_works_and_answers_say_so(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    primary, standby, _ = upstreams
    edge.serve(shop(primary, standby))
    assert ask(edge.address, HOST).header(names.READING_HEADER) is None
    edge.mitigate(FailOver(service="shop"))
    read, write = ask(edge.address, HOST), post(edge)
    assert (read.status, read.header(names.READING_HEADER)) == (200, "read-only.m-1")
    assert (write.status, write.cause, write.header("retry-after")) == (503, "read-only", "30")
    assert "reading works" in write.json["title"]
    assert counts(primary, standby) == [1, 1]


def test_read_only_by_class_and_site_spares_others(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    primary, standby, other = upstreams
    services = shop(primary, standby, criticality="sheddable")
    services["blog"] = service(other, hosts=("blog.example",), criticality="critical")
    edge.serve(services)
    edge.mitigate(ReadOnly(classes=("sheddable",)))
    assert post(edge).cause == "read-only"
    blog = ask(edge.address, "blog.example", method="POST", body=b"x")
    assert (blog.status, blog.header(names.READING_HEADER)) == (200, None)
    edge.mitigate(ReadOnly(site="east", classes=("critical",)))
    assert post(edge).status == 200


def test_read_only_lets_graphql_queries_through(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve({"shop": service(upstreams[0], accept={"graphql": {"batching": True, "introspection": True}})})
    edge.mitigate(ReadOnly(service="shop"))

    def send(body: bytes) -> Any:
        return post(edge, "/graphql", "content-type: application/json", body=body)

    assert send(b'{"query": "{ shop { name } }"}').status == 200
    for writing in (b'{"query": "mutation { buy }"}', b'[{"query": "{ a }"}]', b"{}", b"nonsense"):
        refused = send(writing)
        assert (refused.status, refused.cause) in ((503, "read-only"), (400, "accept.graphql")), writing
    assert send(b'{"query": "mutation { buy }"}').cause == "read-only"


def test_what_may_be_deferred_goes_to_the_spool(
    edge: RunningEdge, upstreams: tuple[Upstream, ...], spool: Upstream
) -> None:
    primary, standby, _ = upstreams
    send = {"name": "send", "match": {"path": {"exact": "/send"}, "methods": ["POST"]}, "deferred": {"also_on": [404]}}
    edge.serve(shop(primary, standby, routes=[send, {"name": "rest"}]))
    assert post(edge, "/send").status == 200
    assert counts(primary, spool) == [1, 0]
    primary.state.status = 404
    assert post(edge, "/send").status == 200
    assert post(edge, "/other").status == 404
    primary.state.status = 500
    assert post(edge, "/send").status == 200
    primary.kill()
    kept = post(edge, "/send", "x-holdfast-service: forged")
    assert kept.seen[SERVICE_HEADER] == ["shop"]
    assert kept.seen[ROUTE_HEADER] == ["send"]
    assert kept.seen["idempotency-key"] == kept.seen["x-request-id"]
    assert counts(spool) == [3]
    primary.reset()
    edge.mitigate(Spool(service="shop"))
    assert {post(edge, "/send").status for _ in range(TRIES)} == {200}
    assert counts(primary, spool) == [0, 3 + TRIES]
    edge.mitigate(FailOver(service="shop"))
    assert post(edge, "/send").status == 200, "read-only spares what may be deferred"
    assert counts(standby, spool) == [0, 4 + TRIES]
    receipt = ask(edge.address, HOST, target=f"{RECEIPTS_PATH}abc")
    assert receipt.seen[SERVICE_HEADER] == ["shop"]


def test_what_comes_from_within_never_leads_back(
    edge: RunningEdge, upstreams: tuple[Upstream, ...], spool: Upstream
) -> None:
    primary, standby, _ = upstreams
    send = {"name": "send", "match": {"path": {"exact": "/send"}, "methods": ["POST"]}, "deferred": {}}
    edge.serve(shop(primary, standby, routes=[send]))
    edge.mitigate(Spool(service="shop"))
    inner = f"{INNER_HEADER}: {FROM_SPOOL}"
    assert deliver(edge, inner).status == 200
    assert counts(primary, spool) == [1, 0]
    assert post(edge, "/send", inner).status == 200
    assert counts(primary, spool) == [1, 1], "clients can't say that they are within"
    primary.kill()
    assert deliver(edge, inner).status == 503
    assert counts(spool) == [1]


def deliver(edge: RunningEdge, *headers: str) -> Any:
    with socket.socket(socket.AF_UNIX) as inner:
        inner.settimeout(10)
        inner.connect(str(edge.inner_socket))
        line = Line.__new__(Line)
        line.socket = inner
        return line.send(spell("POST", "/send", HOST, "x-forwarded-for: 192.0.2.7", *headers, body=b"x")).reply()
