"""Kinds of request that exclude each other."""

from collections.abc import Iterator
from typing import Final

from holdfast.model.platform import Accept, GraphQL, Platform
from holdfast.model.units import format_size
from holdfast.spec.codes import Finding, error
from holdfast.spec.rules.walk import Owned, each_service

GRAPHQL_SHUT_OUT = error(
    "HF511",
    "GraphQL that can't get in",
    "Only GraphQL is let through, and the methods or content types that carry it are not. GraphQL comes by POST as "
    "`application/json`, and by GET where `get_queries` is true.",
    wrong="tenants: {acme: {services: {shop: {accept: {methods: [GET], graphql: {}}}}}}",
    right="tenants: {acme: {services: {shop: {accept: {methods: [POST], graphql: {}}}}}}",
)

BATCH_UNREAD = error(
    "HF512",
    "batches where something is forbidden",
    "What is inside a batch of GraphQL documents can't be told at the edge, so no batch is let through where "
    "mutations or introspection are forbidden. Introspection is, unless it is allowed.",
    wrong="tenants: {acme: {services: {shop: {accept: {graphql: {batching: true}}}}}}",
    right="tenants: {acme: {services: {shop: {accept: {graphql: {batching: true, introspection: true}}}}}}",
)
NO_BODY_AT_ALL = error(
    "HF513",
    "a largest body of nothing",
    "The least that an edge can hold a body to is one byte. Whoever takes no bodies takes only methods without.",
    wrong="tenants: {acme: {services: {shop: {accept: {body_max: 0B}}}}}",
    right="tenants: {acme: {services: {shop: {accept: {methods: [GET, HEAD]}}}}}",
)

HEAD_TOO_LARGE = error(
    "HF514",
    "a head larger than an edge takes",
    "What all services share is the listener, and it takes 60 KiB of path and headers together from anybody. A service "
    "that asks for more wouldn't get it.",
    wrong="tenants: {acme: {services: {shop: {accept: {header_max: 1MiB}}}}}",
    right="tenants: {acme: {services: {shop: {accept: {header_max: 32KiB}}}}}",
)

HEAD_BYTES_MAX: Final = 60 * 1024
"""What edges' listeners take of path and headers together."""


def check_accepts(platform: Platform) -> Iterator[Finding]:
    """A service for GraphQL alone can be reached by GraphQL, and nothing is promised that an edge can't tell."""
    for owned in each_service(platform):
        graphql = owned.service.accept.graphql
        if owned.service.accept.body_max == 0:
            fix = "write 1B or more, or only methods that carry no body"
            yield NO_BODY_AT_ALL.at((*owned.path, "accept", "body_max"), f"{owned.name} takes bodies of 0 bytes", fix)
        yield from _check_head(owned)
        if graphql:
            yield from _check_batching(owned, graphql)
            yield from _check_methods(owned, graphql)
            yield from _check_content_types(owned, owned.service.accept)


def _check_head(owned: Owned) -> Iterator[Finding]:
    for key in ("header_max", "url_max"):
        most: int | None = getattr(owned.service.accept, key)
        if most is not None and most > HEAD_BYTES_MAX:
            message = f"{owned.name} asks for {key} {format_size(most)}, and the listener that all services share"
            message += f" takes {format_size(HEAD_BYTES_MAX)}"
            yield HEAD_TOO_LARGE.at(
                (*owned.path, "accept", key), message, f"write {format_size(HEAD_BYTES_MAX)} or less"
            )


def _check_batching(owned: Owned, graphql: GraphQL) -> Iterator[Finding]:
    forbidden = [name for name in ("mutations", "introspection") if not getattr(graphql, name)]
    if graphql.batching and forbidden:
        message = f"{owned.name} takes batches, and forbids {' and '.join(forbidden)}, which can't be told inside them"
        fix = f"write batching: false, or {', '.join(f'{name}: true' for name in forbidden)}"
        yield BATCH_UNREAD.at((*owned.path, "accept", "graphql", "batching"), message, fix)


def _check_methods(owned: Owned, graphql: GraphQL) -> Iterator[Finding]:
    methods, path = owned.service.accept.methods, (*owned.path, "accept", "methods")
    if methods is None:
        return
    reads_only = graphql.get_queries and not graphql.mutations and "GET" in methods
    if "POST" not in methods and not reads_only:
        message = f"{owned.name} takes only GraphQL, and not the method POST that it comes by"
        yield GRAPHQL_SHUT_OUT.at(path, message, "add POST")
    if graphql.get_queries and "GET" not in methods:
        message = f"{owned.name} takes GraphQL queries by GET, and not the method GET"
        yield GRAPHQL_SHUT_OUT.at(path, message, "add GET, or write get_queries: false")


def _check_content_types(owned: Owned, accept: Accept) -> Iterator[Finding]:
    types = accept.content_types
    if types is not None and not {"application/json", "application/*", "*/*"} & set(types):
        message = f"{owned.name} takes only GraphQL, and not the content type application/json that it comes as"
        yield GRAPHQL_SHUT_OUT.at((*owned.path, "accept", "content_types"), message, "add application/json")
