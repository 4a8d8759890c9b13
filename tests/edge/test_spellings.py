"""No rule is got around by spelling a request otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.asking import Line, ask
from edge.services import limits, service
from holdfast.model.mitigation import Block, Kill, ReadOnly

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream

SHUT = ("killed", "limited", "blocked", "frozen", "kinds")
"""A service for each rule; not one of the requests below may pass it."""
OPEN = "open"


@pytest.fixture
def guarded(edge: RunningEdge, upstreams: tuple[Upstream, ...]) -> RunningEdge:
    shut, free = upstreams[:2]
    hosts = {name: (f"{name}.example", f"*.{name}.example") for name in (*SHUT, OPEN)}
    services = {name: service(shut, hosts=hosts[name]) for name in SHUT}
    services["limited"]["limits"] = limits(1, per_client=1)
    services["kinds"]["accept"] = {"methods": ["GET"]}
    edge.serve(services | {OPEN: service(free, hosts=hosts[OPEN])})
    edge.mitigate(
        Kill(service="killed"), Block(service="blocked", networks=("127.0.0.0/8",)), ReadOnly(service="frozen")
    )
    assert ask(edge.address, "limited.example").status == 200
    shut.requests.clear()
    return edge


def _mixed(text: str) -> st.SearchStrategy[str]:
    return st.lists(st.booleans(), min_size=len(text), max_size=len(text)).map(
        lambda ups: "".join(c.upper() if up else c for c, up in zip(text, ups, strict=True))
    )


METHODS = st.sampled_from(["POST", "PUT", "DELETE", "PATCH", "TRACE", "MOVE", "PROPFIND", "post", "BREW", "CONNECT"])
STEPS = st.sampled_from(
    [
        "/",
        "//",
        "/./",
        "/../",
        "/a",
        "/a/..",
        "%2f",
        "%2F",
        "%5c",
        "\\",
        "/%2e/",
        "/%2E%2e/",
        "%00",
        "/;x",
        "/%61",
        "?",
        "?a=/",
        "#",
        "/ ",
        "\t",
        "/\xff",
    ]
)
PATHS = st.lists(STEPS, min_size=1, max_size=5).map("".join).map(lambda p: p if p.startswith("/") else "/x" + p)
PORTS = st.sampled_from(["", ":80", ":443", ":0", ":99999", ":", ":8 0"])
DOTS = st.sampled_from(["", ".", ".."])
PREFIXES = st.sampled_from(["", "a.", "A.", "a.b.", "*.", "www.killed."])
VERSIONS = st.sampled_from(["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "http/1.1", ""])
GAPS = st.sampled_from([" ", " ", " ", "  ", "\t"])
HOST_NAMES = st.sampled_from(["Host", "host", "HOST", "hOsT", "Host ", "\tHost", "X-Forwarded-Host", ":authority"])
EXTRAS = st.sampled_from(
    [
        "X-Holdfast-Host: open.example",
        "x-holdfast-host: nobody",
        "X-HOLDFAST-HOST: ",
        "X-Forwarded-For: 203.0.113.9",
        "Forwarded: for=203.0.113.9",
        "X-Real-IP: 203.0.113.9",
        "X-HTTP-Method-Override: GET",
        "x-http-method: GET",
        "X-Original-URL: /",
        "X-Envoy-Original-Path: /",
        "X-Envoy-Retry-On: 5xx",
        "X-Request-Id: 1",
        "Content-Type: text/plain",
        "Content-Type: application/json",
        "content-type: application/json, text/plain",
        "Connection: close, host, x-holdfast-host",
        "Connection: upgrade\r\nUpgrade: websocket",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding:\tchunked",
        "Content-Length: 5",
        "Content-Length: +5",
        "Content-Length: 5\r\nContent-Length: 5",
        "Expect: 100-continue",
        "Host: open.example",
        "Te: trailers",
    ]
)


@st.composite
def spellings(draw: st.DrawFn, names: tuple[str, ...]) -> bytes:
    """A request for one of these services, in some spelling."""
    name = draw(st.sampled_from(names))
    host = draw(PREFIXES) + draw(_mixed(f"{name}.example")) + draw(DOTS) + draw(PORTS)
    path = draw(PATHS)
    form = draw(st.sampled_from(["origin", "absolute", "absolute elsewhere", "authority", "asterisk"]))
    target, sent = {
        "origin": (path, host),
        "absolute": (f"http://{host}{path}", draw(st.sampled_from([host, "open.example", ""]))),
        "absolute elsewhere": (f"https://user@{host}{path}", host),
        "authority": (host, host),
        "asterisk": ("*", host),
    }[form]
    line = draw(METHODS) + draw(GAPS) + target + draw(GAPS) + draw(VERSIONS)
    headers = [f"{draw(HOST_NAMES)}:{draw(GAPS)}{sent}", *draw(st.lists(EXTRAS, max_size=4))]
    body = draw(
        st.sampled_from(
            ["", "hello", "5\r\nhello\r\n0\r\n\r\n", "0\r\n\r\nGET / HTTP/1.1\r\nHost: open.example\r\n\r\n"]
        )
    )
    return "\r\n".join([line, *draw(st.permutations(headers)), "", body]).encode("latin-1")


def send_all(edge: RunningEdge, spelled: bytes) -> None:
    with Line(edge.address) as line:
        line.send(spelled + b"\r\n\r\n")
        line.finish()
        line.wait_for_end()


BOUNDED = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@BOUNDED
@given(spelled=spellings(SHUT))
def test_nothing_gets_around_a_rule(guarded: RunningEdge, upstreams: tuple[Upstream, ...], spelled: bytes) -> None:
    send_all(guarded, spelled)
    assert upstreams[0].requests == []


def test_the_spellings_are_not_all_nonsense(guarded: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    """Where nothing is shut, many of the same spellings come through."""

    @BOUNDED
    @given(spelled=spellings((OPEN,)))
    def come(spelled: bytes) -> None:
        send_all(guarded, spelled)

    come()
    assert len(upstreams[1].requests) > 40


def test_the_rules_stand_for_themselves(guarded: RunningEdge, upstreams: tuple[Upstream, ...]) -> None:
    """What the spellings above spell otherwise is refused as it stands, each by its own rule."""
    causes = {"killed": "kill", "limited": "limit.service", "blocked": "block", "frozen": "read-only"}
    for name, cause in causes.items():
        assert ask(guarded.address, f"{name}.example", method="POST", body=b"hello").cause == cause
    assert ask(guarded.address, "kinds.example", method="PUT", body=b"hello").cause == "accept.methods"
    assert ask(guarded.address, "open.example", method="POST", body=b"hello").status == 200
    assert upstreams[0].requests == []


@pytest.mark.parametrize("path", ["/a//b", "/a/./b", "/a/../a/b", "/a/%2e/b", "/%61/b", "//a/b", "/a/%2E%2E/a/b"])
def test_the_upstream_sees_one_spelling(edge: RunningEdge, upstream: Upstream, path: str) -> None:
    edge.serve({"shop": service(upstream)})
    assert ask(edge.address, "shop.example", target=path).json["target"] in {"/a/b", path.replace("%61", "a"), "/%61/b"}


@pytest.mark.parametrize("path", ["/a%2fb", "/a%2Fb", "/a%5cb"])
def test_encoded_slashes_are_led_to_their_plain_spelling(edge: RunningEdge, upstream: Upstream, path: str) -> None:
    edge.serve({"shop": service(upstream)})
    reply = ask(edge.address, "shop.example", target=path)
    assert reply.status == 307
    assert reply.header("location") == "/a/b"
    assert upstream.requests == []
