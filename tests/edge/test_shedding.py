"""Classes of criticality at a location that is short of capacity: critical requests never wait behind others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.asking import ask
from edge.running import LOCATION
from edge.services import service
from holdfast.model.mitigation import Shed
from holdfast.model.platform import Criticality

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream

SCARCE = {"in_flight": 100, "requests": 1.0}
CRITICAL, SHEDDABLE_PLUS, SHEDDABLE = "pay.example", "shop.example", "feed.example"


def serve_classes(edge: RunningEdge, upstream: Upstream, **capacity: Any) -> None:
    """A critical service and two that may be shed, on a location that carries this."""
    edge.serve(
        {
            "pay": service(upstream, hosts=(CRITICAL,), criticality="critical"),
            "shop": service(upstream, hosts=(SHEDDABLE_PLUS,), criticality="sheddable_plus"),
            "feed": service(upstream, hosts=(SHEDDABLE,), criticality="sheddable"),
        },
        capacity=capacity,
    )


def ask_often(edge: RunningEdge, host: str, count: int) -> list[int]:
    return [ask(edge.address, host).status for _ in range(count)]


def shed(**rates: float) -> Shed:
    return Shed(location=LOCATION, budget_per_s=100.0, requests_per_s={Criticality(c): r for c, r in rates.items()})


def test_sheddable_requests_take_nothing_from_critical_ones(edge: RunningEdge, upstream: Upstream) -> None:
    serve_classes(edge, upstream, **SCARCE)
    assert 503 in ask_often(edge, SHEDDABLE, 30)
    assert ask_often(edge, CRITICAL, 5) == [200] * 5


def test_all_sheddable_classes_share_what_is_left(edge: RunningEdge, upstream: Upstream) -> None:
    serve_classes(edge, upstream, **SCARCE)
    assert 503 in ask_often(edge, SHEDDABLE_PLUS, 30)
    assert 503 in ask_often(edge, SHEDDABLE, 1)


def test_the_least_critical_leave_room_for_those_above_them(edge: RunningEdge, upstream: Upstream) -> None:
    serve_classes(edge, upstream, in_flight=100, requests=100.0)
    passed = ask_often(edge, SHEDDABLE, 60).count(200)
    assert passed < 60
    assert 200 in ask_often(edge, SHEDDABLE_PLUS, 2)


def test_a_class_is_steered_and_others_are_left_alone(edge: RunningEdge, upstream: Upstream) -> None:
    serve_classes(edge, upstream, in_flight=100, requests=1000.0)
    edge.mitigate(shed(sheddable=0.5))
    assert ask_often(edge, SHEDDABLE, 5).count(200) == 1
    assert ask_often(edge, SHEDDABLE_PLUS, 5) == [200] * 5
    assert ask_often(edge, CRITICAL, 5) == [200] * 5
    reply = ask(edge.address, SHEDDABLE)
    assert (reply.status, reply.cause, reply.header("retry-after")) == (503, "limit.location", "1")
    edge.mitigate()
    assert ask_often(edge, SHEDDABLE, 5) == [200] * 5


def test_what_nobody_else_uses_can_be_lent(edge: RunningEdge, upstream: Upstream) -> None:
    serve_classes(edge, upstream, **SCARCE)
    edge.mitigate(shed(sheddable=1000.0, sheddable_plus=1000.0))
    assert ask_often(edge, SHEDDABLE, 40) == [200] * 40


def test_the_latest_steers(edge: RunningEdge, upstream: Upstream) -> None:
    serve_classes(edge, upstream, in_flight=100, requests=1000.0)
    edge.mitigate(shed(sheddable=1000.0), shed(sheddable=0.5))
    assert ask_often(edge, SHEDDABLE, 5).count(200) == 1
