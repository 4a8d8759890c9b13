"""A service's routes: each can be reached, says one thing, and leads somewhere."""

from collections.abc import Iterator
from typing import Final

from holdfast.model.platform import Platform
from holdfast.model.route import HeaderEdits, PathMatch, Route
from holdfast.spec.codes import Finding, Path, error, warning
from holdfast.spec.rules.expressions import check_expression, matches_whole
from holdfast.spec.rules.walk import Owned, each_service
from holdfast.spec.suggest import nearest

ROUTE_TWICE = error(
    "HF321",
    "two routes of one name",
    "Logs, plans and counts tell a service's routes apart by their names.",
    wrong="""
tenants:
  acme:
    services:
      shop:
        routes:
          - {name: api, match: {path: {prefix: /v1}}}
          - {name: api, match: {path: {prefix: /v2}}}
""",
    right="""
tenants:
  acme:
    services:
      shop:
        routes:
          - {name: v1, match: {path: {prefix: /v1}}}
          - {name: v2, match: {path: {prefix: /v2}}}
""",
)
ROUTE_SHADOWED = error(
    "HF322",
    "a route that nothing reaches",
    "Routes are tried in order, and the first that matches is taken. An earlier one takes everything that this one "
    "matches, so it might as well not be there.",
    wrong="""
tenants:
  acme:
    services:
      shop:
        routes:
          - {name: api, match: {path: {prefix: /api}}}
          - {name: beta, match: {path: {prefix: /api/beta}}}
""",
    right="""
tenants:
  acme:
    services:
      shop:
        routes:
          - {name: beta, match: {path: {prefix: /api/beta}}}
          - {name: api, match: {path: {prefix: /api}}}
""",
)
UNKNOWN_UPSTREAM = error(
    "HF323",
    "an upstream that isn't there",
    "A route sends its requests to one of the service's own `upstreams`, or, if it names none, to its `upstream`.",
    wrong="tenants: {acme: {services: {shop: {routes: [{name: api, upstream: backend}]}}}}",
    right="tenants: {acme: {services: {shop: {routes: [{name: api}]}}}}",
)
ONE_THING = error(
    "HF324",
    "a route that says two things",
    "A route sends requests to an upstream, or redirects them, or answers them. A path is matched by one of `exact`, "
    "`prefix` and `regex`. What can't be rewritten has no `rewrite`: a prefix is only rewritten where a prefix or an "
    "exact path was matched, and nothing is where nothing is sent upstream.",
    wrong="tenants: {acme: {services: {shop: {routes: [{name: old, redirect: {path: /new}, answer: {status: 410}}]}}}}",
    right="tenants: {acme: {services: {shop: {routes: [{name: old, answer: {status: 410}}]}}}}",
)
RESERVED_HEADER = error(
    "HF327",
    "a header that isn't yours to change",
    "These headers say how a message is framed and routed, or what an edge says of itself. To ask an upstream for "
    "another host, write `rewrite.host`.",
    wrong="tenants: {acme: {services: {shop: {routes: [{name: api, request_headers: {set: {Host: b.example}}}]}}}}",
    right="tenants: {acme: {services: {shop: {routes: [{name: api, rewrite: {host: b.example}}]}}}}",
)
UNUSED_UPSTREAM = warning(
    "HF328",
    "an upstream that no route leads to",
    "No route of the service names this upstream, so nothing is ever sent there.",
    wrong="tenants: {acme: {services: {shop: {upstreams: {old: {endpoints: ['127.0.0.1:9109']}}}}}}",
    right="tenants: {acme: {services: {shop: {upstreams: {old: {endpoints: ['127.0.0.1:9109']}}, "
    "routes: [{name: old, upstream: old}]}}}}",
)

RESERVED: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive",
     "x-request-id", "x-forwarded-for"}
)  # fmt: skip
RESERVED_PREFIXES: Final = ("x-holdfast-", "x-envoy-")


def check_routes(platform: Platform) -> Iterator[Finding]:
    """Every service's routes and further upstreams."""
    for owned in each_service(platform):
        yield from _check_names(owned)
        for index, route in enumerate(owned.service.routes):
            path = (*owned.path, "routes", index)
            yield from _check_target(owned, route, path)
            yield from _check_match(route.match.path, (*path, "match", "path"))
            yield from _check_rewrite(route, path)
            yield from _check_headers(route.request_headers, (*path, "request_headers"))
            yield from _check_headers(route.response_headers, (*path, "response_headers"))
        yield from _check_reach(owned)
        yield from _check_use(owned)


def _check_names(owned: Owned) -> Iterator[Finding]:
    first: dict[str, Path] = {}
    for index, route in enumerate(owned.service.routes):
        path = (*owned.path, "routes", index, "name")
        if first.setdefault(route.name, path) is not path:
            message = f"{owned.name} has a route {route.name} already"
            yield ROUTE_TWICE.at(path, message, "give it a name of its own", first=first[route.name])


def _check_target(owned: Owned, route: Route, path: Path) -> Iterator[Finding]:
    stated = [key for key in ("upstream", "redirect", "answer") if getattr(route, key) is not None]
    if len(stated) > 1:
        message = f"route {route.name} has {' and '.join(stated)}"
        yield ONE_THING.at((*path, stated[1]), message, f"keep one of them: take {stated[1]} out, or {stated[0]}")
    upstreams = owned.service.upstreams
    if route.upstream is not None and route.upstream not in upstreams:
        near = nearest(route.upstream, upstreams)
        fix = f"write {near}" if near else f"add {route.upstream} to the upstreams of {owned.name}, or take the key out"
        message = f"{owned.name} has no upstream {route.upstream}"
        yield UNKNOWN_UPSTREAM.at((*path, "upstream"), message, fix)


def _check_match(match: PathMatch, path: Path) -> Iterator[Finding]:
    if len(match.stated) != 1:
        message = f"a path is matched by {' and '.join(match.stated) or 'nothing'}"
        yield ONE_THING.at(path, message, "write one of exact, prefix and regex")
    if match.regex is not None:
        yield from check_expression(match.regex, (*path, "regex"))


def _check_rewrite(route: Route, path: Path) -> Iterator[Finding]:
    if route.rewrite is None:
        return
    if route.redirect or route.answer:
        message = f"route {route.name} sends nothing upstream, so there is nothing to rewrite"
        yield ONE_THING.at((*path, "rewrite"), message, "take rewrite out")
    elif route.rewrite.prefix is not None and route.match.path.regex is not None:
        message = f"route {route.name} matches an expression, which has no prefix to rewrite"
        yield ONE_THING.at((*path, "rewrite", "prefix"), message, "match a prefix, or take rewrite.prefix out")


def _check_headers(edits: HeaderEdits, path: Path) -> Iterator[Finding]:
    names = [((*path, "set", name), name) for name in edits.set]
    names += [((*path, "remove", index), name) for index, name in enumerate(edits.remove)]
    for where, name in names:
        if name.lower() in RESERVED or name.lower().startswith(RESERVED_PREFIXES):
            fix = "write rewrite.host" if name.lower() == "host" else "take it out"
            yield RESERVED_HEADER.at(where, f"{name} can't be changed by a route", fix)


def _check_reach(owned: Owned) -> Iterator[Finding]:
    routes = owned.service.routes
    for index, route in enumerate(routes):
        taker = next((earlier for earlier in routes[:index] if covers(earlier, route)), None)
        if taker is not None:
            path = (*owned.path, "routes", index)
            message = f"route {route.name} of {owned.name} is never reached: {taker.name} takes all that it matches"
            yield ROUTE_SHADOWED.at(path, message, f"put {route.name} before {taker.name}, or take it out")


def covers(earlier: Route, later: Route) -> bool:
    """Whether a route takes everything that a later one matches; False where that isn't plain to see."""
    a, b = earlier.match, later.match
    if a.methods is not None and (b.methods is None or not set(b.methods) <= set(a.methods)):
        return False
    had = {name.lower(): value for name, value in b.headers.items()}
    if any(had.get(name.lower()) != value for name, value in a.headers.items()):
        return False
    return _covers_path(a.path, b.path)


def _covers_path(a: PathMatch, b: PathMatch) -> bool:
    if a.prefix == "/" or a == b:
        return True
    if a.exact is not None:
        return False
    target = b.exact if b.exact is not None else b.prefix
    if target is None:
        return False
    if a.prefix is not None:
        return target.startswith(a.prefix) if a.prefix.endswith("/") else f"{target}/".startswith(f"{a.prefix}/")
    return b.exact is not None and matches_whole(a.regex or "", b.exact)


def _check_use(owned: Owned) -> Iterator[Finding]:
    used = {route.upstream for route in owned.service.routes}
    for name in owned.service.upstreams:
        if name not in used:
            path = (*owned.path, "upstreams", name)
            message = f"no route of {owned.name} leads to {name}"
            yield UNUSED_UPSTREAM.at(path, message, "name it in a route, or take it out", on_key=True)
