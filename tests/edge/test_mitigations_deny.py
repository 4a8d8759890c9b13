"""Denials by source rule: an edge refuses exactly the requests that the rule counts among samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.asking import Line, ask, spell
from edge.services import service
from holdfast.model.mitigation import Block, Deny, Kill, ReadOnly
from holdfast.model.redaction import strip_query
from holdfast.model.sample import PATH_CHARACTERS_MAX, SampledRequest
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule, compile_rule, find_user_agent_family

if TYPE_CHECKING:
    from edge.running import RunningEdge
    from edge.upstream import Upstream

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
AGENTS = (
    None,
    "curl/8.5.0",
    "curl",
    "curl\xe9",
    "Curl/8.5.0",
    "curl-impersonate/1",
    "python-requests/2.31",
    "Mozilla",
    "Mozilla/",
    "Mozilla/5.0",
    "mozilla/5.0 Chrome/1",
    f"{BROWSER} Chrome/126.0 Safari/537.36",
    f"{BROWSER} Chrome/126.0 Safari/537.36 Edg/126.0",
    f"{BROWSER} Chrome/126.0 Safari/537.36 OPR/112.0",
    f"{BROWSER} Safari/605.1",
    "Mozilla/5.0 (X11; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 \xff Firefox/127.0",
    "Firefox/1",
    "other/2",
    "(unknown)",
    "\xff",
    "a" * 64,
    "a" * 65,
    "a.b_c-d/1",
    "a+b",
)
LONG = "/" + "x" * (PATH_CHARACTERS_MAX - 1)
PATHS = (
    "/",
    "/a",
    "/A",
    "/a/",
    "/a/b",
    "/a.b",
    "/ab",
    "/a+b*(c)",
    "/a%20b",
    "/login",
    LONG[:-1],
    LONG,
    LONG + "y",
    LONG[:-1] + "/z",
)
QUERIES = ("", "?", "?q=1", "?next=/a/b", "?a?b")
REFERERS = (None, "https://one.example/", "https://one.example/a", "https://ONE.example/", "a", "/")
MARKS = ("", "?q=1", "?", "#top", "?a#b", "?\xff")
METHODS = ("GET", "HEAD", "POST", "PURGE")
CLIENTS = ("203.0.113.7", "203.0.113.8", "203.0.114.7", "2001:db8::1", "2001:db8:0:1::1", "2001:db9::1")
NETWORKS = ("203.0.113.7/32", "203.0.113.0/24", "203.0.112.0/22", "2001:db8::/48", "2001:db8::/64", "0.0.0.0/0", "::/0")
VALUES = {
    Dimension.NETWORK: NETWORKS,
    Dimension.METHOD: (*METHODS, "get"),
    Dimension.PATH: (*PATHS, LONG + "yy", "/a?q=1", ""),
    Dimension.PATH_PREFIX: ("/", "/a/", "/a/b/", "/A/", LONG[:-1] + "/", "/" + "x" * 300 + "/"),
    Dimension.REFERER: ("", *(r for r in REFERERS if r), "https://one.example/?q=1"),
    Dimension.USER_AGENT: ("", *(a for a in AGENTS if a and a.isascii())),
    Dimension.USER_AGENT_FAMILY: (
        "",
        *sorted({find_user_agent_family(a) for a in AGENTS if a}),
        "Chromium",
        "Mozil",
        "a b",
    ),
}


@dataclass(frozen=True)
class Asked:
    """One request as a client spells it."""

    client: str
    method: str
    path: str
    query: str
    user_agent: str | None
    referer: str | None

    def spell(self, host: str) -> bytes:
        headers = [f"X-Forwarded-For: {self.client}"]
        headers += [] if self.user_agent is None else [f"User-Agent: {self.user_agent}"]
        headers += [] if self.referer is None else [f"Referer: {self.referer}"]
        return spell(self.method, self.path + self.query, host, *headers, body=b"" if self.method == "POST" else None)

    @property
    def has_referer(self) -> bool:
        """Envoy takes referers away that have a fragment or are no text, as no browser sends them."""
        return self.referer is not None and self.referer.isascii() and "#" not in self.referer

    def sample(self) -> SampledRequest:
        """What a sample of the access log says of it."""
        return SampledRequest(
            at=0.0,
            edge="edge-1",
            service="shop",
            request_id="r",
            client=self.client,
            method=self.method,
            path=self.path[:PATH_CHARACTERS_MAX],
            user_agent=self.user_agent or "",
            referer=strip_query(self.referer or "") if self.has_referer else "",
            status=200,
            cause="",
            duration_s=0.1,
        )


def matches(dimension: Dimension) -> st.SearchStrategy[SourceMatch]:
    values = st.lists(st.sampled_from(VALUES[dimension]), min_size=1, max_size=4, unique=True)
    return values.map(lambda found: SourceMatch(dimension=dimension, values=tuple(found)))


RULES = (
    st.lists(st.sampled_from(list(Dimension)), min_size=1, max_size=2, unique=True)
    .flatmap(lambda dimensions: st.tuples(*map(matches, dimensions)))
    .map(lambda found: SourceRule(matches=found))
)
REFERERS_SENT = st.one_of(
    st.none(),
    st.tuples(st.sampled_from([r for r in REFERERS if r]), st.sampled_from(MARKS)).map("".join),
    st.just("?a"),
)
REQUESTS = st.builds(
    Asked,
    client=st.sampled_from(CLIENTS),
    method=st.sampled_from(METHODS),
    path=st.sampled_from(PATHS),
    query=st.sampled_from(QUERIES),
    user_agent=st.sampled_from(AGENTS),
    referer=REFERERS_SENT,
)
BATCH = st.lists(st.tuples(RULES, st.lists(REQUESTS, min_size=8, max_size=16)), min_size=10, max_size=20)
FEW = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large, HealthCheck.too_slow],
)


@FEW
@given(batch=BATCH)
def test_an_edge_and_a_sample_agree(
    proxied_edge: RunningEdge, upstream: Upstream, batch: list[tuple[SourceRule, list[Asked]]]
) -> None:
    hosts = [f"h{n}.example" for n in range(len(batch))]
    proxied_edge.serve({f"s{n}": service(upstream, hosts=(host,)) for n, host in enumerate(hosts)})
    proxied_edge.mitigate(*(Deny(service=f"s{n}", source=rule) for n, (rule, _) in enumerate(batch)))
    with Line(proxied_edge.address) as line:
        for n, (rule, requests) in enumerate(batch):
            is_meant = compile_rule(rule)
            for request in requests:
                reply = line.send(request.spell(hosts[n])).reply(request.method)
                refused = (reply.status, reply.cause) == (403, "deny")
                assert refused or reply.status == 200, (request, reply)
                assert refused == is_meant(request.sample()), (rule, request)


def rule(dimension: Dimension, *values: str) -> SourceRule:
    return SourceRule(matches=(SourceMatch(dimension=dimension, values=values),))


def test_a_denial_says_who_it_is_and_leaves_others_alone(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream), "blog": service(upstream, hosts=("blog.example",))})
    edge.mitigate(Deny(service="shop", source=rule(Dimension.USER_AGENT_FAMILY, "curl")))
    reply = ask(edge.address, "shop.example", "User-Agent: curl/8.5.0")
    assert (reply.status, reply.cause) == (403, "deny")
    assert reply.header("content-type") == "application/problem+json"
    assert "[deny.m-1]" in reply.json["rule"]
    assert ask(edge.address, "shop.example", "User-Agent: wget/1.2").status == 200
    assert ask(edge.address, "blog.example", "User-Agent: curl/8.5.0").status == 200
    assert len(upstream.requests) == 2


def test_denials_beside_other_mitigations(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream), "blog": service(upstream, hosts=("blog.example",))})
    edge.mitigate(
        Block(service="shop", networks=("127.0.0.9/32",)),
        Deny(service="shop", source=rule(Dimension.PATH, "/login", "/admin")),
        Deny(service="shop", source=rule(Dimension.PATH_PREFIX, "/api/")),
        ReadOnly(service="shop"),
        Deny(service="blog", source=rule(Dimension.PATH, "/login")),
        Kill(service="blog"),
    )
    answers = {
        target: ask(edge.address, "shop.example", target=target).cause
        for target in ("/login", "/admin?x", "/api/v1", "/api", "/other")
    }
    assert answers == {"/login": "deny", "/admin?x": "deny", "/api/v1": "deny", "/api": None, "/other": None}
    assert "[deny.m-3]" in ask(edge.address, "shop.example", target="/api/v1").json["rule"]
    assert ask(edge.address, "shop.example", target="/login", source="127.0.0.9").cause == "block"
    assert ask(edge.address, "shop.example", method="POST", body=b"").cause == "read-only"
    assert ask(edge.address, "blog.example", target="/login").cause == "kill"


def test_a_thousand_values_of_each_dimension(edge: RunningEdge, upstream: Upstream) -> None:
    edge.serve({"shop": service(upstream)})
    paths = SourceMatch(dimension=Dimension.PATH, values=tuple(f"/{n}/{'p' * 200}" for n in range(1000)))
    agents = SourceMatch(dimension=Dimension.USER_AGENT, values=tuple(f"{n} {'a' * 500}" for n in range(1000)))
    edge.mitigate(Deny(service="shop", source=SourceRule(matches=(paths, agents))))
    both = ask(edge.address, "shop.example", f"User-Agent: {agents.values[999]}", target=f"{paths.values[0]}?x")
    assert both.cause == "deny"
    assert ask(edge.address, "shop.example", f"User-Agent: {agents.values[999]}").status == 200
    assert ask(edge.address, "shop.example", target=paths.values[999]).status == 200
