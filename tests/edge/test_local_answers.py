"""Every answer that an edge gives itself says so: a request id, a cause, and a document that repeats them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edge.asking import Line, Reply, ask, send, spell, spell_chunked
from edge.services import SLOW, limits, service
from holdfast.compile.replies import REPLIES
from holdfast.model.mitigation import Block, Deny, Hold, Kill, Limit, Measure, ReadOnly
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream

HOST = "shop.example"
JSON = "Content-Type: application/json"
PUT = spell("PUT", "/", HOST, "Content-Type: a/b", body=b"123456")

REFUSED: dict[str, tuple[dict[str, Any], bytes, int]] = {
    "limit.service": ({"limits": limits(1)}, PUT, 429),
    "accept.methods": ({"accept": {"methods": ["GET"]}}, PUT, 405),
    "accept.content_types": ({"accept": {"content_types": ["a/c"]}}, PUT, 415),
    "accept.body_max": ({"accept": {"body_max": 5}}, PUT, 413),
    "accept.body_max of a body in chunks": (
        {"accept": {"body_max": 5}}, spell_chunked("PUT", "/", HOST, chunks=(b"123456",)), 413
    ),
    "accept.header_max": ({"accept": {"header_max": 60}}, spell("PUT", "/", HOST, "X-Long: " + "x" * 60), 431),
    "accept.url_max": ({"accept": {"url_max": 5}}, spell("PUT", "/12345", HOST), 414),
    "accept.graphql": ({"accept": {"graphql": {}}}, spell("POST", "/", HOST, JSON, body=b"{}"), 400),
    "unknown-host": ({}, spell("GET", "/", "nobody.example"), 421),
    "edge, a head too large": ({}, spell("GET", "/", HOST, "X-Long: " + "x" * 80_000), 431),
    "edge, too many headers": ({}, spell("GET", "/", HOST, *(f"X-{n}: y" for n in range(200))), 431),
    "edge, no HTTP": ({}, b"SSH-2.0-client\r\n\r\n", 400),
    "edge, no host": ({}, b"GET / HTTP/1.1\r\n\r\n", 400),
    "edge, two lengths": ({}, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    "edge, an old version": ({}, b"GET / HTTP/1.0\r\nHost: a\r\n\r\n", 426),
    "edge, another spelling": ({}, spell("GET", "/a%2fb", HOST), 307),
    "edge, a path that leads out": ({}, spell("GET", "/../%00", HOST), 400),
}  # fmt: skip

EVERYTHING = SourceRule(matches=(SourceMatch(dimension=Dimension.PATH_PREFIX, values=("/",)),))

MITIGATED: dict[str, tuple[Measure, int]] = {
    "kill": (Kill(service="shop"), 503),
    "hold": (Hold(service="shop"), 503),
    "read-only": (ReadOnly(service="shop"), 503),
    "block": (Block(networks=("127.0.0.0/8",)), 403),
    "deny": (Deny(service="shop", source=EVERYTHING), 403),
    "limit.mitigation": (Limit(service="shop", requests_per_s=SLOW), 429),
    "bulkhead": (Limit(service="shop", in_flight=0), 503),
}


def assert_explained(reply: Reply, status: int, cause: str) -> None:
    assert (reply.status, reply.cause) == (status, cause), reply
    assert reply.header("content-type") == "application/problem+json"
    assert reply.json["cause"] == cause
    assert reply.json["status"] == status
    assert reply.json["type"] == "about:blank"
    assert reply.json["rule"]
    assert len(reply.header("x-request-id") or "") == 36
    assert reply.json["request_id"] == reply.header("x-request-id")


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(edge: RunningEdge, upstream: Upstream, name: str) -> None:
    more, raw, status = REFUSED[name]
    edge.serve({"shop": service(upstream, **more)})
    reply = send(edge.address, raw)
    if reply.status == 200:
        reply = send(edge.address, raw)
    assert_explained(reply, status, name.partition(",")[0].partition(" ")[0])


@pytest.mark.parametrize("cause", MITIGATED)
def test_mitigations(edge: RunningEdge, upstream: Upstream, cause: str) -> None:
    measure, status = MITIGATED[cause]
    edge.serve({"shop": service(upstream)})
    edge.mitigate(measure)
    reply = send(edge.address, PUT)
    if reply.status == 200:
        reply = send(edge.address, PUT)
    assert_explained(reply, status, cause)


def test_the_limit_of_the_location(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)}, capacity={"in_flight": 10, "requests": 1.0})
    replies = [ask(edge.address, HOST) for _ in range(20)]
    assert_explained(next(r for r in replies if r.status != 200), 503, "limit.location")


def test_an_upstream_that_cannot_be_reached(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)})
    upstream.kill()
    assert_explained(ask(edge.address, HOST), 503, "upstream.unreachable")


def test_an_upstream_that_breaks_off(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)})
    upstream.state.resets = True
    assert_explained(ask(edge.address, HOST), 502, "upstream.broken")
    assert_explained(ask(edge.address, HOST, method="POST", body=b""), 502, "upstream.broken")


def test_an_upstream_that_speaks_no_http(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)})
    upstream.state.babbles = True
    assert_explained(ask(edge.address, HOST), 502, "upstream.broken")


@pytest.mark.parametrize("timeouts", [{"request": 0.2}, {"per_try": 0.1, "request": 5.0}])
def test_an_upstream_that_is_slow(edge: RunningEdge, upstream: Upstream, timeouts: dict[str, float]) -> None:
    edge.serve({"shop": service(upstream, upstream={"timeouts": timeouts, "retries": {"attempts_max": 1}})})
    upstream.hold()
    assert_explained(ask(edge.address, HOST), 504, "upstream.timeout")


def test_no_healthy_endpoint(edge: RunningEdge, upstream: Upstream) -> None:
    upstream.state.healthy = False
    edge.serve({"shop": service(upstream, upstream={"health_check": {"interval": 0.05, "timeout": 1.0}})})
    assert_explained(ask(edge.address, HOST), 503, "upstream.unhealthy")


def test_no_route_for_a_path(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, routes=[{"name": "api", "match": {"path": {"prefix": "/api"}}}])})
    assert_explained(ask(edge.address, HOST, target="/other"), 404, "no-route")


def test_no_kind_of_answer_is_left_out() -> None:
    """`REPLIES` lists them; each has a test here."""
    tested = {name.partition(" ")[0] for name in (*REFUSED, *MITIGATED)}
    tested |= {
        "no-route",
        "limit.location",
        "upstream.unreachable",
        "upstream.broken",
        "upstream.timeout",
        "upstream.unhealthy",
    }
    assert {r.cause for r in REPLIES if not r.cause.startswith("%")} <= tested


def test_an_upstreams_own_answer_bears_no_cause(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, upstream={"retries": {"attempts_max": 0}})})
    for status in (200, 404, 429, 500, 503):
        upstream.state.status = status
        reply = ask(edge.address, HOST)
        assert (reply.status, reply.cause) == (status, None)
        assert reply.json["method"] == "GET"


def test_an_upstream_cannot_speak_for_the_edge(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)})
    upstream.state.headers = (("x-holdfast-cause", "kill"), ("x-holdfast-mitigation", "kill.m-1"))
    reply = ask(edge.address, HOST)
    assert reply.status == 200
    assert reply.cause is None
    assert reply.header("x-holdfast-mitigation") is None


def test_a_head_alone_is_explained_too(edge: RunningEdge) -> None:
    with Line(edge.address) as line:
        reply = line.send(spell("HEAD", "/", "nobody.example")).reply("HEAD")
    assert (reply.status, reply.cause, reply.body) == (421, "unknown-host", b"")
    assert len(reply.header("x-request-id") or "") == 36
