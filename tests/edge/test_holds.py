"""Services that come back after an outage: held, let in for a little, and asked how they are meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from edge.asking import Line, ask
from edge.running import until
from edge.services import service
from holdfast.agent.settings import inner_socket
from holdfast.compile import names
from holdfast.model.inner import INNER_HEADER
from holdfast.model.mitigation import Block, Hold, Kill, Limit
from holdfast.model.route import Probe
from holdfast.recover.readiness.answers import Reply
from holdfast.runtime.recovery import asking
from holdfast.runtime.recovery.asking import Elsewhere, ask_cluster
from holdfast.spooler.private_socket import bind_private

if TYPE_CHECKING:
    from pathlib import Path

    from edge.running import RunningEdge
    from edge.upstream import Upstream

HOST = "shop.example"
PROBES = [{"path": "/status"}]


@pytest.fixture
def served(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> RunningEdge:
    """A shop with a standby and a probe; and a blog without either."""
    primary, standby, other = upstreams
    upstream = {"standbys": {"west": {"endpoints": [standby.address]}}}
    edge.serve(
        {"shop": service(primary, upstream=upstream, probes=PROBES), "blog": service(other, hosts=("blog.example",))}
    )
    return edge


def probe(edge: RunningEdge, cluster: str, path: str = "/status", host: str = HOST) -> Reply | Elsewhere | None:
    return asyncio.run(ask_cluster((edge.inner_socket.parent,), cluster, host, Probe(path=path)))


def test_a_held_service_is_refused_and_clients_are_told_to_come_back_at_different_times(served: RunningEdge) -> None:
    served.mitigate(Hold(service="shop"))
    told = set[int]()

    def is_spread() -> bool:
        reply = ask(served.address, HOST)
        assert (reply.status, reply.cause) == (503, "hold")
        assert reply.json["title"] == "This service is being brought back"
        assert "[hold.m-1]" in reply.json["rule"]
        told.add(int(reply.header("retry-after") or 0))
        return len(told) >= 3

    until(is_spread, "clients are told to come back at different times")
    assert min(told) >= 20
    assert max(told) <= 29
    assert ask(served.address, "blog.example").status == 200
    served.mitigate()
    assert ask(served.address, HOST).status == 200


def test_a_hold_lets_in_so_many(served: RunningEdge) -> None:
    served.mitigate(Hold(service="shop", requests_per_s=0.001))
    replies = [ask(served.address, HOST) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 429, 429]
    assert replies[1].json["mitigation"] == "limit.m-1"
    assert replies[1].header("retry-after") == "1"


@pytest.mark.parametrize("hold_rps", [0.001, 1_000.0])
def test_the_lower_of_a_hold_and_a_limit_counts(served: RunningEdge, hold_rps: float) -> None:
    other = 0.001 + 1_000.0 - hold_rps
    served.mitigate(Hold(service="shop", requests_per_s=hold_rps), Limit(service="shop", requests_per_s=other))
    assert [ask(served.address, HOST).status for _ in range(2)] == [200, 429]


def test_blocks_and_kills_are_told_before_holds(served: RunningEdge) -> None:
    served.mitigate(Hold(service="shop"), Block(service="shop", networks=("127.0.0.9/32",)))
    assert ask(served.address, HOST, source="127.0.0.9").cause == "block"
    served.mitigate(Hold(service="shop"), Kill(service="shop"))
    assert ask(served.address, HOST).cause == "kill"


def test_connections_outlive_a_hold(served: RunningEdge) -> None:
    with Line(served.address) as line:
        assert line.get(HOST).status == 200
        served.mitigate(Hold(service="shop"))
        assert line.get(HOST).status == 503
        served.mitigate()
        assert line.get(HOST).status == 200


def test_each_upstream_is_asked_by_itself(served: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    primary, standby, _ = upstreams
    for cluster, mine, other in (
        ("shop", primary, standby),
        (names.standby_of("shop", None, "west"), standby, primary),
    ):
        before = len(other.requests)
        reply = probe(served, cluster)
        assert isinstance(reply, Reply)
        assert reply.status == 200
        assert mine.requests[-1].target == "/status"
        assert len(other.requests) == before
    standby.kill()
    reply = probe(served, names.standby_of("shop", None, "west"))
    assert isinstance(reply, Reply)
    assert reply.status == 503
    assert probe(served, names.standby_of("shop", None, "nowhere")) == Elsewhere("its path leads elsewhere")


def test_a_held_service_is_asked_how_it_is_all_the_same(served: RunningEdge) -> None:
    served.mitigate(Hold(service="shop"))
    reply = probe(served, "shop")
    assert isinstance(reply, Reply)
    assert reply.status == 200
    served.mitigate(Kill(service="shop"))
    assert probe(served, "shop") == Elsewhere("an edge refused the question: kill")


def test_an_edge_that_hangs_is_not_taken_for_a_standby_that_does(
    served: RunningEdge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "ANSWER_S_MAX", 1.0)
    with bind_private(inner_socket(tmp_path)) as hung:
        hung.listen()
        folders = (tmp_path, served.inner_socket.parent)
        reply = asyncio.run(ask_cluster(folders, "shop", HOST, Probe(path="/status")))
        assert isinstance(reply, Reply)
        assert asyncio.run(ask_cluster((tmp_path,), "shop", HOST, Probe(path="/status"))) is None


def test_nobody_gets_past_a_hold_by_saying_that_they_ask(served: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    served.mitigate(Hold(service="shop"))
    for value in (names.probe_of("shop"), names.probe_of(names.standby_of("shop", None, "west"))):
        assert ask(served.address, HOST, f"{INNER_HEADER}: {value}").cause == "hold"
    served.mitigate()
    reply: Any = ask(served.address, HOST, f"{INNER_HEADER}: {names.probe_of('shop~~west')}")
    assert reply.status == 200
    assert reply.header(names.PROBED_HEADER) is None
    assert upstreams[1].requests == []
