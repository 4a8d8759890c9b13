"""Accounting beside a prober at real edges. `./dev test tests/long` runs this."""

import asyncio

import pytest
from bench.accounting.edges import play as play_on_edges

MINUTE_S = 60.0


@pytest.mark.timeout(240)
def test_real_outages_are_booked_as_a_prober_met_them() -> None:
    results = asyncio.run(play_on_edges(3, ["upstream killed"], (15.0, 20.0)))
    assert {result.region for result in results} == {"us", "eu"}
    for result in results:
        assert result.truth[0] >= 10
        assert max(result.errors_s["probe"], result.errors_s["shop"]) <= 10
        assert result.errors_s["rare"] <= MINUTE_S
