"""Endpoints that are too busy, somebody else's, or dead."""

from collections.abc import Iterator
from typing import Final

from holdfast.model.intent import Intent
from holdfast.rollout.danger import Change, Danger

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


def _endpoints(intent: Intent) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, owned in intent.services.items():
        for upstream in (owned.service.upstream, *owned.service.upstreams.values()):
            for endpoint in upstream.endpoints:
                found.setdefault(endpoint, set()).add(name)
    return found
