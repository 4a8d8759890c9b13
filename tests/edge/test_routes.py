"""What becomes of requests by what they ask for, at a real edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edge.asking import ask
from edge.services import limits, service

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream

HOST = "shop.example"


def route(name: str, path: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A route in the platform file's words."""
    match = more.pop("match", {})
    return {"name": name, "match": {"path": path or {"prefix": "/"}, **match}, **more}


def serve(edge: RunningEdge, upstreams: tuple[Upstream, ...], *routes: dict[str, Any], **more: Any) -> None:
    """A shop with an upstream, and a second one named `other`."""
    first, second, *_ = upstreams
    other = {"other": {"endpoints": [second.address]}}
    edge.serve({"shop": service(first, upstreams=other, routes=list(routes), **more)})


def paths(upstream: Upstream) -> list[str]:
    return [seen.target for seen in upstream.requests]


def test_the_first_route_that_matches_is_taken(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    serve(
        edge,
        upstreams,
        route("beta", match={"headers": {"x-beta": "yes"}}, upstream="other"),
        route("writes", match={"methods": ["POST", "PUT"]}, upstream="other"),
        route("rest"),
    )
    assert ask(edge.address, HOST, "x-beta: yes", target="/a").status == 200
    assert ask(edge.address, HOST, "x-beta: no", target="/b").status == 200
    assert ask(edge.address, HOST, target="/c", method="POST", body=b"x").status == 200
    assert ask(edge.address, HOST, target="/d").status == 200
    assert (paths(upstreams[0]), paths(upstreams[1])) == (["/b", "/d"], ["/a", "/c"])


@pytest.mark.parametrize(
    ("match", "rewrite", "asked", "seen"),
    [
        ({"prefix": "/api"}, "/", "/api/users?a=/api", "/users?a=/api"),
        ({"prefix": "/api"}, "/", "/api", "/"),
        ({"prefix": "/api"}, "/v2", "/api/users", "/v2/users"),
        ({"prefix": "/api"}, "/v2/", "/api/users", "/v2/users"),
        ({"prefix": "/api/"}, "/v2", "/api/users", "/v2/users"),
        ({"prefix": "/api/"}, "/", "/api/users/", "/users/"),
        ({"prefix": "/"}, "/v2", "/users", "/v2/users"),
        ({"prefix": "/a.b"}, "/", "/a.b/c", "/c"),
        ({"exact": "/cart"}, "/basket", "/cart?x=1", "/basket?x=1"),
    ],
)
def test_paths_are_rewritten(
    edge: RunningEdge, upstreams: tuple[Upstream, ...], match: dict[str, str], rewrite: str, asked: str, seen: str
) -> None:
    serve(edge, upstreams, route("api", match, rewrite={"prefix": rewrite}))
    assert ask(edge.address, HOST, target=asked).status == 200
    assert paths(upstreams[0]) == [seen]


@pytest.mark.parametrize(
    ("match", "asked"),
    [
        ({"prefix": "/api"}, "/apiary"),
        ({"prefix": "/api/"}, "/api"),
        ({"exact": "/cart"}, "/cart/"),
        ({"regex": "/users/[0-9]+"}, "/users/7/mail"),
        ({"prefix": "/api"}, "/API"),
    ],
)
def test_what_no_route_matches_is_not_found(
    edge: RunningEdge, upstreams: tuple[Upstream, ...], match: dict[str, str], asked: str
) -> None:
    serve(edge, upstreams, route("api", match))
    reply = ask(edge.address, HOST, target=asked)
    assert (reply.status, reply.cause, reply.header("content-type")) == (404, "no-route", "application/problem+json")
    assert reply.json["service"] == "shop"
    assert not paths(upstreams[0])


def test_what_no_route_matches_spends_tokens_too(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    serve(edge, upstreams, route("api", {"prefix": "/api"}), limits=limits(2))
    assert [ask(edge.address, HOST, target="/none").status for _ in range(3)] == [404, 404, 429]


def test_headers_are_set_and_taken_out(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    upstreams[0].state.headers = (("server", "secret"), ("cache-control", "public"))
    edits: dict[str, Any] = {
        "request_headers": {"set": {"X-Env": "100% %REQ(a)%"}, "remove": ["X-Debug"]},
        "response_headers": {"set": {"Cache-Control": "no-store"}, "remove": ["Server"]},
    }
    serve(edge, upstreams, route("all", rewrite={"host": "inner.example"}, **edits))
    reply = ask(edge.address, HOST, "x-env: mine", "x-debug: 1")
    assert (reply.seen["x-env"], reply.seen.get("x-debug")) == (["100% %REQ(a)%"], None)
    assert reply.seen["host"] == ["inner.example"]
    assert (reply.header("cache-control"), reply.header("server")) == ("no-store", None)


def test_the_edge_answers_and_redirects_by_itself(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    serve(
        edge,
        upstreams,
        route("gone", {"exact": "/v0"}, answer={"status": 410, "body": "it is gone"}),
        route("old", {"prefix": "/old"}, redirect={"path": "/new", "status": 308}),
        route("rest"),
    )
    gone, old = (ask(edge.address, HOST, target=target) for target in ("/v0", "/old/x"))
    assert (gone.status, gone.body, gone.cause) == (410, b"it is gone", None)
    assert (old.status, old.header("location")) == (308, "http://shop.example/new")
    assert not paths(upstreams[0])


def test_each_upstream_has_walls_of_its_own(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    """A route that hangs doesn't take the places of the others."""
    serve(
        edge,
        upstreams,
        route("other", {"prefix": "/other"}, upstream="other"),
        route("rest"),
        bulkhead={"in_flight": {"guaranteed": 1, "maximum": 1}, "pending": 1, "connections": 1},
    )
    upstreams[1].kill()
    assert ask(edge.address, HOST, target="/other").status == 503
    assert ask(edge.address, HOST, target="/").status == 200
