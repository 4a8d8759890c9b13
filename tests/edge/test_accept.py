"""The kinds of request a service takes, and the answers to all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edge.asking import Reply, ask, send, spell, spell_chunked
from edge.services import service

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream

HOSTS = ("shop.example", "a.shop.example", "SHOP.example:8080")


def serve(edge: RunningEdge, upstream: Upstream, **accept: Any) -> None:
    edge.serve({"shop": service(upstream, hosts=("shop.example", "*.shop.example"), accept=accept)})


def post(edge: RunningEdge, *headers: str, host: str = "shop.example", body: bytes = b"x") -> Reply:
    return ask(edge.address, host, *headers, method="POST", body=body)


@pytest.mark.parametrize("host", HOSTS)
def test_methods(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream, methods=["GET", "POST"])
    assert ask(edge.address, host).status == 200
    assert post(edge, host=host).status == 200
    for method in ("HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        reply = ask(edge.address, host, method=method)
        assert (reply.status, reply.cause) == (405, "accept.methods"), method
        assert reply.header("allow") == "GET, POST"
    assert len(upstream.requests) == 2


def test_a_refusal_says_what_is_accepted(edge: RunningEdge, upstream: Upstream) -> None:
    serve(edge, upstream, methods=["GET"], url_max=200, body_max=300)
    reply = ask(edge.address, "shop.example", method="PUT", body=b"")
    assert reply.json["accepts"] == "methods GET; body up to 300 bytes; URL up to 200 bytes"
    assert reply.json["service"] == "shop"


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "x-method-override"])
def test_no_method_in_disguise(edge: RunningEdge, upstream: Upstream, name: str) -> None:
    serve(edge, upstream, methods=["GET", "POST"])
    assert post(edge, f"{name}: DELETE").cause == "accept.methods"
    assert upstream.requests == []


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Type: application/json",),
        ("content-type: APPLICATION/JSON",),
        ("Content-Type: application/json; charset=utf-8",),
        ("Content-Type:application/json ;charset=utf-8",),
        ("Content-Type: image/png",),
    ],
)
def test_content_types_that_are_taken(edge: RunningEdge, upstream: Upstream, headers: tuple[str, ...]) -> None:
    serve(edge, upstream, content_types=["application/json", "image/*"])
    assert post(edge, *headers).status == 200


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Content-Type:",),
        ("Content-Type: text/plain",),
        ("Content-Type: application/jsonx",),
        ("Content-Type: xapplication/json",),
        ("Content-Type: text/plain; a=application/json",),
        ("Content-Type: application/json, text/plain",),
        ("Content-Type: application/json", "Content-Type: text/plain"),
        ("Content-Type: text/plain", "Content-Type: application/json"),
        ("Content-Type: application/json; a=b, text/plain",),
        ("Content-Type: image/",),
        ("Content-Type: image/a/b",),
    ],
)
def test_content_types_that_are_not_taken(
    edge: RunningEdge, upstream: Upstream, headers: tuple[str, ...], host: str
) -> None:
    serve(edge, upstream, content_types=["application/json", "image/*"])
    reply = post(edge, *headers, host=host)
    assert (reply.status, reply.cause) == (415, "accept.content_types")
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("DELETE", (), 200),
        ("POST", ("Content-Length: 0",), 200),
        ("POST", (), 415),
        ("DELETE", ("Content-Type: text/html",), 415),
        ("POST", ("Content-Length: 0", "Content-Type: text/html"), 415),
    ],
)
def test_what_is_surely_empty_needs_no_content_type(
    edge: RunningEdge, upstream: Upstream, method: str, headers: tuple[str, ...], status: int
) -> None:
    serve(edge, upstream, content_types=["application/json"])
    assert send(edge.address, spell(method, "/", "shop.example", *headers)).status == status


def test_reading_needs_no_content_type(edge: RunningEdge, upstream: Upstream) -> None:
    serve(edge, upstream, content_types=["application/json"])
    for method in ("GET", "HEAD", "OPTIONS"):
        assert ask(edge.address, "shop.example", method=method).status == 200


@pytest.mark.parametrize("host", HOSTS)
def test_bodies(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream, body_max=1000)
    assert post(edge, host=host, body=b"x" * 1000).json["body_bytes"] == 1000
    reply = post(edge, host=host, body=b"x" * 1001)
    assert (reply.status, reply.cause) == (413, "accept.body_max")
    assert reply.json["accepts"] == "body up to 1000 bytes"
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("host", HOSTS)
def test_bodies_whose_length_is_not_stated(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream, body_max=1000)
    fitting = spell_chunked("POST", "/", host, chunks=(b"x" * 500, b"x" * 500))
    assert send(edge.address, fitting).json["body_bytes"] == 1000
    reply = send(edge.address, spell_chunked("POST", "/", host, chunks=(b"x" * 500, b"x" * 501)))
    assert (reply.status, reply.cause) == (413, "accept.body_max")
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("host", HOSTS)
def test_no_body_at_all(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream, body_max=0)
    assert ask(edge.address, host).status == 200
    assert post(edge, host=host, body=b"").status == 200
    assert post(edge, host=host, body=b"x").status == 413
    assert send(edge.address, spell_chunked("POST", "/", host, chunks=(b"x", b"y"))).status == 413


@pytest.mark.parametrize("host", HOSTS)
def test_large_bodies_pass_where_nothing_is_said(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    edge.serve({"shop": service(upstream, hosts=("shop.example", "*.shop.example"))})
    size = 3 * 1024 * 1024
    assert post(edge, host=host, body=b"x" * size).json["body_bytes"] == size
    chunks = (b"x" * 65_536,) * 48
    assert send(edge.address, spell_chunked("POST", "/", host, chunks=chunks)).json["body_bytes"] == size


@pytest.mark.parametrize("host", HOSTS)
def test_heads(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream, header_max=2000)
    assert ask(edge.address, host, "X-Long: " + "x" * 1000).status == 200
    reply = ask(edge.address, host, "X-Long: " + "x" * 2000)
    assert (reply.status, reply.cause) == (431, "accept.header_max")
    many = ask(edge.address, host, *(f"X-{n}: {'x' * 40}" for n in range(50)))
    assert (many.status, many.cause) == (431, "accept.header_max")


@pytest.mark.parametrize("host", HOSTS)
def test_urls(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream, url_max=100)
    assert ask(edge.address, host, target="/" + "x" * 99).status == 200
    for target in ("/" + "x" * 100, "/?" + "x" * 99):
        reply = ask(edge.address, host, target=target)
        assert (reply.status, reply.cause) == (414, "accept.url_max")


def test_what_is_checked_together(edge: RunningEdge, upstream: Upstream) -> None:
    serve(edge, upstream, methods=["POST"], content_types=["text/plain"], body_max=10, url_max=50, header_max=500)
    assert post(edge, "Content-Type: text/plain").status == 200
    assert ask(edge.address, "shop.example").status == 405
    assert post(edge, "Content-Type: text/html").status == 415
    assert post(edge, "Content-Type: text/plain", body=b"x" * 11).status == 413
    raw = spell("POST", "/" + "x" * 60, "shop.example", "Content-Type: text/plain", body=b"x")
    assert send(edge.address, raw).status == 414
    assert post(edge, "Content-Type: text/plain", "X-Long: " + "x" * 600).status == 431
