"""Where endpoints come from: written down, or learnt from a feed, and what is needed for either."""

from collections.abc import Iterator
from typing import Final

from holdfast.model.platform import Platform
from holdfast.model.upstream import Standby
from holdfast.spec.codes import Finding, Path, error, warning
from holdfast.spec.rules.addresses import parse_ip, split_address
from holdfast.spec.rules.walk import each_backend
from holdfast.spec.translate import MISSING_KEY

BAD_FEED: Final = error(
    "HF316",
    "a feed from nowhere, or from two places",
    "A feed of endpoints is a file or a URL, and exactly one of them: two could say different things.",
    wrong="tenants: {acme: {services: {shop: {upstream: {endpoints_from: {every: 5s}, "
    "health_check: {path: /healthz}}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {endpoints_from: {file: /etc/holdfast/shop.yaml}, "
    "health_check: {path: /healthz}}}}}}",
)
NAME_BESIDE_FEED: Final = error(
    "HF317",
    "a name among endpoints that are learnt",
    "Edges look names up by themselves, and are told of endpoints that are learnt. One upstream can't have both.",
    wrong="tenants: {acme: {services: {shop: {upstream: {endpoints: ['shop.internal:80'], "
    "endpoints_from: {file: /etc/holdfast/shop.yaml}, health_check: {path: /healthz}}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {endpoints: ['192.0.2.7:80'], "
    "endpoints_from: {file: /etc/holdfast/shop.yaml}, health_check: {path: /healthz}}}}}}",
)
UNCHECKED: Final = warning(
    "HF318",
    "endpoints that come and go, no health check",
    "A machine that is taken back, or that isn't ready when it is first named, is found only by the requests that fail "
    "on it.",
    wrong="tenants: {acme: {services: {shop: {upstream: {endpoints_from: {file: /etc/holdfast/shop.yaml}}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {endpoints_from: {file: /etc/holdfast/shop.yaml}, "
    "health_check: {path: /healthz}}}}}}",
)
ALL_EPHEMERAL: Final = warning(
    "HF319",
    "all endpoints may be taken back",
    "Where every machine is ephemeral, nothing is left when their provider takes them back at once; `ephemeral_max` "
    "holds only where there are others.",
    wrong="tenants: {acme: {services: {shop: {upstream: {endpoints: "
    "[{address: '127.0.0.1:9101', ephemeral: true}]}}}}}",
    right="tenants: {acme: {services: {shop: {upstream: {endpoints: ['127.0.0.1:9102', "
    "{address: '127.0.0.1:9101', ephemeral: true}], health_check: {path: /healthz}}}}}}",
)


def check_sources(platform: Platform) -> Iterator[Finding]:
    """Every upstream and standby has endpoints, or somewhere to learn them from."""
    for backend in each_backend(platform):
        yield from _check(backend.path, backend.name, backend.standby)


def _check(path: Path, name: str, upstream: Standby) -> Iterator[Finding]:
    feed = upstream.endpoints_from
    if feed is None:
        if not upstream.endpoints:
            fix = "add `endpoints: [127.0.0.1:9000]`, or `endpoints_from`"
            where = ".".join(map(str, path))
            yield MISSING_KEY.at((*path, "endpoints"), f"`endpoints` is missing in `{where}`", fix, on_key=True)
        elif all(each.ephemeral for each in upstream.endpoints):
            message = f"every endpoint of {name} is ephemeral"
            yield ALL_EPHEMERAL.at((*path, "endpoints"), message, "add at least one that stays")
        return
    here = (*path, "endpoints_from")
    if (feed.file is None) is (feed.url is None):
        yield BAD_FEED.at(here, f"the feed of {name} has neither file nor URL, or both", "write one of them")
    if upstream.health_check is None:
        message = f"endpoints of {name} come from a feed, and nothing checks them"
        yield UNCHECKED.at(here, message, "add health_check: {path: /healthz}")
    for index, address in enumerate(upstream.addresses):
        if parse_ip(split_address(address)[0]) is None:
            message = f"{address}, an endpoint of {name}, is a name, and others are learnt from a feed"
            yield NAME_BESIDE_FEED.at((*path, "endpoints", index), message, "write its IP address")
