"""Words that change how services are treated, and how many at once."""

from collections import Counter
from collections.abc import Iterator

from holdfast.model.shedding import CRITICAL
from holdfast.rollout.danger import MANY_MIN, SHOWN_MAX, Change, Danger
from holdfast.rollout.hosts import find_service, index_hosts


def find_policy_for_many(change: Change) -> Iterator[Danger]:
    """A word that changes how many services are treated, none of which the change names."""
    location = change.location
    if location is None or not change.changes.shared:
        return
    moved: dict[tuple[str, str, str], list[str]] = {}
    for name in change.lasting:
        after, before = change.new.effective(name, location), change.old.effective(name, location)
        for key in ("mode", "response", "criticality"):
            was, will = str(getattr(before, key)), str(getattr(after, key))
            if was != will:
                moved.setdefault((key, was, will), []).append(name)
    for (key, was, will), services in moved.items():
        if len(services) >= MANY_MIN:
            message = f"{key} of {len(services)} services would go from {was} to {will} from one moment to the next"
            yield Danger("policy-for-many", message, tuple(services), tuple(services[:SHOWN_MAX]))


def find_demoted(change: Change) -> Iterator[Danger]:
    """A service that was kept when a location was full, and would be among the first to go."""
    location = change.location
    if location is None:
        return
    for name in filter(change.changes.mentioned.__contains__, change.lasting):
        before, after = (intent.effective(name, location).criticality for intent in (change.old, change.new))
        if before in CRITICAL and after not in CRITICAL:
            usage = change.usage.services.get(name)
            asked = f", and has {usage.rps:g} requests/s" if usage else ""
            yield Danger(
                "demoted", f"{name} would fall from {before} to {after}{asked}", (name,), (f"{before} → {after}",)
            )


def find_kills_consented(change: Change) -> Iterator[Danger]:
    """Tenants in whose name somebody agrees that they may be switched off."""
    tenants = [
        name
        for name, tenant in change.new.platform.tenants.items()
        if (before := change.old.platform.tenants.get(name)) and tenant.consent.kill and not before.consent.kill
    ]
    if len(tenants) >= MANY_MIN:
        message = f"{len(tenants)} tenants would agree to be switched off"
        yield Danger("consent-for-many", message, evidence=tuple(tenants[:SHOWN_MAX]))


def find_untrusted(change: Change) -> Iterator[Danger]:
    """Proxies that are no longer believed: whoever comes through one is then one client with all others."""
    before, after = (set(i.platform.clients.trusted_proxies or ()) for i in (change.old, change.new))
    gone = sorted(map(str, before - after))
    if gone:
        message = f"{', '.join(gone)} would no longer be trusted: all who come through it become one client each"
        yield Danger("trust-withdrawn", message, evidence=tuple(gone))


def find_not_internal(change: Change) -> Iterator[Danger]:
    """Services that others call, and that would no longer be there for that."""
    hosts = index_hosts(change.old)
    for name in filter(change.changes.mentioned.__contains__, change.lasting):
        if change.old.services[name].service.internal and not change.new.services[name].service.internal:
            callers = Counter[str]()
            for request in change.requests:
                if request.caller and find_service(hosts, request.host) == name:
                    callers[request.caller] += round(request.weight)
            if callers:
                evidence = tuple(f"{caller} ({count})" for caller, count in callers.most_common(SHOWN_MAX))
                yield Danger("internal-no-more", f"{name} would not be internal, and others call it", (name,), evidence)
