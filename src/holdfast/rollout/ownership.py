"""What a change reaches that isn't its author's to change.

A tenant's owner may say what it likes about its own services, as long as nobody else is worse off: it takes no host,
address or share of capacity from others, and nothing is laxer than the platform's defaults or what somebody granted.
Limits above the platform's bounds are refused to everybody, when a text is checked.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from holdfast.model.danger import Danger
from holdfast.model.effective import EffectiveService, fill_service
from holdfast.model.intent import Intent
from holdfast.model.platform import Criticality, Mode, Platform, Response, Service
from holdfast.model.upstream import Upstream
from holdfast.rollout.changes import Edit, ServiceChange, find_changes
from holdfast.rollout.reach import Reach, find_reach

Path = tuple[str | int, ...]
BUFFER_MAX: Final = 1024**2
"""The most bytes of one request that an edge holds back for a service whose owner alone wants it so."""
_PARTS: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_OWN_WORDS: Final = frozenset({"contact", "consent"})
"""What a tenant says of itself beside its services, and may change."""
_MORE_IS_LAXER: Final[tuple[tuple[str, Callable[[EffectiveService], int]], ...]] = (
    ("criticality", lambda service: -list(Criticality).index(service.criticality)),
    ("mode", lambda service: list(Mode).index(service.mode)),
    ("response", lambda service: -list(Response).index(service.response)),
    ("bulkhead.in_flight.guaranteed", lambda service: service.in_flight.guaranteed),
    ("bulkhead.in_flight.maximum", lambda service: service.in_flight.maximum),
    ("bulkhead.pending", lambda service: service.pending),
    ("bulkhead.connections", lambda service: service.connections),
    ("accept.body_max", lambda service: max(BUFFER_MAX, service.accept.body_max or 0)),
    ("upstream.retries.body_max", lambda service: max(BUFFER_MAX, *_list_retried(service))),
    ("routes.deferred.body_max", lambda service: max((BUFFER_MAX, *_list_deferred(service)))),
)
"""What others would pay for if an owner could raise it, and how high it is."""


@dataclass(frozen=True, slots=True)
class Trespass:
    """A place of the changed platform that isn't its author's to change so, and why not."""

    path: Path
    message: str


def find_trespasses(old: Intent, new: Intent, tenants: frozenset[str]) -> tuple[Trespass, ...]:
    """Everything that `new` says otherwise than `old` and that the owner of these `tenants` may not say."""
    changes = find_changes(old, new)
    reach = find_reach(old, tenants)
    found = [each for edit in changes.shared if (each := _judge_shared(edit, tenants))]
    for change in changes.services.values():
        found += _judge_service(old, new, change, tenants, reach)
    return tuple(found)


def list_withheld(dangers: Iterable[Danger], old: Intent, new: Intent, tenants: frozenset[str]) -> frozenset[str]:
    """The codes of dangers that the owner of these `tenants` can't take upon itself: others would bear them."""
    own = {
        name
        for intent in (old, new)
        for name, owned in intent.services.items()
        if owned.tenant in tenants
    }  # fmt: skip
    return frozenset(danger.code for danger in dangers if not danger.services or not own.issuperset(danger.services))


def _judge_shared(edit: Edit, tenants: frozenset[str]) -> Trespass | None:
    path = tuple(key or int(index) for key, index in _PARTS.findall(edit.path))
    if path[:1] != ("tenants",):
        return Trespass(path, f"`{edit.path}` is the same for all tenants")
    tenant, *words = path[1:]
    if tenant not in tenants:
        return Trespass(path, f"tenant {tenant} isn't yours")
    if not words:
        return Trespass(path, f"whether there is a tenant {tenant} isn't yours to say")
    if words[0] not in _OWN_WORDS:
        return Trespass(path, f"`{words[0]}` of {tenant} isn't yours to say")
    return None


def _judge_service(
    old: Intent, new: Intent, change: ServiceChange, tenants: frozenset[str], reach: Reach
) -> Iterator[Trespass]:
    name = change.service
    sides = [intent.services[name] for intent in (old, new) if name in intent.services]
    path = ("tenants", sides[-1].tenant, "services", name)
    foreign = sorted({side.tenant for side in sides} - tenants)
    if foreign:
        yield Trespass(path, f"service {name} is {foreign[0]}'s")
    elif name in new.services:
        had = old.services[name].service if name in old.services else None
        has = new.services[name].service
        yield from _judge_hosts(has, path, reach)
        yield from _judge_endpoints(has, path, reach)
        yield from _judge_feeds(had, has, path)
        yield from _judge_shares(old.platform, (path[1], name), had, has)


def _judge_hosts(service: Service, path: Path, reach: Reach) -> Iterator[Trespass]:
    for index, host in enumerate(service.hosts):
        if other := reach.find_host_taken(host):
            yield Trespass((*path, "hosts", index), f"host {host.lower()} lies across {other}, which isn't yours")


def _judge_endpoints(service: Service, path: Path, reach: Reach) -> Iterator[Trespass]:
    for where, backend in service.each_backend():
        for index, endpoint in enumerate(backend.addresses):
            if why := reach.tell_endpoint_closed(endpoint):
                yield Trespass((*path, *where, "endpoints", index), f"endpoint {endpoint} {why}")


def _judge_feeds(had: Service | None, has: Service, path: Path) -> Iterator[Trespass]:
    granted = {backend.endpoints_from for _, backend in had.each_backend()} if had else set()
    for where, backend in has.each_backend():
        if backend.endpoints_from is not None and backend.endpoints_from not in granted:
            message = "where endpoints are learnt from is read by Holdfast itself, and so isn't yours to say"
            yield Trespass((*path, *where, "endpoints_from"), message)


def _judge_shares(platform: Platform, names: tuple[str, str], had: Service | None, has: Service) -> Iterator[Trespass]:
    """What is laxer than both the platform's defaults and what somebody granted this service, at any location."""
    tenant, name = names
    plain = Service(hosts=has.hosts, upstream=Upstream(endpoints=has.upstream.endpoints))
    granted = (plain,) if had is None else (plain, had)
    laxer = dict[str, None]()
    for location in platform.locations.values():
        wanted, *allowed = (fill_service(platform, tenant, name, each, location) for each in (has, *granted))
        laxer |= {
            key: None for key, measure in _MORE_IS_LAXER if measure(wanted) > max(measure(each) for each in allowed)
        }
    for key in laxer:
        path = ("tenants", tenant, "services", name, *key.split("."))
        yield Trespass(path, f"`{key}` of {name} would be laxer than the platform grants it")


def _list_deferred(service: EffectiveService) -> Iterator[int]:
    return (stated.deferred.body_max for stated in service.routes if stated.deferred)


def _list_retried(service: EffectiveService) -> Iterator[Any]:
    return (upstream.retries.body_max for _, upstream in service.each_upstream())
