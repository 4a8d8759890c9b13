"""Metrics of paging: whether people would be woken."""

from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.reading import MetricsReading


def expose_paging(page: Exposition, reading: MetricsReading) -> None:
    """Nothing, where there is no paging file. What was never read or proved is as old as control."""
    paging = reading.paging
    if paging is None:
        return
    page.add("paging_file_mistaken", paging.mistaken)
    page.add("paging_failing", paging.failing)
    page.add("incidents_unanswered", paging.unanswered)
    for team in paging.teams:
        page.add("on_call", team.somebody, team.name)
        page.add("on_call_gaps", team.gaps, team.name)
        if team.has_feed:
            page.add("on_call_feed_failing", team.feed_failing, team.name)
            page.add("on_call_feed_age_seconds", _find_age(team.fetched_at, reading), team.name)
    if paging.beats:
        page.add("heartbeat_age_seconds", _find_age(paging.proved_at, reading))
        page.add("heartbeat_broken", paging.broken)


def _find_age(at: float | None, reading: MetricsReading) -> float:
    return max(0.0, reading.now - (reading.started_at if at is None else at))
