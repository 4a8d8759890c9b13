"""Who the client is: the peer, or whom a trusted proxy says it is, and nobody's own word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edge.asking import Reply, ask
from edge.services import limits, service
from holdfast.compile.listener import FORGEABLE_HEADERS

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream

FORGED = (
    *(f"{name}: 203.0.113.{n}" for n, name in enumerate(FORGEABLE_HEADERS)),
    "X-Forwarded-For: 203.0.113.99",
    "x-forwarded-for: 203.0.113.98, 10.0.0.1",
    "X_Forwarded_For: 203.0.113.97",
    "X-Holdfast-Host: blog.example",
    "X-Envoy-Internal: true",
    "X-Envoy-Ip-Tags: trusted",
)


@pytest.fixture
def direct(edge: RunningEdge, upstream: Upstream) -> RunningEdge:
    edge.serve({"shop": service(upstream, hosts=("shop.example", "*.shop.example"), limits=limits(1000, per_client=1))})
    return edge


@pytest.fixture
def proxied(proxied_edge: RunningEdge, upstream: Upstream) -> RunningEdge:
    proxied_edge.serve({"shop": service(upstream, limits=limits(1000, per_client=1))})
    return proxied_edge


def come_from(edge: RunningEdge, *forwarded: str, source: str | None = None) -> Reply:
    return ask(edge.address, "shop.example", *(f"X-Forwarded-For: {f}" for f in forwarded), source=source)


@pytest.mark.parametrize("header", FORGED, ids=lambda header: header.partition(":")[0])
@pytest.mark.parametrize("host", ["shop.example", "a.shop.example"])
def test_a_forged_header_makes_nobody_else(direct: RunningEdge, upstream: Upstream, header: str, host: str) -> None:
    reply = ask(direct.address, host, header, source="127.0.0.5")
    assert reply.status == 200
    assert reply.seen["x-forwarded-for"] == ["127.0.0.5"]
    assert not [value for values in reply.seen.values() for value in values if "203.0.113." in value]
    assert ask(direct.address, host, header, source="127.0.0.5").status == 429
    assert ask(direct.address, host, source="127.0.0.5").status == 429


def test_what_the_upstream_is_told(direct: RunningEdge) -> None:
    reply = ask(direct.address, "shop.example", *FORGED, "X-Own: kept", source="127.0.0.5")
    told = {"host", "x-envoy-external-address", "x-forwarded-for", "x-forwarded-proto", "x-own", "x-request-id"}
    assert set(reply.seen) == told
    assert reply.seen["x-envoy-external-address"] == ["127.0.0.5"]
    assert reply.seen["host"] == ["shop.example"]
    assert reply.seen["x-forwarded-for"] == ["127.0.0.5"]
    assert reply.seen["x-forwarded-proto"] == ["http"]


def test_a_request_id_of_the_clients_own_is_not_believed(direct: RunningEdge) -> None:
    mine = "11111111-1111-4111-8111-111111111111"
    assert ask(direct.address, "shop.example", f"X-Request-Id: {mine}").seen["x-request-id"] != [mine]


def test_the_clients_of_a_cdn_have_buckets_of_their_own(proxied: RunningEdge) -> None:
    """Once, all of a CDN's clients shared one bucket: that of the CDN's address."""
    clients = [f"203.0.113.{n}" for n in range(50)] + [f"2001:db8:{n:x}::1" for n in range(50)]
    assert [come_from(proxied, client).status for client in clients] == [200] * 100
    assert [come_from(proxied, client).status for client in clients] == [429] * 100


def test_the_upstream_sees_the_client_behind_the_proxy(proxied: RunningEdge) -> None:
    assert come_from(proxied, "203.0.113.1").seen["x-forwarded-for"] == ["203.0.113.1"]


def test_the_last_hop_that_is_not_trusted_is_the_client(proxied: RunningEdge) -> None:
    assert come_from(proxied, "198.51.100.1, 203.0.113.1").seen["x-forwarded-for"] == ["203.0.113.1"]
    assert come_from(proxied, "198.51.100.2, 203.0.113.1").status == 429
    assert come_from(proxied, "203.0.113.2, 10.9.1.1").seen["x-forwarded-for"] == ["203.0.113.2"]
    assert come_from(proxied, "203.0.113.3, 10.9.1.1, 10.9.2.2").seen["x-forwarded-for"] == ["203.0.113.3"]
    assert come_from(proxied, "203.0.113.4, fd99::7").seen["x-forwarded-for"] == ["203.0.113.4"]
    assert come_from(proxied, "10.9.3.3, 203.0.113.5, 10.9.1.1").seen["x-forwarded-for"] == ["203.0.113.5"]


def test_several_headers_are_one_list(proxied: RunningEdge) -> None:
    assert come_from(proxied, "198.51.100.1", "203.0.113.1", "10.9.1.1").seen["x-forwarded-for"] == ["203.0.113.1"]


def test_a_peer_that_is_not_trusted_is_the_client(proxied: RunningEdge) -> None:
    first = come_from(proxied, "203.0.113.1", source="127.0.0.5")
    assert first.status == 200
    assert first.seen["x-forwarded-for"] == ["127.0.0.5"]
    assert come_from(proxied, "203.0.113.2", source="127.0.0.5").status == 429
    assert come_from(proxied, "203.0.113.1").status == 200


def test_a_proxy_that_says_nothing_is_the_client(proxied: RunningEdge) -> None:
    assert come_from(proxied).seen["x-forwarded-for"] == ["127.0.0.1"]
    assert come_from(proxied).status == 429


@pytest.mark.parametrize("nonsense", ["", "unknown", "203.0.113.1:99999", "_hidden", "::1::1", "a" * 2000, "'; --"])
def test_nonsense_from_a_proxy_counts_for_the_proxy(proxied: RunningEdge, nonsense: str) -> None:
    first = come_from(proxied, nonsense)
    assert first.status == 200
    assert first.seen["x-forwarded-for"] == ["127.0.0.1"]
    assert come_from(proxied, nonsense).status == 429


def test_everybody_in_the_list_is_trusted(proxied: RunningEdge) -> None:
    first = come_from(proxied, "10.9.1.1, 10.9.1.2")
    assert first.status == 200
    assert come_from(proxied, "10.9.1.1, 10.9.1.2").status == 429


def test_other_headers_are_not_believed_from_a_proxy_either(proxied: RunningEdge) -> None:
    headers = [h for h in FORGED if not h.lower().startswith("x-forwarded-for")]
    reply = ask(proxied.address, "shop.example", *headers)
    assert not [value for values in reply.seen.values() for value in values if "203.0.113." in value]
    assert reply.seen["x-forwarded-for"] == ["127.0.0.1"]
