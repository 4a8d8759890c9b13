"""Metrics of the public status site: whether it is written, and when it last was."""

from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.reading import MetricsReading


def expose_status_site(page: Exposition, reading: MetricsReading) -> None:
    """Nothing, where no site is declared. The age of one that was never written is how long control has been trying."""
    standing = reading.status_site
    if standing.directory is None:
        return
    published_at = reading.started_at if standing.published_at is None else standing.published_at
    page.add("status_site_age_seconds", max(0.0, reading.now - published_at))
    page.add("status_site_failing", standing.error is not None)
    page.add("status_site_build_seconds", standing.took_s)
