"""Which service answers for a host must be plain."""

from collections.abc import Iterator
from typing import Final

from holdfast.model.platform import Platform
from holdfast.spec.codes import Finding, Path, error, show_path, warning
from holdfast.spec.rules.walk import each_service

HOST_TWICE = error(
    "HF301",
    "one host, two places",
    "The same host stands in two services, or twice in one. Case doesn't tell hosts apart. A wildcard beside a "
    "name below it is no mistake: the longest match wins.",
    wrong="""
tenants:
  acme:
    services:
      shop: {hosts: [shop.example.com, SHOP.example.com]}
""",
    right="""
tenants:
  acme:
    services:
      shop: {hosts: [shop.example.com, "*.shop.example.com"]}
""",
)
WIDE_WILDCARD = warning(
    "HF302",
    "a wildcard over a whole top-level domain",
    "The wildcard takes every name below a single label, such as `*.com`. That is right only for a domain of "
    "your own network.",
    wrong="tenants: {acme: {services: {shop: {hosts: ['*.com']}}}}",
    right="tenants: {acme: {services: {shop: {hosts: ['*.example.com']}}}}",
)

PRIVATE_DOMAINS: Final = frozenset(
    {"localhost", "test", "example", "invalid", "local", "internal", "lan", "intranet", "home", "corp"}
)
"""Single labels that are commonly a network's own (RFC 2606, RFC 6762, ICANN's `internal`)."""


def check_hosts(platform: Platform) -> Iterator[Finding]:
    """No host in two places, and no wildcard over the world."""
    seen: dict[str, Path] = {}
    for owned in each_service(platform):
        for index, host in enumerate(owned.service.hosts):
            path = (*owned.path, "hosts", index)
            first = seen.setdefault(host.lower(), path)
            if first is not path:
                yield _host_twice(host, path, first)
            yield from _check_wildcard(host, path)


def _host_twice(host: str, path: Path, first: Path) -> Finding:
    same = path[:4] == first[:4]
    where = "stands twice in this service" if same else f"belongs to {show_path(first[:4])} already"
    fix = "take one of the two out" if same else "a host has one service: take it out of one of the two"
    return HOST_TWICE.at(path, f"host {host.lower()} {where}", fix, first=first)


def _check_wildcard(host: str, path: Path) -> Iterator[Finding]:
    domain = host.lower().removeprefix("*.")
    if host.startswith("*.") and "." not in domain and domain not in PRIVATE_DOMAINS:
        message = f"{host} takes every host below .{domain} that has no service of its own"
        yield WIDE_WILDCARD.at(path, message, f"name your own domain, such as *.example.{domain}")
