"""Machines of two kinds, some left out, some learnt: who is asked how much, and who takes over."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from edge.asking import Line, ask, spell
from edge.running import until
from edge.services import service
from holdfast.model.mitigation import Drain, Mitigation
from holdfast.model.recovery import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.running import LoopThread, RunningEdge

from edge.upstream import Upstream

HOST = "shop.example"
ASKED = 500
DRAWN_MAX = 40
"""Among so many draws each of two endpoints comes up, but for one time in 10^11."""
CHECK = {"path": "/healthz", "interval": 0.05, "timeout": 1.0, "unhealthy_after": 1}


@pytest.fixture
def five(loop: LoopThread) -> Iterator[tuple[Upstream, ...]]:
    started = tuple(Upstream(loop) for _ in range(5))
    yield started
    for upstream in started:
        upstream.kill()


def shop(*endpoints: dict[str, Any], **upstream: Any) -> dict[str, Any]:
    return {"shop": service(upstream={"endpoints": list(endpoints), **upstream})}


def stable(upstream: Upstream) -> dict[str, Any]:
    return {"address": upstream.address, "zone": "east"}


def ephemeral(upstream: Upstream) -> dict[str, Any]:
    return {"address": upstream.address, "zone": "west", "ephemeral": True}


def ask_often(edge: RunningEdge, *upstreams: Upstream) -> list[int]:
    """How many of many requests each was asked, all of them answered."""
    before = [len(each.requests) for each in upstreams]
    with Line(edge.address) as line:
        replies = [line.get(HOST) for _ in range(ASKED)]
        assert [(n, r.status, r.cause) for n, r in enumerate(replies) if r.status != 200] == []
    return [len(each.requests) - had for each, had in zip(upstreams, before, strict=True)]


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_ephemeral_endpoints_have_no_more_than_their_share(
    edge: RunningEdge, five: tuple[Upstream, ...], share: float
) -> None:
    edge.serve(shop(stable(five[0]), *map(ephemeral, five[1:]), ephemeral_max=share))
    first, *others = ask_often(edge, *five)
    assert abs(sum(others) - share * ASKED) <= 0.08 * ASKED
    assert min(others) > 0
    assert first + sum(others) == ASKED


def test_where_they_are_few_all_have_as_much(edge: RunningEdge, five: tuple[Upstream, ...]) -> None:
    edge.serve(shop(*map(stable, five[:4]), ephemeral(five[4])))
    assert abs(ask_often(edge, *five)[4] - ASKED / 5) <= 0.08 * ASKED


def test_whoever_is_left_takes_it_all(edge: RunningEdge, five: tuple[Upstream, ...]) -> None:
    edge.serve(shop(stable(five[0]), *map(ephemeral, five[1:]), ephemeral_max=0.2, health_check=CHECK))
    until(lambda: edge.count_healthy("shop") == 5, "all are known to be well")
    five[0].kill()
    until(lambda: edge.count_healthy("shop") == 4, "it is seen to be dead")
    assert sum(ask_often(edge, *five[1:])) == ASKED
    five[0].start()
    until(lambda: edge.count_healthy("shop") == 5, "it is known to be well again")
    for each in five[1:]:
        each.kill()
    until(lambda: edge.count_healthy("shop") == 1, "they are seen to be dead")
    assert ask_often(edge, five[0]) == [ASKED]


def drain(edge: RunningEdge, *addresses: str) -> None:
    measures = (Drain(service="shop", endpoints=addresses),) if addresses else ()
    mitigations = (
        Mitigation(id="m-1", measure=each, reason="test", author="me", started_at=0.0, expires_at=1e9)
        for each in measures
    )
    edge.put(edge.intent.under(tuple(mitigations)))


def hold_at_each(edge: RunningEdge, lines: ExitStack, *upstreams: Upstream) -> list[Line]:
    """Lines whose requests wait, one at each endpoint at least: whom the edge asks next is its own to draw."""
    sent: list[Line] = []
    for each in upstreams:
        each.hold()
    while min(each.state.in_flight for each in upstreams) == 0:
        assert len(sent) < DRAWN_MAX, "one of them is never asked"
        sent.append(lines.enter_context(Line(edge.address)).send(spell("GET", "/", HOST)))
        until(lambda: sum(each.state.in_flight for each in upstreams) == len(sent), "the request is with one of them")
    return sent


def test_what_is_drained_finishes_and_is_asked_nothing_new(edge: RunningEdge, five: tuple[Upstream, ...]) -> None:
    one, two = five[:2]
    edge.serve(shop(stable(one), stable(two)))
    with ExitStack() as lines:
        waiting = hold_at_each(edge, lines, one, two)
        drain(edge, one.address)
        for each in (one, two):
            each.release()
        assert {line.reply().status for line in waiting} == {200}
    assert ask_often(edge, one, two) == [0, ASKED]
    drain(edge)
    assert min(ask_often(edge, one, two)) > 0


def test_what_is_learnt_takes_the_place_of_what_is_written(edge: RunningEdge, five: tuple[Upstream, ...]) -> None:
    feed = {"file": "/somewhere"}
    edge.serve({"shop": service(five[0], upstream={"endpoints_from": feed})})
    assert ask_often(edge, *five[:2]) == [ASKED, 0]
    learnt = tuple(Endpoint(address=each.address) for each in five[1:3])
    edge.put(edge.intent.discovering({"shop": learnt}))
    first, *others = ask_often(edge, *five[:3])
    assert first == 0
    assert min(others) > 0


def test_without_any_endpoint_yet_the_answer_says_so(edge: RunningEdge) -> None:
    edge.serve({"shop": service(upstream={"endpoints_from": {"file": "/somewhere"}})})
    assert ask(edge.address, HOST).status == 503


def test_new_endpoints_start_slowly_if_that_is_wanted(edge: RunningEdge, five: tuple[Upstream, ...]) -> None:
    upstream = {"endpoints_from": {"file": "/somewhere"}, "slow_start": 60.0, "health_check": CHECK}
    edge.serve({"shop": service(five[0], upstream=upstream)})
    until(lambda: edge.count_healthy("shop") == 1, "the first is known to be well")
    ask_often(edge, five[0])
    learnt = tuple(Endpoint(address=each.address) for each in five[:2])
    edge.put(edge.intent.discovering({"shop": learnt}))
    until(lambda: edge.count_healthy("shop") == 2, "the second is known to be well")
    assert sum(ask_often(edge, *five[:2])) == ASKED
