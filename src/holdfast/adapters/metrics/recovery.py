"""Metrics of standbys, of services that come back, and of last good copies."""

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
_VALUES: Final = {Readiness.READY: 1.0, Readiness.STALE: 0.5, Readiness.NOT_READY: 0.0}


def expose_recovery(page: Exposition, reading: MetricsReading) -> None:
    """Whether standbys could take over, how many services aren't back yet, and how the store of copies is."""
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
