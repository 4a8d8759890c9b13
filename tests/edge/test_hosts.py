"""Which service a host leads to, however it is spelled, and what becomes of hosts that lead nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edge.asking import ask, send
from edge.services import limits, service

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream


@pytest.fixture
def served(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> RunningEdge:
    """shop.example, *.shop.example and *.b.shop.example, each a service with an upstream of its own."""
    hosts = (("exact", "Shop.Example"), ("wide", "*.shop.example"), ("narrow", "*.b.shop.example"))
    edge.serve({name: service(u, hosts=(host,)) for (name, host), u in zip(hosts, upstreams, strict=True)})
    return edge


def reached(edge: RunningEdge, upstreams: tuple[Upstream, ...], host: str) -> str | None:
    """The service that a request for a host came to."""
    for upstream in upstreams:
        upstream.requests.clear()
    reply = ask(edge.address, host)
    if reply.status != 200:
        assert (reply.status, reply.cause) == (421, "unknown-host"), host
        assert not any(u.requests for u in upstreams)
        return None
    (found,) = [n for n, u in zip(("exact", "wide", "narrow"), upstreams, strict=True) if u.requests]
    return found


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("shop.example", "exact"),
        ("SHOP.example", "exact"),
        ("shop.EXAMPLE:80", "exact"),
        ("shop.example:65535", "exact"),
        ("shop.example.", "exact"),
        ("Shop.Example.:8080", "exact"),
        ("a.shop.example", "wide"),
        ("A.Shop.Example.:1", "wide"),
        ("a.c.shop.example", "wide"),
        ("a.b.c.shop.example", "wide"),
        ("A.B.C.SHOP.EXAMPLE", "wide"),
        ("b.shop.example", "wide"),
        ("a.b.shop.example", "narrow"),
        ("c.a.b.shop.example", "narrow"),
        ("C.A.B.shop.example.", "narrow"),
        ("example", None),
        ("ashop.example", None),
        ("shop.example.org", None),
        ("shop.example..", None),
        (".shop.example", None),
        ("xn--shop.example", None),
        ("127.0.0.1", None),
        ("[::1]:80", None),
        ("shop", None),
    ],
)
def test_where_a_host_leads(served: RunningEdge, upstreams: tuple[Upstream, ...], host: str, found: str | None) -> None:
    assert reached(served, upstreams, host) == found


def test_the_upstream_gets_the_host_without_port_and_dot(served: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    assert ask(served.address, "SHOP.example.:80").seen["host"] == ["SHOP.example"]
    assert ask(served.address, "a.shop.example").seen["host"] == ["a.shop.example"]


def test_an_unknown_host(served: RunningEdge) -> None:
    reply = ask(served.address, "nobody.example", target="/a?b=c")
    assert (reply.status, reply.cause) == (421, "unknown-host")
    assert reply.header("content-type") == "application/problem+json"
    assert reply.json["request_id"] == reply.header("x-request-id")
    assert "service" not in reply.json


@pytest.mark.parametrize("labels", [4, 10, 100])
def test_deep_names_lead_nowhere_or_where_they_belong(
    served: RunningEdge, upstreams: tuple[Upstream, ...], labels: int
) -> None:
    assert reached(served, upstreams, "a." * labels + "shop.example") in {None, "wide"}


@pytest.mark.parametrize("host", ["a" * 300 + ".example", "a." * 1000 + "shop.example", "a" * 50_000])
def test_hosts_longer_than_any_name(served: RunningEdge, upstreams: tuple[Upstream, ...], host: str) -> None:
    assert ask(served.address, host).status in {400, 421}
    assert not any(u.requests for u in upstreams)


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "shop.example/",
        "shop.example@nobody",
        "shop example",
        "shop.example,b",
        "%73hop.example",
        "shop.example:x",
        "shop.example:80:80",
    ],
)
def test_hosts_that_are_none(served: RunningEdge, upstreams: tuple[Upstream, ...], host: str) -> None:
    assert ask(served.address, host).status in {400, 421}
    assert not any(u.requests for u in upstreams)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: shop.example\r\nHost: shop.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: shop.example\r\nhost: nobody.example\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : shop.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: y\r\n Host: shop.example\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: shop.example\r\n\r\n",
        b"GET /\r\n\r\n",
    ],
)
def test_requests_that_are_none(served: RunningEdge, upstreams: tuple[Upstream, ...], raw: bytes) -> None:
    assert send(served.address, raw).status >= 400
    assert not any(u.requests for u in upstreams)


def test_the_target_outranks_the_host_header(served: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    raw = b"GET http://a.shop.example/x HTTP/1.1\r\nHost: shop.example\r\n\r\n"
    assert send(served.address, raw).status == 200
    assert [len(u.requests) for u in upstreams] == [0, 1, 0]


def test_a_wildcard_by_its_own_name_is_under_the_same_limit(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, hosts=("*.shop.example",), limits=limits(2))})
    hosts = ("*.shop.example", "*.SHOP.example", "*.shop.example", "a.shop.example")
    assert [ask(edge.address, host).status for host in hosts] == [200, 200, 429, 429]


def test_a_host_moves_to_another_service(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    old, new = upstreams[:2]
    edge.serve({"shop": service(old, hosts=("shop.example", "moving.example"))})
    edge.serve({"shop": service(old), "blog": service(new, hosts=("moving.example",))})
    assert ask(edge.address, "moving.example").status == 200
    assert (len(old.requests), len(new.requests)) == (0, 1)
