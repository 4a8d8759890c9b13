"""What the page says of the status site."""

from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from adapters.metrics.readings import Source, make_intent
from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.status_site import expose_status_site
from holdfast.model.status_document import PublishingStanding


def expose(standing: PublishingStanding) -> str:
    reading = replace(Source(make_intent()).read_metrics(()), started_at=10.0, now=100.0, status_site=standing)
    page, registry = Exposition(), CollectorRegistry()
    expose_status_site(page, reading)
    registry.register(page)
    return generate_latest(registry).decode()


@pytest.mark.parametrize(("published_at", "age"), [(40.0, 60.0), (None, 90.0), (200.0, 0.0)])
def test_it_says_how_old_the_site_is(published_at: float | None, age: float) -> None:
    page = expose(PublishingStanding("/site", published_at))
    assert f"holdfast_status_site_age_seconds {age}" in page
    assert "holdfast_status_site_failing 0.0" in page


def test_it_says_that_the_site_cannot_be_written() -> None:
    assert "holdfast_status_site_failing 1.0" in expose(PublishingStanding("/site", error="the disk is full"))


def test_it_says_nothing_where_there_is_no_site() -> None:
    lines = expose(PublishingStanding()).splitlines()
    assert not [line for line in lines if line.startswith("holdfast_status_site")]
