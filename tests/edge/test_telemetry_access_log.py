"""The access log that an edge writes: whom it names, what it leaves out, and how much of it there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edge.asking import Line, ask
from edge.running import EDGE, RunningEdge, until
from edge.services import limits, service
from holdfast.adapters.access_log.reading import read_line
from holdfast.agent.settings import access_log
from holdfast.compile.access_logs import LINES_BURST, LINES_PER_S_MAX
from holdfast.model.mitigation import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.running import LoopThread
    from edge.upstream import Upstream
    from holdfast.model.logged_request import LoggedRequest

HOST = "shop.example"
SECRETS = ("Authorization: Bearer secret", "Cookie: session=secret", "Referer: https://other.example/a?q=secret")


@pytest.fixture(scope="module", params=["json", "combined"])
def _edge(loop: LoopThread, request: pytest.FixtureRequest) -> Iterator[RunningEdge]:
    running = RunningEdge(loop, access_log={"format": request.param, "share": 1.0})
    yield running
    running.stop()


@pytest.fixture
def edge(_edge: RunningEdge) -> RunningEdge:
    """An edge that writes of every request."""
    return _edge


def read_text(edge: RunningEdge) -> str:
    file = access_log(edge.admin_socket.parent)
    return file.read_text() if file.exists() else ""


def read_log(edge: RunningEdge, service: str) -> list[LoggedRequest]:
    lines = read_text(edge).encode().splitlines()
    found = [read_line(line, EDGE) for line in lines]
    assert None not in found
    return [request for request in found if request and request.service == service]


def wait_for(edge: RunningEdge, service: str, count: int) -> list[LoggedRequest]:
    until(lambda: len(read_log(edge, service)) >= count, f"{count} lines of {service}")
    return read_log(edge, service)


def test_what_is_written_of_a_request(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"said": service(upstream)})
    ask(edge.address, HOST, *SECRETS, "User-Agent: me/1", "X-Request-Id: abc", target="/a/b?q=secret", method="PUT")
    (logged,) = wait_for(edge, "said", 1)
    assert (logged.edge, logged.service, logged.tenant, logged.client) == (EDGE, "said", "said-tenant", "127.0.0.1")
    assert (logged.method, logged.host, logged.path, logged.protocol) == ("PUT", HOST, "/a/b", "HTTP/1.1")
    assert (logged.status, logged.cause, logged.rule, logged.attempts) == (200, "", "", 1)
    assert (logged.user_agent, logged.referer) == ("me/1", "https://other.example/a")
    assert logged.upstream == upstream.address
    assert logged.upstream_s is not None
    assert 0 <= logged.upstream_s <= logged.duration_s
    assert logged.answer_bytes > 0
    assert logged.request_id
    assert logged.at > 1e9
    assert "secret" not in read_text(edge)


def test_what_is_written_of_a_refusal(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"refused": service(upstream, limits=limits(1)), "held": service(upstream, hosts=("held.example",))})
    edge.mitigate(Limit(service="held", requests_per_s=0.001))
    for host in (HOST, "held.example"):
        assert [ask(edge.address, host).status for _ in range(2)] == [200, 429]
    refused, held = (wait_for(edge, name, 2)[1] for name in ("refused", "held"))
    assert (refused.cause, refused.rule, refused.flags, refused.attempts) == ("limit.service", "", "RL", 0)
    assert (held.cause, held.rule) == ("limit.mitigation", "limit.m-1")
    assert refused.upstream_s is None


def test_whoever_writes_lines_of_his_own_is_quoted(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"quoted": service(upstream)})
    agent = 'x" service="other" {"service":"other"}'
    ask(edge.address, HOST, f"User-Agent: {agent}")
    (logged,) = wait_for(edge, "quoted", 1)
    assert not read_log(edge, "other")
    assert logged.status == 200


def test_of_refusals_there_are_so_many_lines_at_most(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"flooded": service(upstream, limits=limits(1))})
    many = 3 * LINES_BURST
    with Line(edge.address) as line:
        statuses = [line.get(HOST).status for _ in range(many)]
    assert statuses.count(429) == many - 1
    logged = wait_for(edge, "flooded", LINES_BURST)
    seconds = max(r.at for r in logged) - min(r.at for r in logged)
    assert len(logged) <= LINES_BURST + (seconds + 1) * LINES_PER_S_MAX + 1
