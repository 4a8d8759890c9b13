"""Kill, read-only, block and in-flight limits: in force at once, for whom they name, and they say who they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edge.asking import Line, ask, spell
from edge.running import until
from edge.services import service
from holdfast.model.mitigation import Block, Kill, Limit, ReadOnly

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream

WRITES = ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE")


@pytest.fixture
def served(edge: RunningEdge, upstream: Upstream) -> RunningEdge:
    """Two services: shop.example with *.shop.example, and blog.example."""
    edge.serve(
        {
            "shop": service(upstream, hosts=("shop.example", "*.shop.example")),
            "blog": service(upstream, hosts=("blog.example",)),
        }
    )
    return edge


def test_a_kill_refuses_everything_of_its_service(served: RunningEdge, upstream: Upstream) -> None:
    served.mitigate(Kill(service="shop"))
    for host in ("shop.example", "a.shop.example"):
        reply = ask(served.address, host)
        assert (reply.status, reply.cause) == (503, "kill")
        assert reply.header("retry-after") == "30"
        assert "[kill.m-1]" in reply.json["rule"]
    assert upstream.requests == []
    assert ask(served.address, "blog.example").status == 200
    served.mitigate()
    assert ask(served.address, "shop.example").status == 200


def test_a_kill_leaves_connections_alone(served: RunningEdge) -> None:
    with Line(served.address) as line:
        assert line.get("shop.example").status == 200
        served.mitigate(Kill(service="shop"))
        assert line.get("shop.example").status == 503
        served.mitigate()
        assert line.get("shop.example").status == 200


def test_read_only_lets_reading_through(served: RunningEdge, upstream: Upstream) -> None:
    served.mitigate(ReadOnly(service="shop"))
    for method in ("GET", "HEAD", "OPTIONS"):
        assert ask(served.address, "shop.example", method=method).status == 200
    for method in WRITES:
        reply = ask(served.address, "shop.example", method=method, body=b"")
        assert (reply.status, reply.cause) == (503, "read-only"), method
        assert "[read-only.m-1]" in reply.json["rule"]
    assert {r.method for r in upstream.requests} == {"GET", "HEAD", "OPTIONS"}
    assert ask(served.address, "blog.example", method="POST", body=b"x").status == 200


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override"])
def test_read_only_takes_no_other_method_in_disguise(served: RunningEdge, upstream: Upstream, name: str) -> None:
    served.mitigate(ReadOnly(service="shop"))
    reply = ask(served.address, "shop.example", f"{name}: DELETE")
    assert (reply.status, reply.cause) == (503, "read-only")
    assert upstream.requests == []


def test_a_block_of_one_service(served: RunningEdge) -> None:
    served.mitigate(Block(service="shop", networks=("127.0.0.8/29", "2001:db8::/32")))
    reply = ask(served.address, "shop.example", source="127.0.0.9")
    assert (reply.status, reply.cause) == (403, "block")
    assert "[block.m-1]" in reply.json["rule"]
    assert ask(served.address, "a.shop.example", source="127.0.0.15").status == 403
    assert ask(served.address, "shop.example", source="127.0.0.16").status == 200
    assert ask(served.address, "blog.example", source="127.0.0.9").status == 200


def test_a_block_of_the_whole_platform(served: RunningEdge) -> None:
    served.mitigate(Block(networks=("127.0.0.9/32",)), Kill(service="blog"))
    for host, status in (("shop.example", 403), ("a.shop.example", 403), ("blog.example", 503), ("x.invalid", 403)):
        assert ask(served.address, host, source="127.0.0.9").status == status, host
    assert ask(served.address, "shop.example", source="127.0.0.10").status == 200


def test_several_mitigations_at_once(served: RunningEdge) -> None:
    served.mitigate(
        Block(networks=("127.0.0.9/32",)),
        Block(service="shop", networks=("127.0.0.10/32",)),
        ReadOnly(service="shop"),
        Limit(service="shop", requests_per_s=0.001),
    )
    assert "[block.m-1]" in ask(served.address, "shop.example", source="127.0.0.9").json["rule"]
    assert "[block.m-2]" in ask(served.address, "shop.example", source="127.0.0.10").json["rule"]
    assert ask(served.address, "shop.example", method="POST", body=b"").cause == "read-only"
    assert ask(served.address, "shop.example").status == 200
    assert ask(served.address, "shop.example").json["mitigation"] == "limit.m-4"


def test_a_block_goes_by_the_client_behind_a_proxy(proxied_edge: RunningEdge, upstream: Upstream) -> None:
    proxied_edge.serve({"shop": service(upstream)})
    proxied_edge.mitigate(Block(networks=("203.0.113.0/24", "2001:db8:bad::/48")))

    def come_from(address: str) -> int:
        return ask(proxied_edge.address, "shop.example", f"X-Forwarded-For: {address}").status

    assert come_from("203.0.113.77") == 403
    assert come_from("2001:db8:bad:1::5") == 403
    assert come_from("203.0.112.77") == 200
    assert come_from("2001:db8:bae:1::5") == 200
    assert come_from("198.51.100.1, 203.0.113.5, 10.9.1.1") == 403
    assert come_from("203.0.113.5, 198.51.100.1") == 200


def test_a_block_of_a_proxy_does_not_block_its_clients(proxied_edge: RunningEdge, upstream: Upstream) -> None:
    proxied_edge.serve({"shop": service(upstream)})
    proxied_edge.mitigate(Block(networks=("127.0.0.1/32",)))
    assert ask(proxied_edge.address, "shop.example", "X-Forwarded-For: 203.0.113.1").status == 200
    assert ask(proxied_edge.address, "shop.example").status == 403


def test_a_limit_of_requests_in_flight(served: RunningEdge, upstream: Upstream) -> None:
    served.mitigate(Limit(service="shop", in_flight=2))
    upstream.hold()
    lines = [Line(served.address).send(spell("GET", "/", "shop.example")) for _ in range(2)]
    until(lambda: upstream.state.in_flight == 2, "two requests are in flight")
    reply = ask(served.address, "shop.example")
    assert (reply.status, reply.cause) == (503, "bulkhead")
    upstream.release()
    for line in lines:
        assert line.reply().status == 200
        line.close()


def test_no_requests_in_flight_at_all(served: RunningEdge, upstream: Upstream) -> None:
    served.mitigate(Limit(service="shop", in_flight=0))
    assert ask(served.address, "shop.example").cause == "bulkhead"
    assert ask(served.address, "blog.example").status == 200
    served.mitigate()
    assert ask(served.address, "shop.example").status == 200
    assert len(upstream.requests) == 2
