"""Metrics of standbys, of services that come back, of last good copies, and of feeds of endpoints."""

from collections import Counter
from typing import Final

from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.reading import MetricsReading
from holdfast.model.asset_store import StoreFigures, StoreStanding
from holdfast.model.mitigation import Hold
from holdfast.model.readiness import Readiness
from holdfast.model.restoration import Stage

STANDBYS_MAX: Final = 500
"""Standbys that have metrics of their own, those first that couldn't take over; all are counted."""
FEEDS_MAX: Final = 500
"""Feeds that have metrics of their own, those first that fail; all are counted."""
_VALUES: Final = {Readiness.READY: 1.0, Readiness.STALE: 0.5, Readiness.NOT_READY: 0.0}


def expose_recovery(page: Exposition, reading: MetricsReading) -> None:
    """Whether standbys could take over, how many services aren't back yet, how the store of copies is, and feeds."""
    counted = Counter(verdict.readiness for verdict in reading.standbys)
    for readiness in Readiness:
        page.add("standbys", counted[readiness], readiness)
    worst = sorted(reading.standbys, key=lambda verdict: (_VALUES[verdict.readiness], not verdict.alarm))
    for verdict in worst[:STANDBYS_MAX]:
        labels = verdict.service, verdict.upstream or "", verdict.standby
        page.add("standby_ready", _VALUES[verdict.readiness], *labels)
        page.add("standby_alarm", verdict.alarm, *labels)
    holds = [m.measure for m in reading.state.mitigations.values() if isinstance(m.measure, Hold)]
    stages = Counter(Stage.HELD if hold.requests_per_s is None else Stage.RAMPING for hold in holds)
    for stage in Stage:
        page.add("services_returning", stages[stage], stage)
    _expose_assets(page, reading.assets)
    _expose_feeds(page, reading)


def _expose_assets(page: Exposition, standing: StoreStanding) -> None:
    figures = standing.figures or StoreFigures()
    page.add("assets_ready", not standing.problem)
    page.add("assets_bytes", figures.bytes)
    page.add("assets_copies", figures.objects)
    for verdict in ("kept", "validated", "withdrawn", "refused", "throttled"):
        page.add("assets_fetched_total", getattr(figures, verdict), verdict)
    page.add("assets_served_total", figures.served - figures.stale, "fresh")
    page.add("assets_served_total", figures.stale, "stale")
    page.add("assets_missing_total", figures.missing)


def _expose_feeds(page: Exposition, reading: MetricsReading) -> None:
    """The age of one that was never read is how long control has been trying."""
    failing = sum(feed.failing for feed in reading.feeds.values())
    page.add("endpoint_feeds", failing, "failing")
    page.add("endpoint_feeds", len(reading.feeds) - failing, "well")
    worst = sorted(reading.feeds.items(), key=lambda each: (not each[1].failing, each[0]))
    for cluster, feed in worst[:FEEDS_MAX]:
        page.add("endpoint_feed_failing", feed.failing, cluster)
        read_at = reading.started_at if feed.read_at is None else feed.read_at
        page.add("endpoint_feed_age_seconds", max(0.0, reading.now - read_at), cluster)
