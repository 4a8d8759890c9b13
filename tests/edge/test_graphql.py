"""GraphQL only: which documents pass, however they are wrapped."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from edge.asking import Reply, ask, send, spell_chunked
from edge.services import service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.running import RunningEdge
    from edge.upstream import Upstream

JSON = "Content-Type: application/json"
QUERY = "{ shop { name } }"
MUTATION = "mutation { buy(id: 1) { id } }"
INTROSPECTION = "{ __schema { types { name } } }"
HOSTS = ("shop.example", "a.shop.example", "SHOP.EXAMPLE.:80")


@pytest.fixture(params=HOSTS)
def host(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def serve(edge: RunningEdge, upstream: Upstream, accept: Mapping[str, Any] | None = None, **graphql: bool) -> None:
    accepted = {"graphql": graphql, **(accept or {})}
    edge.serve({"shop": service(upstream, hosts=("shop.example", "*.shop.example"), accept=accepted)})


def post(edge: RunningEdge, host: str, body: bytes | str, *headers: str) -> Reply:
    raw = body.encode() if isinstance(body, str) else body
    return ask(edge.address, host, *(headers or (JSON,)), method="POST", target="/graphql", body=raw)


def wrap(document: str, **more: Any) -> str:
    return json.dumps({"query": document, **more})


GOOD = [
    wrap(QUERY),
    wrap("query A { shop { name } }", operationName="A", variables={"mutation": "mutation"}),
    wrap("{ mutations { id } }"),
    wrap("{ lastmutation { id } }"),
    wrap("query A($mutation: ID) { shop(id: $mutation) { __typename } }"),
    wrap(QUERY, extensions={"query": "mutation { a }"}),
    json.dumps({"variables": {"query": "mutation"}, "query": QUERY}),
    '\n\t {"query" : "{\\u0061}"}  ',
]
MUTATIONS = [
    wrap(MUTATION),
    wrap("mutation{a}"),
    wrap("query A{a} mutation B{b}", operationName="B"),
    wrap("query A{a}mutation B{b}"),
    wrap("# a query\nmutation{a}"),
    wrap(",\r\n\tmutation\n{a}"),
    wrap("\ufeffmutation{a}"),
    wrap("subscription { a }"),
    wrap("fragment f on T{a} mutation{...f}"),
    wrap("mutation($a:ID){a(a:$a)}"),
    wrap("mutation@live{a}"),
    wrap("mutation" + " " * 5_000 + "{a}"),
    wrap(" " * 5_000 + "mutation{a}"),
    '{"query":"\\u006dutation{a}"}',
    '{"query":"\\u006D\\u0075\\u0074\\u0061\\u0074\\u0069\\u006F\\u006E{a}"}',
    '{"\\u0071uery":"mutation{a}"}',
    '{"query":"{a}","query":"mutation{a}"}',
    '{"query":"{a}","\\u0071uery":"mutation{a}"}',
]
NO_DOCUMENTS = [
    "",
    "{}",
    "null",
    '"mutation{a}"',
    "5",
    "{",
    '{"query":',
    '{"query":"{a}"',
    '{"query":"{a}"} {"query":"mutation{a}"}',
    '{"query":"{a}"}]',
    '{"query":null}',
    '{"query":5}',
    '{"query":["mutation{a}"]}',
    '{"query":{"query":"mutation{a}"}}',
    '{"Query":"mutation{a}"}',
    '{"variables":{"query":"{a}"}}',
    '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"abc"}}}',
    '{"id":"abc"}',
    "query={a}",
    "{'query':'{a}'}",
    '{"query":"\\ud800mutation{a}"}',
    b'{"query":"\xffmutation{a}"}',
    b'\xff\xfe{\x00"\x00',
]
BATCHES = [
    "[]",
    f"[{wrap(QUERY)}]",
    f"[{wrap(QUERY)},{wrap(MUTATION)}]",
    f"[{wrap(INTROSPECTION)}]",
    f"[[{wrap(QUERY)}]]",
]


def assert_all(edge: RunningEdge, host: str, bodies: list[Any], status: int, cause: str | None) -> None:
    for body in bodies:
        reply = post(edge, host, body)
        assert (reply.status, reply.cause) == (status, cause), body


def test_queries_and_mutations(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream)
    assert_all(edge, host, GOOD + MUTATIONS, 200, None)


def test_queries_alone(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream, mutations=False)
    assert_all(edge, host, GOOD, 200, None)
    upstream.requests.clear()
    for body in MUTATIONS:
        assert post(edge, host, body).status == 400, body
    assert upstream.requests == []


def test_of_two_documents_the_last_is_judged(edge: RunningEdge, upstream: Upstream) -> None:
    """As most servers read JSON; RFC 8259, section 4, leaves open what others do."""
    serve(edge, upstream, mutations=False)
    assert post(edge, "shop.example", '{"query":"{a}","query":"mutation{a}"}').status == 400
    assert post(edge, "shop.example", '{"query":"mutation{a}","query":"{a}"}').status == 200


def test_what_is_no_graphql(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream)
    assert_all(edge, host, NO_DOCUMENTS, 400, "accept.graphql")
    assert upstream.requests == []


def test_introspection(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    asking = [
        wrap(INTROSPECTION),
        wrap('{ __type(name: "T") { name } }'),
        wrap("{ a: __schema{types{name}}}"),
        wrap("{shop{name}__schema{types{name}}}"),
        wrap("mutation{__schema{types{name}}}"),
        '{"query":"{ \\u005f\\u005fschema { types { name } } }"}',
    ]
    serve(edge, upstream, introspection=True)
    assert_all(edge, host, asking, 200, None)
    serve(edge, upstream)
    assert_all(edge, host, asking, 400, "accept.graphql")
    assert post(edge, host, wrap("{ shop { __typename } }")).status == 200


def test_batches(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream)
    assert_all(edge, host, BATCHES, 400, "accept.graphql")
    serve(edge, upstream, batching=True, introspection=True)
    assert_all(edge, host, BATCHES, 200, None)
    assert_all(edge, host, ["{", '{"query":', "query={a}"], 400, "accept.graphql")


@pytest.mark.parametrize("allowed", [{"mutations": False, "introspection": True}, {"introspection": False}])
def test_batches_cannot_hide_anything(
    edge: RunningEdge, upstream: Upstream, host: str, allowed: dict[str, bool]
) -> None:
    """What is inside a batch can't be told: where something is forbidden, no batch is let through."""
    serve(edge, upstream, None, batching=True, **allowed)
    assert_all(edge, host, [*BATCHES, *NO_DOCUMENTS], 400, "accept.graphql")
    assert_all(edge, host, GOOD, 200, None)


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "Application/Json;a=b"]
)
def test_json_by_any_spelling_is_read(edge: RunningEdge, upstream: Upstream, content_type: str) -> None:
    serve(edge, upstream, mutations=False)
    assert post(edge, "shop.example", wrap(QUERY), f"Content-Type: {content_type}").status == 200
    assert post(edge, "shop.example", wrap(MUTATION), f"Content-Type: {content_type}").status == 400


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Type: application/x-www-form-urlencoded",),
        ("Content-Type: multipart/form-data; boundary=x",),
        ("Content-Type: application/graphql",),
        ("Content-Type: text/plain",),
        ("Content-Type: application/json", "Content-Type: text/plain"),
        ("Content-Type: application/json, application/json",),
        ("X-None: x",),
    ],
)
def test_other_content_types(edge: RunningEdge, upstream: Upstream, headers: tuple[str, ...]) -> None:
    serve(edge, upstream)
    reply = post(edge, "shop.example", wrap(QUERY), *headers)
    assert (reply.status, reply.cause) == (415, "accept.content_types")


def test_content_types_of_the_services_own(edge: RunningEdge, upstream: Upstream) -> None:
    serve(edge, upstream, {"content_types": ["application/*"]}, mutations=False)
    for content_type in ("application/json", "application/graphql-response+json"):
        assert post(edge, "shop.example", wrap(QUERY), f"Content-Type: {content_type}").status == 200
        assert post(edge, "shop.example", wrap(MUTATION), f"Content-Type: {content_type}").status == 400


def test_encoded_bodies(edge: RunningEdge, upstream: Upstream) -> None:
    """What is compressed can't be read, and so isn't let through."""
    serve(edge, upstream, mutations=False)
    body = gzip.compress(wrap(MUTATION).encode())
    assert post(edge, "shop.example", body, JSON, "Content-Encoding: gzip").cause == "accept.graphql"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_other_methods(edge: RunningEdge, upstream: Upstream, method: str) -> None:
    serve(edge, upstream)
    reply = ask(edge.address, "shop.example", JSON, method=method, target="/?query={a}", body=wrap(QUERY).encode())
    assert (reply.status, reply.cause) == (405, "accept.methods")
    assert ask(edge.address, "shop.example", method="OPTIONS").status == 200


def test_methods_of_the_services_own_carry_graphql_too(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream, {"methods": ["GET", "POST", "PUT"]})
    assert ask(edge.address, host, target="/?query={a}").status == 400
    assert ask(edge.address, host).status == 400
    put = ask(edge.address, host, JSON, method="PUT", body=b"{}")
    assert (put.status, put.cause) == (400, "accept.graphql")


GOOD_PATHS = [
    "/graphql?query={a}",
    "/graphql?query=%7Ba%7D",
    "/graphql?query=query+A%7Ba%7D&operationName=A",
    "/graphql?a=b&query=%7Bshop%7Bname%7D%7D",
    "/graphql?query={mutations{id}}",
]
BAD_PATHS = [
    "/graphql",
    "/graphql?",
    "/graphql?query=",
    "/graphql?query",
    "/graphql?a=query={a}",
    "/graphql?Query={a}",
    "/graphql?query=mutation{a}",
    "/graphql?query=+mutation{a}",
    "/graphql?query=%20mutation{a}",
    "/graphql?query=%0amutation%7Ba%7D",
    "/graphql?query=mutation%20A{a}",
    "/graphql?query=%6dutation{a}",
    "/graphql?query=%6Dutation{a}",
    "/graphql?query=mut%61tion{a}",
    "/graphql?query={a}&query=mutation{a}",
    "/graphql?query={a}&%71uery=mutation{a}",
    "/graphql?query={a}mutation{b}",
    "/graphql?query=%7Ba%7Dmutation%7Bb%7D",
    "/graphql?query=subscription{a}",
    "/graphql?query=%EF%BB%BFmutation{a}",
    "/graphql?query=,mutation{a}",
    "/graphql?extensions=%7B%7D",
    "/graphql?query={__schema{types{name}}}",
    "/graphql?query=%7B__type(name:%22T%22)%7Bname%7D%7D",
    "/graphql?query={%5f%5fschema{types{name}}}",
    "/graphql?query={_%5Fschema{types{name}}}",
    "/graphql?variables={}&query=%23%0Amutation{a}",
]


def test_queries_by_get(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream, get_queries=True)
    for target in GOOD_PATHS:
        assert ask(edge.address, host, target=target).status == 200, target
    upstream.requests.clear()
    for target in BAD_PATHS:
        reply = ask(edge.address, host, target=target)
        assert (reply.status, reply.cause) == (400, "accept.graphql"), target
    assert upstream.requests == []


def test_bytes_that_are_no_text_get_nowhere(edge: RunningEdge, upstream: Upstream) -> None:
    serve(edge, upstream, get_queries=True)
    assert ask(edge.address, "shop.example", target="/graphql?query={a}&a=\xff&query=mutation{a}").status == 400
    assert upstream.requests == []


def test_queries_by_get_are_spelled_as_clients_do(edge: RunningEdge, upstream: Upstream) -> None:
    serve(edge, upstream, get_queries=True)
    for document in (QUERY, 'query A { shop(name: "a-b") { name } }', "{ a(b: 1.5, c: [true]) { d } }"):
        reply = ask(edge.address, "shop.example", target="/graphql?query=" + quote(document, safe=""))
        assert reply.status == 200, document


def test_long_documents(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream, mutations=False)
    assert post(edge, host, wrap("{a}".ljust(8192))).status == 200
    assert post(edge, host, wrap("{a}".ljust(8193))).cause == "accept.graphql"
    assert post(edge, host, wrap("mutation{a}".ljust(100_000))).cause == "accept.graphql"


def test_long_bodies(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream, {"body_max": 500_000}, mutations=False)
    for document, status in ((QUERY, 200), (MUTATION, 400)):
        body = wrap(document, variables={"a": "x" * 400_000})
        assert post(edge, host, body).status == status
        chunks = tuple(body[n : n + 10_000].encode() for n in range(0, len(body), 10_000))
        assert send(edge.address, spell_chunked("POST", "/", host, JSON, chunks=chunks)).status == status
    assert post(edge, host, wrap(QUERY, variables={"a": "x" * 500_000})).cause == "accept.body_max"


def test_bodies_are_bounded_without_a_word_of_it(edge: RunningEdge, upstream: Upstream, host: str) -> None:
    serve(edge, upstream)
    assert post(edge, host, wrap(QUERY, variables={"a": "x" * 1_000_000})).status == 200
    reply = post(edge, host, wrap(QUERY, variables={"a": "x" * 1_100_000}))
    assert (reply.status, reply.cause) == (413, "accept.body_max")
    assert "body up to 1048576 bytes" in reply.json["accepts"]


def test_the_answer_says_what_is_accepted(edge: RunningEdge, upstream: Upstream) -> None:
    serve(edge, upstream, mutations=False, introspection=True)
    reply = post(edge, "shop.example", wrap(MUTATION))
    assert "GraphQL only, documents up to 8192 bytes: queries, introspection" in reply.json["accepts"]
