"""Static routes: there is something to keep copies of, and somebody to give them to."""

from collections.abc import Iterator
from typing import Final

from holdfast.model.platform import Platform
from holdfast.model.route import Route
from holdfast.spec.codes import Finding, Path, error
from holdfast.spec.rules.walk import each_service

NOTHING_TO_KEEP: Final = error(
    "HF531",
    "a route that nothing is kept of",
    "Of a static route last good copies are kept, for when no endpoint is left. What the edge answers by itself needs "
    "none, and what is deferred is no reading.",
    wrong="tenants: {acme: {services: {shop: {routes: [{name: old, static: true, answer: {status: 410}}]}}}}",
    right="tenants: {acme: {services: {shop: {routes: [{name: old, answer: {status: 410}}]}}}}",
)
NOTHING_READ: Final = error(
    "HF532",
    "a static route that nothing is read by",
    "Copies answer GET and HEAD, and no other method.",
    wrong="tenants: {acme: {services: {shop: {routes: [{name: send, match: {methods: [POST]}, static: true}]}}}}",
    right="tenants: {acme: {services: {shop: {routes: [{name: files, match: {methods: [GET, HEAD]}, static: true}]}}}}",
)
_ANSWERED: Final = frozenset({"GET", "HEAD"})


def check_static(platform: Platform) -> Iterator[Finding]:
    """Every service's static routes."""
    for owned in each_service(platform):
        for index, route in enumerate(owned.service.routes):
            if route.static:
                yield from _check_route(route, (*owned.path, "routes", index))


def _check_route(route: Route, path: Path) -> Iterator[Finding]:
    for other in ("redirect", "answer", "deferred"):
        if getattr(route, other) is not None:
            message = f"route {route.name} has {other}, so there is nothing to keep copies of"
            yield NOTHING_TO_KEEP.at((*path, "static"), message, f"take static out, or {other}")
            return
    if route.match.methods is not None and not _ANSWERED & set(route.match.methods):
        message = f"route {route.name} is for {' and '.join(route.match.methods)} only"
        yield NOTHING_READ.at((*path, "static"), message, "take static out, or add GET to match.methods")
