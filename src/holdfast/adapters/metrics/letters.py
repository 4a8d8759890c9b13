"""Metrics of what is sent to people: pages, and what subscribers of the status site are told."""

from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.reading import MetricsReading


def expose_letters(page: Exposition, reading: MetricsReading) -> None:
    """What waits in each outbox and since when, what was given up, and how many are told."""
    for name, figures in reading.outboxes.items():
        page.add("letters_waiting", figures.waiting, name)
        page.add("letters_oldest_age_seconds", figures.oldest_s, name)
        for kind, count in figures.failed.items():
            page.add("letters_failed", count, name, kind)
    for channel, readers in reading.subscribers.subscribers.items():
        page.add("subscribers", readers, channel)
    page.add("subscribers_suspended", reading.subscribers.suspended)
