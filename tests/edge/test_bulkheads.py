"""Walls: exactly as many requests in flight as may be, changed while they are full."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edge.asking import Line, ask, spell
from edge.running import until
from edge.services import service
from holdfast.compile import settle_walls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.running import RunningEdge
    from edge.upstream import Upstream

import pytest


def walled(upstream: Upstream, in_flight: int, **more: Any) -> dict[str, Any]:
    return service(upstream, bulkhead={"in_flight": {"guaranteed": 1, "maximum": in_flight}, **more})


@pytest.fixture
def lines(edge: RunningEdge, upstream: Upstream) -> Iterator[list[Line]]:
    """Connections on which requests are begun; all are closed at the end."""
    with ExitStack() as stack:
        opened: list[Line] = []
        stack.callback(lambda: close_all(opened))
        stack.callback(upstream.release)
        yield opened


def close_all(lines: list[Line]) -> None:
    for line in lines:
        line.close()


def fill(edge: RunningEdge, upstream: Upstream, lines: list[Line], count: int) -> None:
    """Begin requests until so many are in flight."""
    while upstream.state.in_flight < count:
        before = upstream.state.in_flight
        lines.append(Line(edge.address).send(spell("GET", "/", "shop.example")))
        until(lambda before=before: upstream.state.in_flight > before, "one more is in flight")  # type: ignore[misc]


def test_in_flight_is_exact(edge: RunningEdge, upstream: Upstream, lines: list[Line]) -> None:
    edge.serve({"shop": walled(upstream, 5)})
    upstream.hold()
    lines += [Line(edge.address).send(spell("GET", "/", "shop.example")) for _ in range(15)]
    until(lambda: upstream.state.in_flight == 5, "five requests are in flight")
    refused = [ask(edge.address, "shop.example") for _ in range(10)]
    assert {(r.status, r.cause) for r in refused} == {(503, "bulkhead")}
    assert {r.header("retry-after") for r in refused} == {"1"}
    upstream.release()
    assert sorted(line.reply().status for line in lines) == [200] * 5 + [503] * 10
    assert upstream.state.in_flight_max == 5


def test_one_services_wall_is_not_anothers(
    edge: RunningEdge, upstreams: tuple[Upstream, ...], lines: list[Line]
) -> None:
    edge.serve({"shop": walled(upstreams[0], 1), "blog": service(upstreams[1], hosts=("blog.example",))})
    upstreams[0].hold()
    fill(edge, upstreams[0], lines, 1)
    assert ask(edge.address, "shop.example").status == 503
    assert ask(edge.address, "blog.example").status == 200


def test_no_connection_more_than_may_be(edge: RunningEdge, upstream: Upstream, lines: list[Line]) -> None:
    edge.serve({"shop": walled(upstream, 50, connections=2, pending=1)})
    upstream.hold()
    fill(edge, upstream, lines, 2)
    waiting = Line(edge.address).send(spell("GET", "/", "shop.example"))
    lines.append(waiting)
    active = "http.edge.downstream_rq_active"
    until(lambda: edge.stats(active)[active] >= 3, "the third is there")
    until(lambda: ask(edge.address, "shop.example").cause == "bulkhead", "nobody else may wait")
    upstream.release()
    assert waiting.reply().status == 200
    assert upstream.state.connections == 2


def test_walls_change_live_without_a_new_connection(edge: RunningEdge, upstream: Upstream, lines: list[Line]) -> None:
    edge.serve({"shop": walled(upstream, 2)})
    upstream.hold()
    fill(edge, upstream, lines, 2)
    assert ask(edge.address, "shop.example").cause == "bulkhead"

    new = edge.intend({"shop": walled(upstream, 4)})
    settled = edge.put(replace(new, settled=settle_walls(edge.intent, new)))
    assert settled.settled["shop"].in_flight == 2
    fill(edge, upstream, lines, 4)
    assert ask(edge.address, "shop.example").cause == "bulkhead"

    new = edge.intend({"shop": walled(upstream, 3)})
    edge.put(replace(new, settled=settle_walls(settled, new)))
    upstream.release()
    assert [line.reply().status for line in lines] == [200] * 4
    connections = upstream.state.connections
    upstream.hold()
    for line in lines:
        line.send(spell("GET", "/", "shop.example"))
    until(lambda: upstream.state.in_flight == 3, "three are in flight")
    upstream.release()
    assert sorted(line.reply().status for line in lines) == [200, 200, 200, 503]
    assert upstream.state.connections == connections


def test_walls_put_back_as_they_were(edge: RunningEdge, upstream: Upstream, lines: list[Line]) -> None:
    first = edge.serve({"shop": walled(upstream, 2)})
    for in_flight in (4, 2):
        new = edge.intend({"shop": walled(upstream, in_flight)})
        edge.put(replace(new, settled=settle_walls(edge.intent, new)))
    assert edge.intent.settled == first.settled == {}
    upstream.hold()
    fill(edge, upstream, lines, 2)
    assert ask(edge.address, "shop.example").cause == "bulkhead"
