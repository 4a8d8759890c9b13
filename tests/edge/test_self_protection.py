"""What an edge does for itself: against too many connections, slow clients and greedy peers."""

from __future__ import annotations

from http.client import HTTPException
from typing import TYPE_CHECKING

import pytest
from envoy.config.listener.v3 import listener_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2 as manager_pb2

from edge.asking import Line, ask, send, spell
from edge.running import RunningEdge, until
from edge.services import service
from holdfast.model.resource import Resource, ResourceType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.running import LoopThread
    from edge.upstream import Upstream
    from holdfast.model.resource import Snapshot

CONNECTIONS_MAX = 8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""RFC 9113, section 3.4: the connection preface with empty settings."""


def hasten(snapshot: Snapshot) -> Snapshot:
    """The same, but for a shorter time that a head may take."""
    return {k: _hasten(r) if k.type is ResourceType.LISTENER else r for k, r in snapshot.items()}


def _hasten(resource: Resource) -> Resource:
    listener = listener_pb2.Listener.FromString(resource.body)
    packed = listener.filter_chains[0].filters[0].typed_config
    manager = manager_pb2.HttpConnectionManager.FromString(packed.value)
    assert 1 <= manager.request_headers_timeout.seconds <= 30
    manager.request_headers_timeout.FromMilliseconds(300)
    packed.value = manager.SerializeToString()
    return Resource.of(ResourceType.LISTENER, resource.key.name, listener.SerializeToString())


@pytest.fixture(scope="module")
def _small_edge(loop: LoopThread) -> Iterator[RunningEdge]:
    running = RunningEdge(loop, connections_max=CONNECTIONS_MAX, adjust=hasten)
    yield running
    running.stop()


@pytest.fixture
def small_edge(_small_edge: RunningEdge, upstream: Upstream) -> RunningEdge:
    """An edge of few connections and little patience, serving shop.example."""
    _small_edge.serve({"shop": service(upstream)})
    return _small_edge


def open_lines(edge: RunningEdge, count: int) -> list[Line]:
    """Connections that are served; a place that was only just freed may take a moment."""
    lines: list[Line] = []

    def open_one() -> bool:
        line = Line(edge.address)
        try:
            lines.append(line)
            return line.get("shop.example").status == 200
        except (OSError, HTTPException):
            lines.remove(line)
            line.close()
            return False

    while len(lines) < count:
        until(open_one, "one more connection is served")
    return lines


def test_excess_connections_are_closed_and_the_others_served(small_edge: RunningEdge) -> None:
    lines = open_lines(small_edge, CONNECTIONS_MAX)
    for _ in range(5):
        with Line(small_edge.address) as line:
            assert line.is_closed()
    assert [line.get("shop.example").status for line in lines] == [200] * CONNECTIONS_MAX
    lines.pop().close()
    lines += open_lines(small_edge, 1)
    for line in lines:
        line.close()


def test_a_head_that_takes_too_long_is_cut_off(small_edge: RunningEdge) -> None:
    with Line(small_edge.address) as slow, Line(small_edge.address) as other:
        slow.send(b"GET / HTTP/1.1\r\nHost: shop.exa")
        reply = slow.reply()
        assert (reply.status, reply.cause) == (408, "edge")
        assert slow.is_closed()
        assert other.get("shop.example").status == 200


def test_many_slow_heads_lock_nobody_out(small_edge: RunningEdge) -> None:
    slow = [Line(small_edge.address).send(b"GET / HTTP/1.1\r\n") for _ in range(CONNECTIONS_MAX)]
    for line in open_lines(small_edge, 1):
        line.close()
    for line in slow:
        line.close()


def test_http2_peers_are_told_how_much_they_may_do_at_once(edge: RunningEdge) -> None:
    with Line(edge.address) as line:
        line.send(PREFACE)
        head = line.receive(9)
        assert head[3] == 4
        payload = line.receive(int.from_bytes(head[:3], "big"))
    told = {
        int.from_bytes(payload[n : n + 2], "big"): int.from_bytes(payload[n + 2 : n + 6], "big")
        for n in range(0, len(payload), 6)
    }
    assert told[3] == 100
    assert told[4] == 65_536


@pytest.mark.parametrize("headers", [("X-Long: " + "x" * 70_000,), tuple(f"X-{n}: y" for n in range(150))])
def test_heads_that_are_too_large(edge: RunningEdge, upstream: Upstream, headers: tuple[str, ...]) -> None:
    edge.serve({"shop": service(upstream)})
    assert send(edge.address, spell("GET", "/", "shop.example", *headers)).status == 431
    assert upstream.requests == []


def test_heads_that_are_just_large_enough(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)})
    assert ask(edge.address, "shop.example", "X-Long: " + "x" * 50_000).status == 200
    assert ask(edge.address, "shop.example", *(f"X-{n}: y" for n in range(80))).status == 200
