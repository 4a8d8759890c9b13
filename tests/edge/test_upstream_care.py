"""Endpoints that fail, hang or die, and what clients notice of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.asking import Line, ask, spell
from edge.running import until
from edge.services import service

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream

HOST = "shop.example"
DRAWN = 40
"""Of so many requests each of two endpoints is drawn for one, but for one time in 10^11."""


def shop(*upstreams: Upstream, **upstream: Any) -> dict[str, Any]:
    return {"shop": service(*upstreams, upstream=upstream)}


def seen(*upstreams: Upstream) -> list[int]:
    return [len(u.requests) for u in upstreams]


def test_no_request_fails_when_a_replica_dies(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve(shop(*upstreams))
    with Line(edge.address) as line:
        statuses = [line.get(HOST).status for _ in range(100)]
        upstreams[1].kill()
        statuses += [line.get(HOST).status for _ in range(100)]
        upstreams[2].kill()
        statuses += [line.get(HOST).status for _ in range(100)]
    assert statuses == [200] * 300
    assert min(seen(*upstreams)) > 0


def test_writes_are_sent_to_another_replica_if_none_has_begun(
    edge: RunningEdge, upstreams: tuple[Upstream, ...]
) -> None:
    edge.serve(shop(*upstreams[:2]))
    upstreams[0].kill()
    assert {ask(edge.address, HOST, method="POST", body=b"x").status for _ in range(20)} == {200}


def test_writes_that_have_begun_are_not_repeated(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve(shop(*upstreams[:2]))
    upstreams[0].state.resets = True
    statuses = [ask(edge.address, HOST, method="POST", body=b"x").status for _ in range(40)]
    assert 502 in statuses
    assert sum(seen(*upstreams)) == 40


def test_writes_with_an_idempotency_key_are_repeated(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve(shop(*upstreams[:2], retries={"idempotency_key": "Idempotency-Key"}))
    upstreams[0].state.resets = True
    replies = [ask(edge.address, HOST, "idempotency-key: 1", method="POST", body=b"x") for _ in range(DRAWN)]
    assert {r.status for r in replies} == {200}
    assert sum(seen(*upstreams)) > DRAWN
    assert {r.body for u in upstreams for r in u.requests} == {b"x"}


def test_reads_are_repeated_as_often_as_is_said(edge: RunningEdge, upstream: Upstream) -> None:
    for attempts_max in (0, 1, 3):
        upstream.reset()
        upstream.state.status = 503
        edge.serve(shop(upstream, retries={"attempts_max": attempts_max}))
        assert ask(edge.address, HOST).status == 503
        assert len(upstream.requests) == 1 + attempts_max


def test_methods_that_are_repeated_are_the_services_own(edge: RunningEdge, upstream: Upstream) -> None:
    upstream.state.status = 503
    edge.serve(shop(upstream, retries={"attempts_max": 1, "methods": ["PUT"]}))
    for method, count in (("PUT", 2), ("GET", 1), ("POST", 1)):
        upstream.requests.clear()
        ask(edge.address, HOST, method=method, body=b"")
        assert len(upstream.requests) == count, method


def test_clients_do_not_choose_what_is_repeated(edge: RunningEdge, upstream: Upstream) -> None:
    upstream.state.status = 503
    edge.serve(shop(upstream, retries={"attempts_max": 0}))
    ask(edge.address, HOST, "X-Envoy-Retry-On: 5xx", "X-Envoy-Max-Retries: 5", "x-envoy-upstream-rq-timeout-ms: 1")
    assert len(upstream.requests) == 1


def test_retries_stay_within_their_budget(edge: RunningEdge, upstream: Upstream) -> None:
    count = 40
    edge.serve(shop(upstream, retries={"attempts_max": 1, "budget": 0.1}))
    upstream.hold()
    lines = [Line(edge.address).send(spell("GET", "/", HOST)) for _ in range(count)]
    until(lambda: upstream.state.in_flight == count, "all are in flight")
    upstream.fail_and_hold()
    until(lambda: upstream.state.in_flight + answered(lines) == count, "each has failed or is tried again")
    assert 1 <= upstream.state.in_flight <= count * 0.1
    upstream.release()
    statuses = [line.reply().status for line in lines]
    assert statuses.count(200) == len(upstream.requests) - count
    for line in lines:
        line.close()


def answered(lines: list[Line]) -> int:
    return sum(line.has_answer() for line in lines)


def test_a_replica_that_hangs_costs_one_try(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve(shop(*upstreams[:2], timeouts={"per_try": 0.1, "request": 10.0}))
    upstreams[0].hold()
    for _ in range(DRAWN):
        assert ask(edge.address, HOST).status == 200
        if upstreams[0].requests:
            break
    assert upstreams[0].requests


def test_a_replica_that_keeps_failing_is_left_alone(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve(shop(*upstreams[:2], retries={"attempts_max": 0}))
    upstreams[0].state.status = 500
    until(lambda: [ask(edge.address, HOST).status for _ in range(20)] == [200] * 20, "it is ejected")
    assert 5 <= len(upstreams[0].requests) <= 10


def test_half_of_the_replicas_are_never_left_alone(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    edge.serve(shop(*upstreams[:2], retries={"attempts_max": 0}))
    for upstream in upstreams[:2]:
        upstream.state.status = 500
    replies = [ask(edge.address, HOST) for _ in range(60)]
    assert {(r.status, r.cause) for r in replies} == {(500, None)}


def test_active_checks(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    check = {"interval": 0.05, "timeout": 1.0, "unhealthy_after": 1, "healthy_after": 1}
    edge.serve(shop(*upstreams[:2], health_check=check))
    assert ask(edge.address, HOST).status == 200

    upstreams[0].state.healthy = False
    until(lambda: healthy(edge) == 1 and not reaches(edge, upstreams[0]), "one is known to be ill")
    assert {ask(edge.address, HOST).status for _ in range(10)} == {200}
    assert upstreams[0].requests == []

    upstreams[1].state.healthy = False
    until(lambda: ask(edge.address, HOST).cause == "upstream.unhealthy", "both are known to be ill")
    assert healthy(edge) == 0

    upstreams[1].state.healthy = True
    until(lambda: ask(edge.address, HOST).status == 200, "one is well again")


def reaches(edge: RunningEdge, upstream: Upstream) -> bool:
    """Whether one of some requests comes to this endpoint; it has forgotten them then."""
    upstream.requests.clear()
    for _ in range(5):
        ask(edge.address, HOST)
    reached = bool(upstream.requests)
    upstream.requests.clear()
    return reached


def healthy(edge: RunningEdge) -> int:
    return edge.count_healthy("shop")


def test_endpoints_change_under_traffic(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    with Line(edge.address) as line:
        for used in (upstreams[:1], upstreams[1:], upstreams[:1], upstreams):
            edge.serve(shop(*used))
            assert [line.get(HOST).status for _ in range(10)] == [200] * 10
            assert all(u.requests for u in used)


def test_an_upstream_by_name(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve(shop(upstream, endpoints=[f"localhost:{upstream.port}"]))
    assert ask(edge.address, HOST).status == 200
