"""No change but one to a service's own routes refills its bucket."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from edge.asking import ask
from edge.services import limits, service
from holdfast.compile import settle_walls
from holdfast.model.mitigation import Block, Kill, Limit, Measure, ReadOnly

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream


def shop(*upstreams: Upstream, **more: Any) -> dict[str, Any]:
    return service(*upstreams, **{"limits": limits(3, per_client=3), **more})


def blog(upstream: Upstream, **more: Any) -> dict[str, Any]:
    return service(upstream, hosts=("blog.example",), **more)


def exhaust(edge: RunningEdge, services: dict[str, Any]) -> None:
    edge.serve(services)
    assert [ask(edge.address, "shop.example").status for _ in range(4)] == [200, 200, 200, 429]


def assert_still_exhausted(edge: RunningEdge) -> None:
    reply = ask(edge.address, "shop.example")
    assert (reply.status, reply.cause) == (429, "limit.service")


def test_changes_to_other_services(edge: RunningEdge, upstream: Upstream) -> None:
    exhaust(edge, {"shop": shop(upstream), "blog": blog(upstream)})
    for services in (
        {"shop": shop(upstream), "blog": blog(upstream, limits=limits(9))},
        {"shop": shop(upstream), "blog": blog(upstream), "wiki": service(upstream, hosts=("wiki.example",))},
        {"shop": shop(upstream)},
    ):
        edge.serve(services)
        assert_still_exhausted(edge)


def test_another_host_of_the_service(edge: RunningEdge, upstream: Upstream) -> None:
    exhaust(edge, {"shop": shop(upstream)})
    edge.serve({"shop": shop(upstream, hosts=("shop.example", "*.shop.example", "store.example"))})
    assert_still_exhausted(edge)
    assert ask(edge.address, "store.example").status == 429
    assert ask(edge.address, "a.shop.example").status == 429
    edge.serve({"shop": shop(upstream, hosts=("shop.example",))})
    assert_still_exhausted(edge)


@pytest.mark.parametrize(
    ("measure", "status"),
    [
        (Kill(service="shop"), 503),
        (ReadOnly(service="shop"), 429),
        (Block(service="shop", networks=("127.0.0.0/8",)), 403),
        (Block(networks=("127.0.0.0/8",)), 403),
        (Limit(service="shop", requests_per_s=500.0), 429),
        (Limit(service="shop", in_flight=1), 429),
        (Limit(service="shop", in_flight=0), 429),
        (Kill(service="blog"), 429),
        (Limit(service="blog", requests_per_s=1.0), 429),
    ],
    ids=lambda value: value.kind if hasattr(value, "kind") else str(value),
)
def test_mitigations_that_start_and_end(edge: RunningEdge, upstream: Upstream, measure: Measure, status: int) -> None:
    exhaust(edge, {"shop": shop(upstream), "blog": blog(upstream)})
    edge.mitigate(measure)
    assert ask(edge.address, "shop.example").status == status
    edge.mitigate()
    assert_still_exhausted(edge)


def test_other_endpoints_of_the_service(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    exhaust(edge, {"shop": shop(upstreams[0])})
    edge.serve({"shop": shop(*upstreams)})
    assert_still_exhausted(edge)


def test_another_cluster_of_the_service(edge: RunningEdge, upstream: Upstream) -> None:
    exhaust(edge, {"shop": shop(upstream)})
    edge.serve({"shop": shop(upstream, upstream={"timeouts": {"connect": 2.0}, "health_check": {"path": "/healthz"}})})
    assert_still_exhausted(edge)


def test_other_walls_of_the_service(edge: RunningEdge, upstream: Upstream) -> None:
    exhaust(edge, {"shop": shop(upstream)})
    narrow = shop(upstream, bulkhead={"in_flight": {"guaranteed": 1, "maximum": 2}})
    new = edge.intend({"shop": narrow})
    edge.put(replace(new, settled=settle_walls(edge.intent, new)))
    assert edge.intent.settled
    assert_still_exhausted(edge)


def test_the_platforms_capacity(edge: RunningEdge, upstream: Upstream) -> None:
    exhaust(edge, {"shop": shop(upstream)})
    edge.serve({"shop": shop(upstream)}, capacity={"in_flight": 1000, "requests": 5000.0})
    assert_still_exhausted(edge)
