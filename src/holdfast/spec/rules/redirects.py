"""Redirects that lead back to where a client comes from."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from holdfast.model.platform import Platform
from holdfast.model.route import PathMatch, Route
from holdfast.spec.codes import Finding, error
from holdfast.spec.rules.expressions import matches_whole
from holdfast.spec.rules.walk import Owned, each_service

REDIRECT_LOOP = error(
    "HF330",
    "redirects that chase each other",
    "A client that follows these redirects comes back to where it was, and gives up after some rounds. `redirect.path` "
    "takes the place of the whole path; without it, the path stays as it was asked for.",
    wrong="""
tenants:
  acme:
    services:
      shop:
        routes:
          - {name: home, match: {path: {exact: /}}, redirect: {path: /about}}
          - {name: about, match: {path: {exact: /about}}, redirect: {path: /}}
""",
    right="""
tenants:
  acme:
    services:
      shop:
        routes:
          - {name: about, match: {path: {exact: /about}}, redirect: {path: /}}
          - {name: pages}
""",
)


class _Stop(NamedTuple):
    """Where a client is: at a path of a service, and the route that takes it there."""

    service: str
    route: int
    path: str


def check_redirects(platform: Platform) -> Iterator[Finding]:
    """Whoever follows redirects arrives somewhere. Clients are taken to ask by GET, without special headers."""
    services = {owned.name: owned for owned in each_service(platform)}
    hosts = {host.lower(): owned.name for owned in services.values() for host in owned.service.hosts}
    told: set[frozenset[tuple[str, int]]] = set()
    for owned in services.values():
        for index, route in enumerate(owned.service.routes):
            start = _sample(route.match.path) if _redirects(route) else None
            if start is None or _take_route(owned, start) != index:
                continue
            loop = _find_loop(_Stop(owned.name, index, start), services, hosts)
            routes = frozenset((stop.service, stop.route) for stop in loop)
            if loop and routes not in told:
                told.add(routes)
                shown = " → ".join((*(stop.path for stop in loop), loop[0].path))
                message = f"redirects of {owned.name} lead round and round: {shown}"
                path = (*owned.path, "routes", index, "redirect")
                yield REDIRECT_LOOP.at(path, message, "let one of them lead to a page, or take it out")


def _find_loop(stop: _Stop, services: Mapping[str, Owned], hosts: Mapping[str, str]) -> list[_Stop]:
    """The stops that a client comes by again and again, from here on; none if it arrives."""
    seen: list[_Stop] = []
    while stop not in seen:
        seen.append(stop)
        route = services[stop.service].service.routes[stop.route]
        redirect = route.redirect
        if redirect is None or not _redirects(route):
            return []
        service = stop.service if redirect.host is None else hosts.get(redirect.host.lower())
        path = stop.path if redirect.path is None else redirect.path.partition("?")[0]
        taken = None if service is None else _take_route(services[service], path)
        if service is None or taken is None:
            return []
        stop = _Stop(service, taken, path)
    return seen[seen.index(stop) :]


def _redirects(route: Route) -> bool:
    """Whether a route says this and nothing else; what says two things is refused elsewhere."""
    return route.redirect is not None and route.answer is None and route.upstream is None


def _sample(match: PathMatch) -> str | None:
    """A path that a match takes; None if there is none that is plain to see."""
    return match.exact or match.prefix


def _take_route(owned: Owned, path: str) -> int | None:
    """The route that takes a GET without special headers; None if none does."""
    routes = enumerate(owned.service.routes)
    return next((index for index, route in routes if _takes(route, path)), None)


def _takes(route: Route, path: str) -> bool:
    match = route.match
    if match.headers or (match.methods is not None and "GET" not in match.methods):
        return False
    if match.path.exact is not None:
        return path == match.path.exact
    if match.path.regex is not None:
        return matches_whole(match.path.regex, path)
    prefix = match.path.prefix or "/"
    return path.startswith(prefix) if prefix.endswith("/") else f"{path}/".startswith(f"{prefix}/")
