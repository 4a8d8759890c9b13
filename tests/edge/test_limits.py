"""Token buckets: what they let through, to whom, and how they say no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.asking import ask
from edge.services import SLOW, limits, service
from holdfast.model.mitigation import Limit
from holdfast.model.platform import ClientLimits

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream


def ask_often(edge: RunningEdge, host: str, count: int, *headers: str, source: str | None = None) -> list[int]:
    return [ask(edge.address, host, *headers, source=source).status for _ in range(count)]


def test_a_service_gets_its_burst_and_no_more(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits=limits(3))})
    assert ask_often(edge, "shop.example", 5) == [200, 200, 200, 429, 429]
    assert len(upstream.requests) == 3


def test_a_refusal_says_why_and_when_to_come_back(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits=limits(1))})
    ask(edge.address, "shop.example")
    reply = ask(edge.address, "shop.example")
    assert reply.status == 429
    assert reply.cause == "limit.service"
    assert int(reply.header("retry-after") or 0) >= 1
    assert reply.header("x-ratelimit-limit") == "1"
    assert reply.header("x-ratelimit-remaining") == "0"
    assert int(reply.header("x-ratelimit-reset") or 0) >= 1
    assert reply.header("content-type") == "application/problem+json"
    assert reply.json["status"] == 429
    assert reply.json["cause"] == "limit.service"
    assert reply.json["service"] == "shop"
    assert reply.json["request_id"] == reply.header("x-request-id")


def test_an_answer_says_what_is_left(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits=limits(5, per_client=3))})
    replies = [ask(edge.address, "shop.example") for _ in range(3)]
    assert [r.header("x-ratelimit-remaining") for r in replies] == ["2", "1", "0"]
    assert {r.header("x-ratelimit-limit") for r in replies} == {"3"}


def test_the_hosts_of_a_service_share_one_bucket(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, hosts=("shop.example", "*.shop.example", "store.example"), limits=limits(3))})
    hosts = ("shop.example", "a.shop.example", "store.example", "b.shop.example", "SHOP.example")
    assert [ask(edge.address, host).status for host in hosts] == [200, 200, 200, 429, 429]


def test_services_have_buckets_of_their_own(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve(
        {
            "shop": service(upstream, limits=limits(1)),
            "blog": service(upstream, hosts=("blog.example",), limits=limits(2)),
        }
    )
    assert ask_often(edge, "shop.example", 2) == [200, 429]
    assert ask_often(edge, "blog.example", 3) == [200, 200, 429]


def test_each_client_has_a_bucket(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits=limits(100, per_client=2))})
    assert ask_often(edge, "shop.example", 3, source="127.0.0.2") == [200, 200, 429]
    assert ask_often(edge, "shop.example", 3, source="127.0.0.3") == [200, 200, 429]


def test_what_one_client_is_refused_the_others_still_have(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits=limits(10, per_client=4))})
    assert ask_often(edge, "shop.example", 50, source="127.0.0.2").count(200) == 4
    assert ask_often(edge, "shop.example", 4, source="127.0.0.3") == [200] * 4
    assert ask_often(edge, "shop.example", 4, source="127.0.0.4") == [200, 200, 429, 429]


def test_clients_by_ipv4_address_and_by_ipv6_network(proxied_edge: RunningEdge, upstream: Upstream) -> None:
    proxied_edge.serve({"shop": service(upstream, limits=limits(100, per_client=1))})

    def come_from(address: str) -> int:
        return ask(proxied_edge.address, "shop.example", f"X-Forwarded-For: {address}").status

    assert come_from("203.0.113.1") == 200
    assert come_from("203.0.113.1") == 429
    assert come_from("203.0.113.2") == 200
    assert come_from("2001:db8:1:1::1") == 200
    assert come_from("2001:db8:1:1:ffff:ffff:ffff:ffff") == 429
    assert come_from("2001:db8:1:2::1") == 200


def test_the_ipv6_prefix_is_the_platforms(proxied_edge: RunningEdge, upstream: Upstream) -> None:
    trusted = ["127.0.0.1/32", "10.9.0.0/16", "fd99::/64"]
    proxied_edge.serve(
        {"shop": service(upstream, limits=limits(100, per_client=1))},
        clients={"trusted_proxies": trusted, "ipv6_prefix": 48},
    )
    hosts = ("2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:2:1::1")
    replies = [ask(proxied_edge.address, "shop.example", f"X-Forwarded-For: {address}") for address in hosts]
    assert [r.status for r in replies] == [200, 429, 200]


def test_a_location_takes_what_it_can_carry(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)}, capacity={"in_flight": 10, "requests": 2.0})
    replies = [ask(edge.address, "shop.example") for _ in range(20)]
    refused = [r for r in replies if r.status == 503]
    assert refused
    assert len(refused) < 20
    assert {r.cause for r in refused} == {"limit.location"}
    assert {r.header("retry-after") for r in refused} == {"1"}


def test_refused_requests_take_nothing_from_the_location(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve(
        {"shop": service(upstream, limits=limits(1)), "blog": service(upstream, hosts=("blog.example",))},
        capacity={"in_flight": 10, "requests": 10.0},
    )
    assert ask_often(edge, "shop.example", 200).count(429) == 199
    assert ask_often(edge, "blog.example", 5) == [200] * 5


def test_a_bucket_refills_with_time(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits={"requests": 20.0, "burst": 1})})
    seen = ask_often(edge, "shop.example", 2)
    while seen[-1] == 429:
        seen += ask_often(edge, "shop.example", 1)
    assert 429 in seen


def test_a_limit_mitigation_names_itself(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream), "blog": service(upstream, hosts=("blog.example",))})
    edge.mitigate(Limit(service="shop", requests_per_s=SLOW))
    assert ask(edge.address, "shop.example").status == 200
    reply = ask(edge.address, "shop.example")
    assert (reply.status, reply.cause) == (429, "limit.mitigation")
    assert "m-1" in reply.json["mitigation"]
    assert ask_often(edge, "blog.example", 3) == [200] * 3


def test_a_limit_mitigation_for_each_client(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, hosts=("shop.example", "*.shop.example"))})
    edge.mitigate(Limit(service="shop", per_client=ClientLimits(requests=SLOW, burst=2)))
    assert ask_often(edge, "shop.example", 3, source="127.0.0.2") == [200, 200, 429]
    assert ask_often(edge, "a.shop.example", 3, source="127.0.0.3") == [200, 200, 429]


def test_a_refusal_by_the_services_own_limit_blames_no_mitigation(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits=limits(1))})
    edge.mitigate(Limit(service="shop", requests_per_s=1000.0))
    ask(edge.address, "shop.example")
    reply = ask(edge.address, "shop.example")
    assert reply.cause == "limit.service"
    assert "mitigation" not in reply.json
