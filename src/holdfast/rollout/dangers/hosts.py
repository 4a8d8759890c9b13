"""Hosts that would be gone, somebody else's, or far too many."""

from collections.abc import Iterator
from typing import Final

from holdfast.rollout.danger import SHOWN_MAX, Change, Danger
from holdfast.rollout.hosts import index_hosts

HOSTS_GONE_SHARE: Final = 0.1
HOSTS_GONE_MIN: Final = 3
"""So many hosts, and so large a part of all, don't go at once by intent."""
GROWN_FACTOR: Final = 1.8
GROWN_MIN: Final = 10
"""A platform doesn't grow by so much at once, unless a file was doubled or generated wrong."""


def find_hosts_gone(change: Change) -> Iterator[Danger]:
    """A tenth of all hosts, gone at once."""
    before, after = index_hosts(change.old), index_hosts(change.new)
    gone = sorted(before.keys() - after.keys())
    if len(gone) >= max(HOSTS_GONE_MIN, HOSTS_GONE_SHARE * len(before)):
        message = f"{len(gone)} of {len(before)} hosts would be gone"
        yield Danger("hosts-gone", message, tuple(sorted({before[h] for h in gone})), tuple(gone[:SHOWN_MAX]))


def find_moved_hosts(change: Change) -> Iterator[Danger]:
    """A host that another tenant answers for: its visitors, cookies and secrets go with it."""
    before, after = index_hosts(change.old), index_hosts(change.new)
    for host in sorted(before.keys() & after.keys()):
        was, will = before[host], after[host]
        tenants = change.old.services[was].tenant, change.new.services[will].tenant
        if tenants[0] != tenants[1]:
            message = f"host {host} would move from tenant {tenants[0]} ({was}) to {tenants[1]} ({will})"
            yield Danger("host-moves-tenant", message, tuple(dict.fromkeys((was, will))), (host,))


def find_taken_hosts(change: Change) -> Iterator[Danger]:
    """A new wildcard over others' hosts, or a new host that another tenant's wildcard is asked for now."""
    before, after = index_hosts(change.old), index_hosts(change.new)
    asked = {request.host.lower() for request in change.requests}
    for host in sorted(after.keys() - before.keys()):
        taken = [other for other in before if _is_below(other, host) or (host in asked and _is_below(host, other))]
        for other in sorted(taken):
            owners = change.new.services[after[host]].tenant, change.old.services[before[other]].tenant
            if owners[0] != owners[1]:
                message = f"host {host} of {owners[0]} lies across {other} of {owners[1]}"
                yield Danger("host-across-tenants", message, (after[host], before[other]), (host, other))


def _is_below(host: str, wildcard: str) -> bool:
    return wildcard.startswith("*.") and host != wildcard and host.removeprefix("*").endswith(wildcard[1:])


def find_growth(change: Change) -> Iterator[Danger]:
    """Nearly twice as many services."""
    before, after = len(change.old.services), len(change.new.services)
    if before >= GROWN_MIN and after >= GROWN_FACTOR * before:
        yield Danger("grown", f"{before} services would become {after}: was a file doubled?")
