"""What a service is taken to bring to a standby."""

from __future__ import annotations

import pytest

from fakes.figures import REPORT_S, report
from holdfast.recover.failover.burdens import Burdens
from holdfast.recover.failover.layout import Layout

USUAL_RPS, CROWD_RPS = 40.0, 400.0
FAILING = frozenset({"shop"})


def bring(burdens: Burdens, rps: float, seconds: float, failing: frozenset[str] = frozenset()) -> float:
    """So much is asked for at one edge for so long; returns what the service is taken to bring."""
    for number in range(round(seconds / REPORT_S)):
        burdens.take(report("a", 1_000 + number * REPORT_S, {}, rps={"shop": rps}), failing)
    return burdens.list_of("shop")["a"].rps


@pytest.fixture
def burdens() -> Burdens:
    known = Burdens()
    known.set_layout(Layout(weighed={"shop": "us"}))
    bring(known, USUAL_RPS, 60)
    return known


def test_a_crowd_counts_as_soon_as_it_is_there(burdens: Burdens) -> None:
    assert bring(burdens, CROWD_RPS, 2) > 0.8 * CROWD_RPS


def test_a_crowd_that_has_left_is_soon_forgotten(burdens: Burdens) -> None:
    bring(burdens, CROWD_RPS, 10)
    assert bring(burdens, USUAL_RPS, 15) < 2 * USUAL_RPS


def test_of_what_is_lost_it_is_remembered_what_it_brought_before(burdens: Burdens) -> None:
    assert bring(burdens, 0, 10, FAILING) > 0.6 * USUAL_RPS
