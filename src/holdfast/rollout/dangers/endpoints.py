"""Endpoints that are too busy, somebody else's, or dead."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from holdfast.model.intent import Intent
from holdfast.rollout.danger import MANY_MIN, SHOWN_MAX, Change, Danger, show_paths
from holdfast.rollout.hosts import find_service, index_hosts

if TYPE_CHECKING:
    from holdfast.rollout.outcomes import Difference

TAKEN_OVER_SHARE: Final = 0.5
"""An endpoint that suddenly answers for so many services is a mistake, or a new single point of failure."""
TAKEN_OVER_MIN: Final = 3


def find_crowded_endpoints(change: Change) -> Iterator[Danger]:
    """Endpoints that would answer for half of all services."""
    before, after = _endpoints(change.old), _endpoints(change.new)
    for endpoint, services in sorted(after.items()):
        more = services - before.get(endpoint, set())
        if len(more) >= max(TAKEN_OVER_MIN, TAKEN_OVER_SHARE * len(change.new.services)):
            message = f"{endpoint} would answer for {len(more)} services more"
            yield Danger("endpoint-takes-over", message, tuple(sorted(more)), (endpoint,))


def find_others_endpoints(change: Change) -> Iterator[Danger]:
    """Endpoints that are another tenant's already."""
    before, after = _endpoints(change.old), _endpoints(change.new)
    for endpoint, services in sorted(after.items()):
        theirs = before.get(endpoint, set())
        for name in sorted(services - theirs):
            others = {o for o in theirs if change.old.services[o].tenant != change.new.services[name].tenant}
            if others:
                message = f"{name} would send requests to {endpoint}, which is {', '.join(sorted(others))}'s"
                yield Danger("endpoint-of-another", message, (name, *sorted(others)), (endpoint,))


def find_dead_endpoints(change: Change) -> Iterator[Danger]:
    """New endpoints where nobody answers."""
    before = _endpoints(change.old)
    for endpoint, services in sorted(_endpoints(change.new).items()):
        if endpoint in change.dead and endpoint not in before:
            yield Danger("endpoint-dead", f"nothing answers at {endpoint}", tuple(sorted(services)), (endpoint,))


def find_requests_to_others(change: Change) -> Iterator[Danger]:
    """Requests that would be sent to an endpoint of another service of the same tenant, which keeps it."""
    if not change.differences:
        return
    before, after = _endpoints(change.old), _endpoints(change.new)
    sent: dict[tuple[str, str], list[Difference]] = {}
    for difference in change.differences:
        name = difference.new.service
        if name in change.changes.mentioned and name == difference.old.service:
            for endpoint in difference.new.endpoints:
                if name not in before.get(endpoint, {name}):
                    sent.setdefault((name, endpoint), []).append(difference)
    for (name, endpoint), theirs in sorted(sent.items()):
        tenant = change.new.services[name].tenant
        keep = before[endpoint] & after[endpoint] - {name}
        others = sorted(other for other in keep if change.old.services[other].tenant == tenant)
        if others:
            count = sum(d.request.weight for d in theirs)
            message = f"{count:g} recorded requests of {name} would be sent to {endpoint}, which belongs to {others[0]}"
            yield Danger("endpoint-of-another", message, (name, *others), show_paths(theirs))


def find_moved_along(change: Change) -> Iterator[Danger]:
    """Services that move to other endpoints together with one that nobody asks: was only that one meant?"""
    hosts = index_hosts(change.old)
    asked = {find_service(hosts, request.host) for request in change.requests}
    asked |= {name for name, usage in change.usage.services.items() if usage.rps}
    moves: dict[tuple[frozenset[str], frozenset[str]], list[str]] = {}
    for name in filter(change.changes.mentioned.__contains__, change.lasting):
        was, will = (frozenset(i.services[name].service.upstream.addresses) for i in (change.old, change.new))
        if not was & will:
            moves.setdefault((was, will), []).append(name)
    for (was, will), services in sorted(moves.items(), key=lambda item: item[1]):
        idle, busy = ([name for name in services if (name in asked) is is_asked] for is_asked in (False, True))
        if idle and busy:
            message = f"{', '.join(busy)} would move to other endpoints along with {', '.join(idle)}, which nobody asks"
            shown = f"{', '.join(sorted(was))} → {', '.join(sorted(will))}"
            yield Danger("moved-along", message, (*busy, *idle), (shown,))


def find_endpoints_gone(change: Change) -> Iterator[Danger]:
    """Many services at once that would have half of their endpoints left, or fewer, and no new ones."""
    gone: dict[str, list[str]] = {}
    for name in change.lasting:
        was, will = (set(i.services[name].service.upstream.addresses) for i in (change.old, change.new))
        if will < was and 2 * len(will) <= len(was):
            gone[name] = sorted(was - will)
    if len(gone) >= MANY_MIN:
        message = f"{len(gone)} services at once would lose half of their endpoints or more: {', '.join(gone)}"
        evidence = tuple(f"{name} without {', '.join(theirs)}" for name, theirs in gone.items())
        yield Danger("endpoints-gone", message, tuple(gone), evidence[:SHOWN_MAX])


def _endpoints(intent: Intent) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, owned in intent.services.items():
        for upstream in (owned.service.upstream, *owned.service.upstreams.values()):
            for endpoint in upstream.addresses:
                found.setdefault(endpoint, set()).add(name)
    return found
