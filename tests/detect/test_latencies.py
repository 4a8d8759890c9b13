"""Percentiles of what an edge's answers took, from buckets."""

from math import inf

import pytest

from holdfast.detect.intake.latencies import MEMORY_S, LatencyMeter
from holdfast.model.telemetry import Latencies

BOUNDS_S = (0.01, 0.1, 1.0, inf)


def test_nothing_is_said_of_nothing() -> None:
    meter = LatencyMeter()
    assert meter.percentile(0.5) is None
    meter.take(Latencies(), 0.25)
    assert meter.percentile(0.99) is None


def test_answers_lie_evenly_within_their_bucket() -> None:
    meter = LatencyMeter()
    meter.take(Latencies(BOUNDS_S, (50, 40, 10, 0)), 0.25)
    assert meter.percentile(0.5) == pytest.approx(0.01)
    assert meter.percentile(0.7) == pytest.approx(0.055)
    assert meter.percentile(0.99) == pytest.approx(0.91)


def test_what_is_beyond_the_last_bound_is_not_made_up() -> None:
    meter = LatencyMeter()
    meter.take(Latencies(BOUNDS_S, (50, 0, 0, 50)), 0.25)
    assert meter.percentile(0.99) is None


def test_the_past_is_forgotten() -> None:
    meter = LatencyMeter()
    meter.take(Latencies(BOUNDS_S, (0, 0, 1000, 0)), 0.25)
    for _ in range(40):
        meter.take(Latencies(BOUNDS_S, (100, 0, 0, 0)), 0.25)
    assert meter.percentile(0.5) == pytest.approx(0.01, abs=0.005)
    meter.take(Latencies(), 20 * MEMORY_S)
    assert meter.percentile(0.5) is None
