"""Metrics of what is kept for later."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.reading import MetricsReading, SpooledReading
from holdfast.model.recovery import SpoolBounds

SPOOLED_MAX: Final = 500
"""Services that have metrics of their own, those first of which something is kept."""

LATE_SHARE: Final = 0.5
"""Of the age at which a message is a dead letter: what waits for longer is late, as the alert has it."""
TENANTS_MAX: Final = 500
"""Tenants that have metrics of their own, those first that have least left."""


def expose_spool(page: Exposition, reading: MetricsReading) -> None:
    """What is kept in all and of each service, how old it is, and how much room there is."""
    spool = reading.spool
    page.add("spool_running", spool.running)
    page.add("spool_waiting_bytes", sum(each.waiting_bytes for each in spool.services))
    for name, size in {"disk_bytes": spool.disk_bytes, "free_bytes": spool.free_bytes}.items():
        if size is not None:
            page.add(f"spool_{name}", size)
    if spool.bounds is not None:
        _expose_use(page, spool.services, spool.bounds)
    for each in sorted(spool.services, key=lambda each: _rank(each, reading.now))[:SPOOLED_MAX]:
        _expose_service(page, each, reading.now)


def _expose_use(page: Exposition, services: Iterable[SpooledReading], bounds: SpoolBounds) -> None:
    tenants = defaultdict[str, list[SpooledReading]](list)
    for each in services:
        tenants[each.tenant].append(each)
    page.add("spool_waiting_bytes_max", bounds.bytes_max)
    page.add("spool_used_ratio", _weigh(services, bounds.messages_max, bounds.bytes_max))
    used = [(_weigh(own, bounds.tenant_messages_max, bounds.tenant_bytes_max), name) for name, own in tenants.items()]
    for share, name in sorted(used, reverse=True)[:TENANTS_MAX]:
        page.add("spool_tenant_used_ratio", share, name)


def _weigh(services: Iterable[SpooledReading], messages_max: int, bytes_max: int) -> float:
    """How much of what may be kept is, by the bound that is nearer. Dead letters take room as well."""
    messages = sum(each.waiting + each.dead for each in services)
    size = sum(each.waiting_bytes + each.dead_bytes for each in services)
    return max(messages / messages_max, size / bytes_max if bytes_max else 1.0)


def _rank(spooled: SpooledReading, now: float) -> tuple[bool, bool, float, str]:
    """Those first whose messages are about to be dead letters, then those that have some, then by the oldest's age."""
    oldest_at = float("inf") if spooled.oldest_at is None else spooled.oldest_at
    is_late = spooled.age_max_s is not None and now - oldest_at > LATE_SHARE * spooled.age_max_s
    return not is_late, not spooled.dead, oldest_at, spooled.service


def _expose_service(page: Exposition, spooled: SpooledReading, now: float) -> None:
    labels = spooled.service, spooled.tenant
    page.add("spool_open", spooled.is_open, *labels)
    page.add("spool_waiting", spooled.waiting, *labels)
    page.add("spool_delivering", spooled.delivering, *labels)
    page.add("spool_dead", spooled.dead, *labels)
    page.add("spool_delivered_total", spooled.delivered, *labels)
    age_s = 0.0 if spooled.oldest_at is None else max(0.0, now - spooled.oldest_at)
    page.add("spool_oldest_age_seconds", age_s, *labels)
    if spooled.age_max_s is not None:
        page.add("spool_age_max_seconds", spooled.age_max_s, *labels)
