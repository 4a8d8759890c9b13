"""Kinds of request that exclude each other."""

from collections.abc import Iterator

from holdfast.model.platform import Accept, GraphQL, Platform
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


def check_accepts(platform: Platform) -> Iterator[Finding]:
    """A service for GraphQL alone can be reached by GraphQL."""
    for owned in each_service(platform):
        graphql = owned.service.accept.graphql
        if graphql:
            yield from _check_methods(owned, graphql)
            yield from _check_content_types(owned, owned.service.accept)


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
