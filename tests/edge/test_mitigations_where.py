"""Mitigations on some edges only, and limits that take many clients for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edge.asking import Line, ask, spell
from edge.running import EDGE, LOCATION, until
from edge.services import service
from holdfast.compile import compile_mitigations
from holdfast.model.mitigation import Kill, Limit, Measure, Mitigation
from holdfast.model.platform import ClientLimits

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream

OTHER = "edge-2"


@pytest.fixture
def one_of_two(edge: RunningEdge, upstream: Upstream) -> RunningEdge:
    """One of the two edges of its location, serving shop and blog."""
    listen = "{}:{}".format(*edge.address)
    edges = [{"name": EDGE, "listen": listen}, {"name": OTHER, "listen": "127.0.0.1:1"}]
    edge.serve(
        {"shop": service(upstream), "blog": service(upstream, hosts=("blog.example",))},
        locations={LOCATION: {"edges": edges, "capacity": {"in_flight": 1000, "requests": 100_000.0}}},
    )
    return edge


def mitigate(edge: RunningEdge, *measures: tuple[Measure, tuple[str, ...] | None]) -> None:
    edge.intent = edge.intent.under(
        tuple(
            Mitigation(id=f"m-{n}", measure=measure, reason="r", author="a", started_at=n, expires_at=1e9, edges=edges)
            for n, (measure, edges) in enumerate(measures, 1)
        )
    )
    edge.publish(compile_mitigations(edge.intent, LOCATION))


def test_what_holds_elsewhere_does_not_hold_here(one_of_two: RunningEdge) -> None:
    mitigate(one_of_two, (Kill(service="shop"), (OTHER,)), (Kill(service="blog"), (OTHER, EDGE)))
    assert ask(one_of_two.address, "shop.example").status == 200
    assert ask(one_of_two.address, "blog.example").cause == "kill"
    mitigate(one_of_two, (Kill(service="shop"), None), (Kill(service="blog"), ("edge-9",)))
    assert ask(one_of_two.address, "shop.example").cause == "kill"
    assert ask(one_of_two.address, "blog.example").status == 200


def test_a_limit_on_some_edges(one_of_two: RunningEdge) -> None:
    limit = Limit(service="shop", requests_per_s=0.001)
    mitigate(one_of_two, (limit, (OTHER,)))
    assert [ask(one_of_two.address, "shop.example").status for _ in range(2)] == [200, 200]
    mitigate(one_of_two, (limit, (EDGE,)))
    assert [ask(one_of_two.address, "shop.example").status for _ in range(2)] == [200, 429]


def test_walls_on_some_edges_are_laid_over_those_of_the_location(one_of_two: RunningEdge, upstream: Upstream) -> None:
    limits = Limit(service="shop", in_flight=4), Limit(service="shop", in_flight=2)
    mitigate(one_of_two, (limits[0], None), (limits[1], (EDGE,)))
    assert is_full(one_of_two, upstream, at=1)
    mitigate(one_of_two, (limits[0], None), (limits[1], (OTHER,)))
    assert is_full(one_of_two, upstream, at=2)
    mitigate(one_of_two, (limits[1], None), (limits[0], (EDGE,)))
    assert is_full(one_of_two, upstream, at=1)


def is_full(edge: RunningEdge, upstream: Upstream, at: int) -> bool:
    """Whether so many requests are let through at one time, and no more."""
    upstream.hold()
    lines = [Line(edge.address).send(spell("GET", "/", "shop.example")) for _ in range(at)]
    until(lambda: upstream.state.in_flight == at, f"{at} are in flight")
    refused = ask(edge.address, "shop.example").cause == "bulkhead"
    upstream.release()
    for line in lines:
        assert line.reply().status == 200
        line.close()
    return refused


@pytest.mark.parametrize(
    ("prefix", "shared", "apart"),
    [(32, "203.0.113.7", "203.0.113.8"), (24, "203.0.113.200", "203.0.114.7"), (0, "198.51.100.1", None)],
)
def test_clients_of_a_network_share_a_bucket(
    proxied_edge: RunningEdge, upstream: Upstream, prefix: int, shared: str, apart: str | None
) -> None:
    proxied_edge.serve({"shop": service(upstream)})
    per_client = ClientLimits(requests=0.001)
    proxied_edge.mitigate(Limit(service="shop", per_client=per_client, client_prefix=prefix))

    def come_from(address: str) -> int:
        return ask(proxied_edge.address, "shop.example", f"X-Forwarded-For: {address}").status

    assert come_from("203.0.113.7") == 200
    assert come_from(shared) == 429
    assert come_from("2001:db8::1") == 200
    assert come_from("2001:db8::2") == 429
    assert apart is None or come_from(apart) == 200


def test_limits_of_different_things_hold_beside_each_other(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)})
    per_client = ClientLimits(requests=0.001)
    edge.mitigate(
        Limit(service="shop", requests_per_s=0.001),
        Limit(service="shop", per_client=per_client),
        Limit(service="shop", requests_per_s=20.0),
    )
    assert [ask(edge.address, "shop.example").status for _ in range(2)] == [200, 429]
    assert ask(edge.address, "shop.example", source="127.0.0.9").status == 200


def test_prefixes_of_several_services(edge: RunningEdge, upstream: Upstream) -> None:
    hosts = ("shop", "blog", "news")
    edge.serve({name: service(upstream, hosts=(f"{name}.example",)) for name in hosts})
    per_client = ClientLimits(requests=0.001)
    edge.mitigate(
        *(
            Limit(service=name, per_client=per_client, client_prefix=prefix)
            for name, prefix in zip(hosts, (32, 24, 8), strict=True)
        )
    )
    sources = ("127.0.0.1", "127.0.0.9", "127.0.1.1")
    statuses = {
        name: [ask(edge.address, f"{name}.example", source=source).status for source in sources] for name in hosts
    }
    assert statuses == {"shop": [200, 200, 200], "blog": [200, 429, 200], "news": [200, 429, 429]}
    assert ask(edge.address, "news.example").json["mitigation"] == "limit.m-3"
