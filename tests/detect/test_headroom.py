"""When capacity is reached: told while things grow, and not of noise, steps or what has room."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.detect.findings import Sighting  # noqa: TC001 - annotated in a test
from holdfast.detect.intake.locations import RESOURCES, Location
from holdfast.detect.roster import Roster
from holdfast.detect.series.trend import forecast
from holdfast.detect.services.headroom import LocationHeadroom, ServiceHeadroom
from holdfast.detect.traits import LocationTraits, ServiceTraits
from holdfast.model.platform import Capacity

HERE = LocationTraits(Capacity(in_flight=100, requests=100.0), ("edge-1",))


def test_growth_is_carried_on_to_the_ceiling() -> None:
    ahead = forecast(np.linspace(0.5, 0.8, 60), 10.0, 1.0)
    assert ahead is not None
    assert ahead.reached_s == pytest.approx(0.2 / (0.3 / 590), rel=0.05)
    assert ahead.earliest_s <= ahead.reached_s
    assert ahead.level == pytest.approx(0.8, abs=0.01)


def test_outliers_do_not_move_the_forecast() -> None:
    values = np.linspace(0.5, 0.8, 60)
    values[[7, 30, 31]] = [3.0, 0.0, 5.0]
    ahead = forecast(values, 10.0, 1.0)
    assert ahead is not None
    assert ahead.reached_s == pytest.approx(393, rel=0.1)


@pytest.mark.parametrize(
    "values",
    [
        np.full(60, 0.9),
        np.linspace(0.9, 0.5, 60),
        np.array([0.4] * 30 + [0.8] * 30),
        np.linspace(0.50, 0.51, 60),
        np.array([np.nan, *np.linspace(0.5, 0.8, 59)]),
        np.array([0.5, 0.9]),
    ],
    ids=["level", "falling", "a step", "far off", "not all known", "too few"],
)
def test_nothing_is_foretold_without_steady_growth(values: np.ndarray) -> None:
    assert forecast(values, 10.0, 1.0) is None


def test_noise_is_seldom_taken_for_growth() -> None:
    rng = np.random.default_rng(1)
    walks = [np.convolve(rng.normal(0, 0.05, 69), np.ones(10) / 10, "valid") + 0.8 for _ in range(300)]
    assert sum(forecast(walk, 10.0, 1.0) is not None for walk in walks) <= 3


@settings(deadline=None, max_examples=30)
@given(st.floats(0.001, 0.02), st.integers(0, 99))
def test_the_forecast_comes_true(growth: float, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.01, 60)
    ahead = forecast(0.9 - growth * np.arange(60)[::-1] + noise, 10.0, 1.0)
    if ahead is not None:
        assert ahead.earliest_s <= 0.13 / growth * 10
        assert ahead.reached_s == pytest.approx(0.1 / growth * 10, rel=0.4, abs=20)


def test_a_location_that_fills_up_is_foretold_before_it_is_full() -> None:
    location, headroom = Location("here", HERE), LocationHeadroom()
    rng = np.random.default_rng(2)
    found: list[tuple[int, Sighting]] = []
    for tick in range(900):
        used = dict.fromkeys(RESOURCES, 0.1)
        used["in-flight"] = 0.3 + tick / 1_500 + float(rng.normal(0, 0.02))
        headroom.close_tick(used, 1.0)
        found += [(tick, one) for one in headroom.sight(location, float(tick)) if one.clear]
    first, sighting = found[0]
    assert 500 <= first < 800
    (harm,) = sighting.evidence.harms
    assert harm.startswith("in-flight reach capacity in about")


def test_a_service_that_grows_is_foretold_and_its_steady_neighbour_is_not() -> None:
    services = {name: ServiceTraits("acme", ("here",), capacity_rps=100.0) for name in ("grows", "stays")}
    roster = Roster(services, {"here": HERE})
    headroom = ServiceHeadroom(2)
    told = set()
    for minute in range(40):
        offered = np.array([30 + 1.5 * minute, 80], np.float32) * 60
        for part in range(60):
            headroom.close_tick(offered / np.float32(60), 1.0, lambda rows: np.full(len(rows), 100, np.float32))
            told |= {one.service for one in headroom.sight(roster, minute * 60.0 + part) if one.clear}
    assert told == {"grows"}
