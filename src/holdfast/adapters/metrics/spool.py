"""Metrics of what is kept for later."""

from typing import Final

from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.reading import MetricsReading, SpooledReading

SPOOLED_MAX: Final = 500
"""Services that have metrics of their own, those first of which something is kept."""


def expose_spool(page: Exposition, reading: MetricsReading) -> None:
    """What is kept in all and of each service, how old it is, and how much room there is."""
    spool = reading.spool
    page.add("spool_running", spool.running)
    page.add("spool_waiting_bytes", sum(each.waiting_bytes for each in spool.services))
    sizes = {"disk_bytes": spool.disk_bytes, "free_bytes": spool.free_bytes, "waiting_bytes_max": spool.bytes_max}
    for name, size in sizes.items():
        if size is not None:
            page.add(f"spool_{name}", size)
    for each in sorted(spool.services, key=_rank)[:SPOOLED_MAX]:
        _expose_service(page, each, reading.now)


def _rank(spooled: SpooledReading) -> tuple[bool, float, str]:
    """Those with dead letters first, then those whose oldest message is oldest."""
    return not spooled.dead, spooled.oldest_at or float("inf"), spooled.service


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
