"""`observe`: everything is counted, nothing is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from edge.asking import Line, ask, send, spell, spell_chunked
from edge.running import until
from edge.services import SLOW, limits, service
from holdfast.compile import COUNTS_PATTERN, read_counts, settle_walls
from holdfast.model.mitigation import Block, Kill, Limit, Measure, ReadOnly
from holdfast.model.observed import ObservedCounts
from holdfast.model.platform import ClientLimits

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream

JSON = "Content-Type: application/json"


def observed(upstream: Upstream, **more: Any) -> dict[str, Any]:
    return service(upstream, hosts=("shop.example", "*.shop.example"), mode="observe", **more)


def counted(edge: RunningEdge, name: str) -> int:
    return edge.stats(rf"^{name}$").get(name.replace("\\", ""), 0)


def counts_of(edge: RunningEdge) -> dict[str, ObservedCounts]:
    stats = edge.stats(COUNTS_PATTERN)
    return read_counts(stats, edge.count_in_flight(read_counts(stats)))


NOTHING = ObservedCounts()
HEADS = {
    "methods": ({"methods": ["GET"]}, spell("PUT", "/", "shop.example", body=b"")),
    "content_types": ({"content_types": ["text/plain"]}, spell("PUT", "/", "shop.example", body=b"x")),
    "body_max": ({"body_max": 5}, spell("PUT", "/", "shop.example", body=b"123456")),
    "header_max": ({"header_max": 50}, spell("PUT", "/", "shop.example", "X-Long: " + "x" * 100)),
    "url_max": ({"url_max": 5}, spell("GET", "/123456", "shop.example")),
    "method in disguise": ({"methods": ["GET"]}, spell("GET", "/", "shop.example", "X-HTTP-Method: PUT")),
    "graphql": ({"graphql": {}}, spell("POST", "/", "shop.example", JSON, body=b'{"query":5}')),
    "graphql mutations": (
        {"graphql": {"mutations": False}},
        spell("POST", "/", "shop.example", JSON, body=b'{"query":"mutation{a}"}'),
    ),
    "graphql by get": ({"graphql": {"get_queries": True}}, spell("GET", "/?query=mutation{a}", "shop.example")),
}


@pytest.mark.parametrize("what", HEADS)
def test_kinds_of_request(edge: RunningEdge, upstream: Upstream, what: str) -> None:
    accept, raw = HEADS[what]
    edge.serve({"shop": observed(upstream, accept=accept)})
    before = counted(edge, r"http\.edge\.rbac\.shadow_denied")
    assert send(edge.address, raw).status == 200
    assert counted(edge, r"http\.edge\.rbac\.shadow_denied") > before


@pytest.mark.parametrize("host", ["shop.example", "a.shop.example"])
def test_long_bodies(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    edge.serve({"shop": observed(upstream, accept={"body_max": 5, "graphql": {}})})
    body = b'{"query":"{a}","variables":"' + b"x" * 3_000_000 + b'"}'
    assert ask(edge.address, host, JSON, method="POST", body=body).status == 200
    chunks = tuple(body[n : n + 60_000] for n in range(0, len(body), 60_000))
    assert send(edge.address, spell_chunked("POST", "/", host, JSON, chunks=chunks)).json["body_bytes"] == len(body)


@pytest.mark.parametrize("burst", [{"burst": 2}, {"burst": 5, "per_client": 2}], ids=["all", "each client"])
def test_limits(edge: RunningEdge, upstream: Upstream, burst: dict[str, int]) -> None:
    flooded, calm = f"flooded-{len(burst)}", f"calm-{len(burst)}"
    edge.serve({
        flooded: observed(upstream, limits=limits(**burst)),
        calm: service(upstream, hosts=("calm.example",), mode="observe"),
    })  # fmt: skip
    replies = [ask(edge.address, "shop.example") for _ in range(5)]
    assert ask(edge.address, "calm.example").status == 200
    assert {(r.status, r.cause) for r in replies} == {(200, None)}
    counts = counts_of(edge)
    assert (counts[flooded].requests, counts[flooded].limited) == (5, 3)
    assert (counts[calm].requests, counts[calm].limited) == (1, 0)


def test_what_is_enforced_is_not_counted_apart(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"enforced": service(upstream, limits=limits(1), accept={"methods": ["GET"]})})
    assert [ask(edge.address, "shop.example").status for _ in range(2)] == [200, 429]
    assert ask(edge.address, "shop.example", method="DELETE").status == 405
    assert not edge.stats(r"observed\.enforced")
    assert counts_of(edge).get("enforced", NOTHING) == NOTHING


def test_each_rule_is_counted_by_service(edge: RunningEdge, upstream: Upstream) -> None:
    accept = {"methods": ["POST"], "body_max": 30, "graphql": {"mutations": False}}
    edge.serve({
        "strict": observed(upstream, accept=accept),
        "lenient": service(upstream, hosts=("lenient.example",), mode="observe"),
    })  # fmt: skip
    mutation = b'{"query":"mutation{a}"}'
    for method, body in (("DELETE", None), ("POST", mutation), ("POST", mutation), ("POST", b'{"query":"{a}"}')):
        assert ask(edge.address, "shop.example", JSON, method=method, body=body).status == 200
        assert ask(edge.address, "lenient.example", JSON, method=method, body=body).status == 200
    counts = counts_of(edge)
    assert counts["strict"].requests == counts["lenient"].requests == 4
    assert counts["strict"].refusals["accept.methods"] == 1
    assert counts["strict"].refusals["accept.graphql_mutations"] == 2
    assert counts["lenient"].refusals == {}


def test_each_mitigation_is_counted_by_service(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({
        "first": service(upstream, hosts=("first.example",), mode="observe"),
        "second": service(upstream, hosts=("second.example",), mode="observe"),
        "third": service(upstream, hosts=("third.example",)),
    })  # fmt: skip
    edge.mitigate(Kill(service="first"), Block(networks=("127.0.0.5/32",)))
    assert [ask(edge.address, "first.example").status for _ in range(3)] == [200] * 3
    assert ask(edge.address, "second.example").status == 200
    assert ask(edge.address, "second.example", source="127.0.0.5").status == 200
    assert ask(edge.address, "third.example", source="127.0.0.5").status == 403
    counts = counts_of(edge)
    assert counts["first"].refusals == {"kill.m-1": 3}
    assert counts["second"].refusals == {"block.m-2": 1}
    assert counts.get("third", NOTHING).refusals == {}


def test_what_is_in_flight(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"slow": observed(upstream, bulkhead={"in_flight": {"guaranteed": 1, "maximum": 1}})})
    upstream.hold()
    lines = [Line(edge.address).send(spell("GET", "/", "shop.example")) for _ in range(3)]
    until(lambda: counts_of(edge).get("slow", NOTHING).in_flight == 3, "three are seen in flight")
    upstream.release()
    assert [line.reply().status for line in lines] == [200] * 3
    for line in lines:
        line.close()
    until(lambda: counts_of(edge)["slow"].in_flight == 0, "none is in flight")


def test_the_limit_of_a_location(edge: RunningEdge, upstream: Upstream) -> None:
    capacity = {"in_flight": 10, "requests": 1.0}
    edge.serve({"shop": service(upstream)}, capacity=capacity, mode="observe")
    before = counted(edge, r"location_limit\.http_local_rate_limit\.rate_limited")
    assert {ask(edge.address, "shop.example").status for _ in range(20)} == {200}
    assert counted(edge, r"location_limit\.http_local_rate_limit\.rate_limited") > before


def test_walls(edge: RunningEdge, upstream: Upstream) -> None:
    tight = {"in_flight": {"guaranteed": 1, "maximum": 1}, "pending": 0, "connections": 1}
    edge.serve({"shop": observed(upstream, bulkhead=tight)})
    upstream.hold()
    lines = [Line(edge.address).send(spell("GET", "/", "shop.example")) for _ in range(10)]
    until(lambda: upstream.state.in_flight == 10, "all are in flight")
    upstream.release()
    assert [line.reply().status for line in lines] == [200] * 10
    for line in lines:
        line.close()


def test_walls_of_a_service_that_is_observed_from_now_on(edge: RunningEdge, upstream: Upstream) -> None:
    tight = {"in_flight": {"guaranteed": 1, "maximum": 1}}
    edge.serve({"shop": service(upstream, bulkhead=tight)})
    new = edge.intend({"shop": service(upstream, mode="observe", bulkhead=tight)})
    edge.put(replace(new, settled=settle_walls(edge.intent, new)))
    upstream.hold()
    lines = [Line(edge.address).send(spell("GET", "/", "shop.example")) for _ in range(10)]
    until(lambda: upstream.state.in_flight == 10, "all are in flight")
    upstream.release()
    assert [line.reply().status for line in lines] == [200] * 10
    for line in lines:
        line.close()


@pytest.mark.parametrize("host", ["shop.example", "a.shop.example"])
@pytest.mark.parametrize(
    "measure",
    [
        Kill(service="shop"),
        ReadOnly(service="shop"),
        Block(service="shop", networks=("127.0.0.0/8",)),
        Block(networks=("127.0.0.0/8",)),
        Limit(service="shop", requests_per_s=SLOW),
        Limit(service="shop", per_client=ClientLimits(requests=SLOW, burst=1)),
        Limit(service="shop", in_flight=0),
    ],
    ids=lambda measure: measure.kind,
)
def test_mitigations(edge: RunningEdge, upstream: Upstream, measure: Measure, host: str) -> None:
    edge.serve({"shop": observed(upstream), "blog": service(upstream, hosts=("blog.example",))})
    edge.mitigate(measure)
    before = counted(edge, r"http\.edge\.rbac\.mitigations\.shadow_denied")
    assert {ask(edge.address, host, method="POST", body=b"").status for _ in range(3)} == {200}
    if not isinstance(measure, Limit):
        assert counted(edge, r"http\.edge\.rbac\.mitigations\.shadow_denied") > before
    if isinstance(measure, Block) and measure.service is None:
        assert ask(edge.address, "blog.example").status == 403
    else:
        assert ask(edge.address, "blog.example").status == 200


def test_a_block_while_the_whole_platform_is_observed(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve(
        {"shop": service(upstream), "blog": service(upstream, hosts=("blog.example",), mode="enforce")}, mode="observe"
    )
    edge.mitigate(Block(networks=("127.0.0.0/8",)), Block(service="blog", networks=("127.0.0.5/32",)))
    assert ask(edge.address, "shop.example").status == 200
    assert ask(edge.address, "blog.example", source="127.0.0.5").status == 403
