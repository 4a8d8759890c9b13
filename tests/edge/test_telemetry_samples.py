"""Sampled requests: what is in them, what never is, and of whom there are more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edge.asking import ask
from edge.reported import Reported
from edge.running import EDGE, until
from edge.services import limits, service
from holdfast.model.mitigation import Kill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.running import LoopThread
    from edge.upstream import Upstream
    from holdfast.model.sample import SampledRequest

HOST = "shop.example"


@pytest.fixture(scope="module")
def _edge(loop: LoopThread) -> Iterator[Reported]:
    running = Reported(loop)
    yield running
    running.close()


@pytest.fixture
def edge(_edge: Reported) -> Reported:
    """An edge that has been quiet for so long that all requests are sampled."""
    until(lambda: _edge.reports and _edge.reports[-1].sampled_share == 1.0, "all requests are sampled")
    return _edge


def sampled(edge: Reported, count: int = 1) -> list[SampledRequest]:
    until(lambda: len(edge.samples) >= count, f"{count} samples have come")
    return edge.samples


def test_what_is_in_a_sample(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)})
    headers = (
        "User-Agent: " + "x" * 300,
        "Referer: https://other.example/page?token=secret",
        "Authorization: Bearer secret",
        "Cookie: session=secret",
        "X-Request-Id: mine",
    )
    reply = ask(edge.address, HOST, *headers, target="/reset/a1b2c3d4e5f6/items?password=secret", source="127.0.0.7")
    (sample,) = sampled(edge)
    assert (reply.status, sample.status) == (200, 200)
    assert (sample.edge, sample.service, sample.client, sample.method) == (EDGE, "shop", "127.0.0.7", "GET")
    assert (sample.path, sample.referer) == ("/reset/***/items", "https://other.example/page")
    assert sample.user_agent == "x" * 256
    assert sample.request_id == reply.seen["x-request-id"][0]
    assert (sample.cause, sample.document, sample.weight) == ("", None, 1.0)
    assert 0 < sample.duration_s < 10
    assert edge.reports[-1].began_at - 60 < sample.at < edge.reports[-1].ended_at + 60
    assert "secret" not in repr(sample)


def test_refusals_name_their_rule(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, limits=limits(1)), "wiki": service(upstream, hosts=("wiki.example",))})
    edge.mitigate(Kill(service="wiki"))
    edge.forget()
    edge.ask_often(HOST, 2)
    edge.ask_often("wiki.example", 1)
    edge.ask_often("nobody.example", 1)
    found = {(s.service, s.status, s.cause) for s in sampled(edge, 3)}
    assert found == {("shop", 200, ""), ("shop", 429, "limit.service"), ("wiki", 503, "kill.m-1")}


def test_graphql_documents(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream, accept={"graphql": {}})})
    ask(edge.address, HOST, "Content-Type: application/json", method="POST", body=b'{"query":"{ items { id } }"}')
    assert [s.document for s in sampled(edge)] == ["{ items { id } }"]


def test_of_watched_services_there_are_more_and_each_once(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream), "blog": service(upstream, hosts=("blog.example",))})
    edge.watch("shop")
    many = 400
    per_service: dict[str, list[SampledRequest]] = {}

    def watched_come_all_and_others_do_not() -> bool:
        """Where the machine is so slow that there are few requests, all of them are sampled.

        Neither alone tells: what is read just after a share changed was drawn by the share before.
        """
        edge.forget()
        edge.ask_often(HOST, many)
        edge.ask_often("blog.example", many)
        edge.expect("blog", offered=many, admitted=many)
        edge.wait_for_report()
        per_service.update({name: [s for s in edge.samples if s.service == name] for name in ("shop", "blog")})
        are_fewer = len(per_service["blog"]) < many == len(per_service["shop"])
        return are_fewer and any(sample.weight > 1.0 for sample in per_service["blog"])

    until(watched_come_all_and_others_do_not, "all watched and fewer than all ordinary requests are sampled")
    assert len({s.request_id for s in edge.samples}) == len(edge.samples)


def test_where_there_is_more_a_smaller_share_is_drawn(edge: Reported, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)})
    until(
        lambda: edge.ask_often(HOST, 50) and edge.reports and edge.reports[-1].sampled_share < 0.9,
        "fewer than all are sampled",
    )
    until(lambda: edge.reports[-1].sampled_share == 1.0, "all are sampled again once it is quiet")


def test_what_a_plan_needs_to_ask_again(edge: Reported, upstream: Upstream) -> None:
    rewritten = {"prefix": "/inner", "host": "inner.example"}
    routes = [{"name": "files", "match": {"path": {"prefix": "/files"}}, "rewrite": rewritten}]
    edge.serve({"shop": service(upstream, routes=routes)})
    headers = ("Content-Type: text/plain; charset=utf-8", "Accept: text/*", "Cookie: session=secret")
    ask(edge.address, HOST, *headers, method="POST", target="/files/a1b2c3d4?key=secret&flag", body=b"secret" * 10)
    (sample,) = sampled(edge)
    assert (sample.method, sample.host, sample.route) == ("POST", "inner.example", "files")
    assert (sample.target, sample.path) == ("/inner/a1b2c3d4?key=x&flag", "/inner/a1b2c3d4")
    assert (sample.content_type, sample.accept, sample.body_bytes) == ("text/plain", "text/*", 60)
    assert sample.head_bytes > sum(map(len, headers))
    assert "secret" not in repr(sample)
