"""Which mitigations hold for whom: the latest of a kind for a service, but all its blocks and denials.

Limits are told apart by what they limit: one of requests in flight doesn't end one of each client. A hold that lets
some in is a limit beside them, and the lower of the two counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.model.intent import Intent
from holdfast.model.mitigation import FailOver, Hold, Limit, Measure, Mitigation, Whom
from holdfast.model.platform import Service


@dataclass(frozen=True, slots=True)
class Held:
    """The mitigations of one service. `limit` is what all its limits come to, `limited_by` the latest of them."""

    kill: Mitigation | None = None
    hold: Mitigation | None = None
    """One that lets nothing in."""
    read_only: Mitigation | None = None
    limited_by: Mitigation | None = None
    limit: Limit | None = None
    moved: Mitigation | None = None
    """One that sends its requests to a standby."""
    spooled: Mitigation | None = None
    blocks: tuple[Mitigation, ...] = ()
    denials: tuple[Mitigation, ...] = ()


def find_held(intent: Intent) -> Mapping[str, Held]:
    """What holds for every service that anything holds for."""
    found: dict[str, dict[str, list[Mitigation]]] = {}
    for mitigation in intent.mitigations:
        for service in _find_services(intent, mitigation.measure):
            found.setdefault(service, {}).setdefault(mitigation.measure.kind, []).append(mitigation)
    return {service: _hold(intent, service, kinds) for service, kinds in found.items()}


def _find_services(intent: Intent, measure: Measure) -> frozenset[str]:
    if isinstance(measure, FailOver):
        found = intent.find_services(measure)
        return frozenset(name for name in found if name_standbys(intent.services[name].service, measure))
    if isinstance(measure, Whom):
        return intent.find_services(measure)
    return intent.find_services(Whom(service=measure.service)) if measure.service else frozenset()


def name_standbys(service: Service, measure: FailOver) -> Mapping[str | None, str]:
    """Which standby takes the place of each of a service's upstreams; those that stay aren't in it."""
    going = {n: u for n, u in service.each_upstream() if measure.site is None or u.site == measure.site}
    first = {name: next(iter(upstream.standbys), None) for name, upstream in going.items()}
    named = {name: measure.to or first[name] for name in going}
    return {name: to for name, to in named.items() if to is not None and to in going[name].standbys}


def is_judged_late(service: Service) -> bool:
    """Whether it takes more than a method to know that a request may write: its document, or its route."""
    return service.accept.graphql is not None or any(route.deferred for route in service.routes)


def _hold(intent: Intent, service: str, kinds: Mapping[str, list[Mitigation]]) -> Held:
    """What mitigations of each kind come to."""
    moved = _latest(kinds.get("fail-over"))
    reading = [moved] if moved and _makes_read_only(intent, service, moved) else []
    hold, limits = _latest(kinds.get("hold")), kinds.get("limit", [])
    if hold is not None and isinstance(hold.measure, Hold) and hold.measure.requests_per_s is not None:
        limits, hold = [*limits, hold], None
    return Held(
        kill=_latest(kinds.get("kill")),
        hold=hold,
        read_only=_latest([*kinds.get("read-only", ()), *reading]),
        moved=moved,
        spooled=_latest(kinds.get("spool")),
        limited_by=_latest(limits),
        limit=_merge_limits(service, limits),
        blocks=tuple(kinds.get("block", ())),
        denials=tuple(kinds.get("deny", ())),
    )


def _merge_limits(service: str, mitigations: Sequence[Mitigation]) -> Limit | None:
    """The latest limit of each thing; of requests in flight the lowest counts, see `compile.walls`."""
    merged = Limit(service=service)
    for mitigation in sorted(mitigations, key=lambda m: m.started_at):
        limit = mitigation.measure
        if isinstance(limit, Limit) and limit.requests_per_s is not None:
            merged = merged.model_copy(update={"requests_per_s": limit.requests_per_s})
        if isinstance(limit, Limit) and limit.per_client is not None:
            changes = {"per_client": limit.per_client, "client_prefix": limit.client_prefix}
            merged = merged.model_copy(update=changes)
    let_in = [m.measure.requests_per_s for m in mitigations if isinstance(m.measure, Hold)]
    rates = [rate for rate in (merged.requests_per_s, *let_in) if rate is not None]
    return merged.model_copy(update={"requests_per_s": min(rates, default=None)}) if mitigations else None


def _makes_read_only(intent: Intent, service: str, moved: Mitigation) -> bool:
    if not isinstance(moved.measure, FailOver):
        return False
    stated = moved.measure.read_only
    return intent.services[service].service.failover.read_only if stated is None else stated


def _latest(mitigations: list[Mitigation] | None) -> Mitigation | None:
    return max(mitigations, key=lambda m: m.started_at) if mitigations else None
