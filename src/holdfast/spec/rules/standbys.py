"""Standbys, deferred requests and sites: what is said of them can come true when something is lost."""

from collections.abc import Iterator
from typing import Final

from holdfast.model.platform import Platform
from holdfast.model.recovery import Policy
from holdfast.model.route import Route
from holdfast.model.upstream import Standby
from holdfast.spec.codes import Finding, Path, error, warning
from holdfast.spec.rules.walk import Owned, Sent, each_backend, each_service, each_upstream
from holdfast.spec.suggest import nearest

UNKNOWN_SITE: Final = error(
    "HF521",
    "a site that isn't there",
    "A site is declared once, under `sites`, so that it can be said what it carries and that it is lost as a whole.",
    wrong="tenants: {acme: {services: {shop: {upstream: {site: us-east}}}}}",
    right="{sites: {us-east: {}}, tenants: {acme: {services: {shop: {upstream: {site: us-east}}}}}}",
)
SAME_SITE: Final = warning(
    "HF522",
    "a standby at the primary's site",
    "When a site is lost, whatever runs there is lost with it.",
    wrong="{sites: {us-east: {}}, tenants: {acme: {services: {shop: {upstream: {site: us-east, "
    "standbys: {other: {site: us-east, endpoints: ['127.0.0.1:9108']}}}}}}}}",
    right="{sites: {us-east: {}, us-west: {}}, tenants: {acme: {services: {shop: {upstream: {site: us-east, "
    "standbys: {other: {site: us-west, endpoints: ['127.0.0.1:9108']}}}}}}}}",
)
BLIND_FAILOVER: Final = warning(
    "HF523",
    "a failover that nothing is checked for",
    "Without a health check, a standby isn't known to be well before it is needed, a hung primary only by the requests "
    "that wait for it, and a primary that nobody asks never to be well again.",
    wrong="tenants: {acme: {services: {shop: {failover: {policy: automatic}, upstream: {standbys: "
    "{west: {endpoints: ['127.0.0.1:9108']}}}}}}}",
    right="tenants: {acme: {services: {shop: {failover: {policy: automatic}, upstream: {health_check: "
    "{path: /healthz}, standbys: {west: {endpoints: ['127.0.0.1:9108'], health_check: {path: /healthz}}}}}}}}",
)
NOWHERE_TO_GO: Final = warning(
    "HF524",
    "a failover to nowhere",
    "`failover` says when upstreams give way to their standbys; this service has none.",
    wrong="tenants: {acme: {services: {shop: {failover: {policy: automatic}}}}}",
    right="tenants: {acme: {services: {shop: {failover: {policy: manual}, upstream: {standbys: "
    "{west: {endpoints: ['127.0.0.1:9108']}}}}}}}",
)
NO_QUORUM: Final = error(
    "HF525",
    "a quorum that can't be met",
    "`quorum` is how many edges must see a primary failing before a service moves; there aren't so many.",
    wrong="tenants: {acme: {services: {shop: {failover: {policy: manual, quorum: 40}, upstream: {standbys: "
    "{west: {endpoints: ['127.0.0.1:9108']}}}}}}}",
    right="tenants: {acme: {services: {shop: {failover: {policy: manual, quorum: 1}, upstream: {standbys: "
    "{west: {endpoints: ['127.0.0.1:9108']}}}}}}}",
)
DEFERRED_READ: Final = error(
    "HF526",
    "reading can't be deferred",
    "Whoever asks for something waits for the answer. Only what is sent, and may be carried out later, can be accepted "
    "now: name the methods, such as POST.",
    wrong="tenants: {acme: {services: {shop: {routes: [{name: send, deferred: {}}]}}}}",
    right="tenants: {acme: {services: {shop: {routes: [{name: send, match: {methods: [POST]}, deferred: {}}]}}}}",
)
NOT_SENT: Final = error(
    "HF527",
    "a route that sends nothing upstream, and defers",
    "What the edge answers by itself never fails, so there is nothing to keep for later.",
    wrong="tenants: {acme: {services: {shop: {routes: [{name: old, match: {methods: [POST]}, answer: {status: 410}, "
    "deferred: {}}]}}}}",
    right="tenants: {acme: {services: {shop: {routes: [{name: old, match: {methods: [POST]}, "
    "answer: {status: 410}}]}}}}",
)
_READS: Final = ("GET", "HEAD", "OPTIONS")


def check_standbys(platform: Platform) -> Iterator[Finding]:
    """Sites, standbys, and when services move to them."""
    edges = sum(len(place.edges) for place in platform.locations.values())
    for backend in each_backend(platform):
        yield from _check_site(platform, backend.path, backend.standby)
    for sent in each_upstream(platform):
        for name, standby in sent.upstream.standbys.items():
            yield from _check_standby(sent, name, standby)
    for owned in each_service(platform):
        yield from _check_failover(owned, edges)


def check_deferred(platform: Platform) -> Iterator[Finding]:
    """Routes whose requests may be kept for later."""
    for owned in each_service(platform):
        for index, route in enumerate(owned.service.routes):
            if route.deferred is not None:
                yield from _check_route(route, (*owned.path, "routes", index))


def _check_site(platform: Platform, path: Path, backend: Standby) -> Iterator[Finding]:
    if backend.site is not None and backend.site not in platform.sites:
        near = nearest(backend.site, platform.sites)
        fix = f"write {near}" if near else f"add {backend.site} to sites"
        yield UNKNOWN_SITE.at((*path, "site"), f"there is no site {backend.site}", fix)


def _check_standby(sent: Sent, name: str, standby: Standby) -> Iterator[Finding]:
    path = (*sent.path, "standbys", name)
    if standby.site is not None and standby.site == sent.upstream.site:
        message = f"standby {name} of {sent.name} is lost with its primary when {standby.site} is"
        yield SAME_SITE.at((*path, "site"), message, "put it at another site")
    if sent.owned.service.failover.policy is not Policy.AUTOMATIC:
        return
    for where, backend, what in ((path, standby, f"standby {name}"), (sent.path, sent.upstream, "the primary")):
        if backend.health_check is None:
            message = f"{sent.name} fails over by itself, and {what} has no health check"
            yield BLIND_FAILOVER.at(where, message, "add health_check: {path: /healthz}", on_key=True)


def _check_failover(owned: Owned, edges: int) -> Iterator[Finding]:
    failover, path = owned.service.failover, (*owned.path, "failover")
    has_standby = any(backend[0][-2:-1] == ("standbys",) for backend in owned.service.each_backend())
    if failover.policy is Policy.AUTOMATIC and not has_standby:
        message = f"{owned.name} has no standby to fail over to"
        yield NOWHERE_TO_GO.at(path, message, "add standbys to its upstream, or take failover out", on_key=True)
    if failover.quorum is not None and failover.quorum > edges:
        message = f"{failover.quorum} edges are to see it, and the platform has {edges}"
        yield NO_QUORUM.at((*path, "quorum"), message, f"write at most {edges}, or leave it out for more than half")


def _check_route(route: Route, path: Path) -> Iterator[Finding]:
    if route.answer or route.redirect:
        yield NOT_SENT.at((*path, "deferred"), f"route {route.name} sends nothing upstream", "take deferred out")
        return
    if route.match.methods is None:
        message = f"route {route.name} is for all methods, so for reading too"
        yield DEFERRED_READ.at((*path, "deferred"), message, "add match.methods, such as [POST]")
    for index, method in enumerate(route.match.methods or ()):
        if method in _READS:
            message = f"a {method} can't be deferred"
            yield DEFERRED_READ.at(
                (*path, "match", "methods", index), message, f"take {method} out of route {route.name}"
            )
