"""What locations bear, added up from reports that come when they come."""

import numpy as np
import pytest

from holdfast.mitigate.pressure import BINS, CARED_MAX, Gauges, compute_harm
from holdfast.model.platform import Criticality
from holdfast.model.telemetry import METRICS, EdgeFigures, EdgeReport, Metric
from mitigate.playing import NOW, make_intent


def report(at: float, *services: str, offered: int = 10, edge: str = "e1", in_flight: int = 0) -> EdgeReport:
    counts = np.zeros((len(services), METRICS), np.int64)
    counts[:, [Metric.OFFERED, Metric.ADMITTED]] = offered
    figures = EdgeFigures(in_flight=in_flight)
    return EdgeReport(edge, "p", 1, at - 0.25, at, services, counts, np.zeros(len(services), np.int64), figures)


@pytest.fixture
def gauges() -> Gauges:
    made = Gauges()
    made.set_platform(make_intent("e1", "e2"))
    return made


def test_rates_are_means_over_the_edges_reports(gauges: Gauges) -> None:
    for tick in range(1, 41):
        gauges.take(report(NOW + tick / 4, "shop", edge="e1"))
        gauges.take(report(NOW + tick / 4, "shop", "blog", offered=5, edge="e2"))
    pressure = gauges.read("here", NOW + 10.0, usual_rps=70.0)
    assert pressure.rates(pressure.whole)[Metric.OFFERED] == pytest.approx(80.0)
    of_class = pressure.classes[Criticality.SHEDDABLE_PLUS]
    assert np.array_equal(of_class, pressure.whole)
    assert pressure.usual_rps == 70.0


def test_services_that_are_cared_for_have_counts_of_their_own(gauges: Gauges) -> None:
    gauges.take(report(NOW + 0.25, "shop"))
    gauges.care_for(frozenset({"shop"}))
    gauges.take(report(NOW + 0.5, "shop", "blog"))
    pressure = gauges.read("here", NOW + 0.5)
    assert pressure.cared["shop"][:, Metric.OFFERED].sum() == 10
    assert pressure.others(["shop"])[:, Metric.OFFERED].sum() == 20
    gauges.care_for(frozenset())
    assert not gauges.read("here", NOW + 0.5).cared


def test_what_is_old_is_forgotten(gauges: Gauges) -> None:
    gauges.take(report(NOW, "shop", in_flight=7))
    assert gauges.read("here", NOW).in_flight == 7
    later = gauges.read("here", NOW + BINS / 4 + 1)
    assert not later.whole.any()
    assert later.in_flight == 0


def test_late_reports_are_put_where_they_belong(gauges: Gauges) -> None:
    gauges.take(report(NOW + 5.0, "shop"))
    gauges.take(report(NOW + 2.0, "shop", offered=3))
    gauges.take(report(NOW - 60.0, "shop", offered=500))
    pressure = gauges.read("here", NOW + 5.0)
    assert pressure.whole[-1, Metric.OFFERED] == 10
    assert pressure.rates(pressure.whole, 0.25, NOW + 2.0)[Metric.OFFERED] == 12
    assert pressure.whole[:, Metric.OFFERED].sum() == 13


def test_rates_end_where_every_edge_has_reported(gauges: Gauges) -> None:
    """A report that is a little late isn't taken for a lull, and one that is very late isn't waited for."""
    for tick in range(1, 9):
        gauges.take(report(NOW + tick / 4, "shop", edge="e1"))
    for tick in range(1, 7):
        gauges.take(report(NOW + tick / 4, "shop", edge="e2"))
    pressure = gauges.read("here", NOW + 2.05)
    assert pressure.ends_at == NOW + 1.5
    assert pressure.rates(pressure.whole, 1.0)[Metric.OFFERED] == pytest.approx(80.0)
    gauges.take(report(NOW + 3.25, "shop", edge="e1"))
    assert gauges.read("here", NOW + 3.3).ends_at == NOW + 3.25


def test_strangers_are_left_out(gauges: Gauges) -> None:
    gauges.take(report(NOW, "nobody"))
    gauges.take(report(NOW, "shop", edge="elsewhere"))
    assert not gauges.read("here", NOW + 0.25).whole.any()


def test_there_is_a_most_of_services_that_are_cared_for(gauges: Gauges) -> None:
    gauges.care_for(frozenset(f"s{n:05}" for n in range(CARED_MAX + 10)))
    assert len(gauges.read("here", NOW).cared) == CARED_MAX


def test_harm_is_what_is_lost_of_what_is_offered() -> None:
    rates = np.zeros(METRICS)
    assert compute_harm(rates) == 0
    rates[[Metric.OFFERED, Metric.SHED, Metric.FAILED, Metric.LIMITED]] = 100, 3, 2, 40
    assert compute_harm(rates) == pytest.approx(0.05)
