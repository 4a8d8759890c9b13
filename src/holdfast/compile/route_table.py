"""A service's routes as an edge takes them: what each matches, and what becomes of it."""

import re
from collections.abc import Iterator
from typing import Final

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_components_pb2 as route
from envoy.type.matcher.v3 import regex_pb2, string_pb2

from holdfast.compile.accept import method_matcher
from holdfast.compile.message import seconds
from holdfast.compile.ways import find_ways, route_receipts
from holdfast.model.effective import EffectiveService
from holdfast.model.route import HeaderEdits, PathMatch, Redirect, Rewrite, Route, RouteMatch

_EVERYTHING: Final = Route(name="everything")
UNROUTED: Final = 404
"""The answer to a request that none of a service's routes matches."""


def compile_route_table(service: EffectiveService) -> Iterator[tuple[str, route.Route]]:
    """A service's routes in the order in which they are tried, each with the name that operators gave it.

    Where routes are stated, the last one answers what none of them matches; its name is empty. Where anything may be
    deferred, what became of it can be asked before all else.
    """
    if any(stated.deferred for stated in service.routes):
        yield "receipts", route_receipts(service.name)
    for stated in service.routes or (_EVERYTHING,):
        for entry in _compile_route(service, stated):
            yield stated.name, entry
    if service.routes:
        nothing = route.Route(match=route.RouteMatch(prefix="/"))
        nothing.direct_response.status = UNROUTED
        yield "", nothing


def _compile_route(service: EffectiveService, stated: Route) -> Iterator[route.Route]:
    match = _compile_match(stated.match)
    if stated.answer or stated.redirect:
        entry = route.Route(match=match)
        _edit_headers(entry, stated)
        if stated.answer:
            entry.direct_response.status = stated.answer.status
            entry.direct_response.body.inline_string = stated.answer.body
        elif stated.redirect:
            entry.redirect.CopyFrom(_compile_redirect(stated.redirect))
        yield entry
        return
    for way in find_ways(service, stated):
        entry = route.Route()
        entry.CopyFrom(way.frame)
        entry.match.MergeFrom(match)
        way.choice.lead(entry.route)
        if stated.timeout is not None:
            entry.route.timeout.CopyFrom(seconds(stated.timeout))
        _rewrite(entry.route, stated.match.path, stated.rewrite)
        _edit_headers(entry, stated)
        yield entry


def _compile_match(stated: RouteMatch) -> route.RouteMatch:
    match = _compile_path(stated.path)
    if stated.methods:
        match.headers.append(method_matcher(stated.methods))
    for name, value in sorted(stated.headers.items()):
        match.headers.add(name=name.lower(), string_match=string_pb2.StringMatcher(exact=value))
    return match


def _compile_path(path: PathMatch) -> route.RouteMatch:
    if path.exact is not None:
        return route.RouteMatch(path=path.exact)
    if path.regex is not None:
        return route.RouteMatch(safe_regex=regex_pb2.RegexMatcher(regex=path.regex))
    prefix = path.prefix or "/"
    if prefix.endswith("/"):
        return route.RouteMatch(prefix=prefix)
    return route.RouteMatch(path_separated_prefix=prefix)


def _rewrite(action: route.RouteAction, path: PathMatch, rewrite: Rewrite | None) -> None:
    if rewrite is None:
        return
    if rewrite.host is not None:
        action.host_rewrite_literal = rewrite.host
    if rewrite.prefix is None:
        return
    if path.exact is not None:
        action.prefix_rewrite = rewrite.prefix
        return
    prefix, instead = path.prefix or "/", rewrite.prefix
    if prefix.endswith("/"):
        action.prefix_rewrite = instead if instead.endswith("/") else f"{instead}/"
    elif instead.endswith("/"):
        # `/api` to `/` must make `/api/users` neither `//users` nor `users`.
        action.regex_rewrite.pattern.regex = f"^{re.escape(prefix)}/*"
        action.regex_rewrite.substitution = instead.replace("\\", "\\\\")
    else:
        action.prefix_rewrite = instead


def _edit_headers(entry: route.Route, stated: Route) -> None:
    entry.request_headers_to_add.extend(_set_headers(stated.request_headers))
    entry.request_headers_to_remove.extend(name.lower() for name in stated.request_headers.remove)
    entry.response_headers_to_add.extend(_set_headers(stated.response_headers))
    entry.response_headers_to_remove.extend(name.lower() for name in stated.response_headers.remove)


def _set_headers(edits: HeaderEdits) -> Iterator[base_pb2.HeaderValueOption]:
    for name, value in sorted(edits.set.items()):
        yield base_pb2.HeaderValueOption(
            header=base_pb2.HeaderValue(key=name.lower(), value=value.replace("%", "%%")),
            append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
            keep_empty_value=True,
        )


def _compile_redirect(redirect: Redirect) -> route.RedirectAction:
    action = route.RedirectAction(response_code=_REDIRECT_CODES[redirect.status])
    if redirect.host is not None:
        action.host_redirect = redirect.host
    if redirect.path is not None:
        action.path_redirect = redirect.path
    return action


_REDIRECT_CODES: Final = {
    301: route.RedirectAction.MOVED_PERMANENTLY,
    302: route.RedirectAction.FOUND,
    303: route.RedirectAction.SEE_OTHER,
    307: route.RedirectAction.TEMPORARY_REDIRECT,
    308: route.RedirectAction.PERMANENT_REDIRECT,
}
