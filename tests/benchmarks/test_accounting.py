"""Accounting against known truth: the short form of what `python -m bench.accounting` plays at length."""

import pytest
from bench.accounting.cost import measure_cost
from bench.accounting.prober import Probe, book_truth
from bench.accounting.simulated import Kind, play

MINUTE_S = 60.0


def test_simulated_outages_are_booked_within_a_minute() -> None:
    booked = play(5, (1.0, 5.0, 50.0, 500.0), list(Kind), 8)
    assert len(booked) >= 15
    assert {one.outage.kind for one in booked} == set(Kind)
    assert max(one.error_s for one in booked) <= MINUTE_S


def test_whole_outages_are_booked_within_a_minute_however_few_ask() -> None:
    booked = play(6, (0.2, 0.3, 0.5), [Kind.KILLED, Kind.HUNG], 12)
    assert len(booked) >= 10
    assert max(one.error_s for one in booked) <= MINUTE_S


def test_cost_goes_by_the_services_that_have_traffic() -> None:
    few, many = (measure_cost(services, 10, busy=50) for services in (500, 20_000))
    assert sum(many[part] for part in ("take", "close", "write")) < 0.05
    assert many["bytes_per_s"] == pytest.approx(few["bytes_per_s"], rel=0.5)


def test_the_prober_books_what_it_met() -> None:
    def ask(second: float) -> Probe:
        return Probe(second, is_write=False, status=503 if 100 <= second < 160 else 200)

    down_s, degraded_s = book_truth([ask(n / 10) for n in range(3000)], 0.0, 300.0)
    assert down_s == pytest.approx(60, abs=0.2)
    assert degraded_s < 3


def test_services_with_few_requests_and_probes_are_booked_within_a_minute() -> None:
    kinds = [Kind.KILLED, Kind.HUNG, Kind.MOSTLY, Kind.PARTLY]
    booked = play(4, (0.0, 0.2, 0.5), kinds, 3, probed=True)
    assert len(booked) >= 3
    assert max(one.error_s for one in booked) <= MINUTE_S
