"""Counters only rise, add up, and belong to those that the platform has."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adapters.metrics.readings import LATENCIES, make_intent, make_tally, report
from holdfast.adapters.metrics.choice import ServiceChoice
from holdfast.model.platform import Criticality
from holdfast.model.telemetry import METRICS, EdgeReport, Metric

OFFER = {Metric.OFFERED: 1}
REPORTS = st.lists(
    st.tuples(
        st.sampled_from(["e1", "e2", "nowhere"]),
        st.dictionaries(st.sampled_from(["s0", "s1", "s2", "unknown"]), st.integers(0, 10**6), max_size=4),
    ),
    max_size=8,
)


@given(REPORTS)
def test_locations_and_classes_are_the_sums_of_what_was_reported(reports: list[tuple[str, dict[str, int]]]) -> None:
    tally = make_tally(make_intent(3))
    before = tally.totals()
    for sequence, (edge, offered) in enumerate(reports):
        tally.take(report(edge, sequence, {name: {Metric.OFFERED: count} for name, count in offered.items()}))
        after = tally.totals()
        assert all((after.classes[c] >= before.classes[c]).all() for c in before.classes)
        before = after
    known = [offered for edge, offered in reports if edge != "nowhere"]
    total = sum(sum(offered.values()) for offered in known)
    by_service = {n: sum(offered.get(n, 0) for offered in known) for n in ("s0", "s1", "s2")}
    assert sum(int(c[Metric.OFFERED]) for c in before.locations.values()) == total
    assert sum(int(e.counts[Metric.OFFERED]) for e in before.edges.values()) == total
    assert sum(int(c[Metric.OFFERED]) for c in before.classes.values()) == sum(by_service.values())
    assert int(before.classes[Criticality.CRITICAL][Metric.OFFERED]) == by_service["s0"] + by_service["s2"]
    assert {n: int(c[Metric.OFFERED]) for n, c in tally.counts_of(by_service).items()} == by_service


def test_an_edges_own_figures_add_up() -> None:
    tally = make_tally(make_intent())
    for sequence in (1, 2, 5, 1):
        figures = {
            "unknown_hosts": 2,
            "new_connections": 3,
            "cpu_s": 0.5,
            "latencies": LATENCIES,
            "in_flight": sequence,
        }
        tally.take(report("e1", sequence, {}, **figures))
    edge = tally.totals().edges["e1"]
    assert (edge.reports, edge.lost, edge.unknown_hosts, edge.new_connections, edge.cpu_s) == (4, 2, 8, 12, 2.0)
    assert edge.buckets == {0.1: 20, 1.0: 12, float("inf"): 4}
    assert edge.in_flight == 1


def test_a_service_that_stays_keeps_its_counts_and_one_that_returns_begins_anew() -> None:
    tally = make_tally(make_intent(2))
    tally.take(report("e1", 1, {"s0": OFFER, "s1": OFFER}))
    tally.know(make_intent(1, edges=1))
    assert list(tally.counts_of(["s0", "s1"])) == ["s0"]
    tally.know(make_intent(3))
    assert [int(c[Metric.OFFERED]) for c in tally.counts_of(["s0", "s1", "s2"]).values()] == [1, 0, 0]


def test_the_busiest_are_chosen_and_stay_while_they_are_among_twice_as_many() -> None:
    tally, choice = make_tally(make_intent(10)), ServiceChoice(busiest_max=2)

    def offer(**counts: int) -> list[str]:
        tally.take(report("e1", 1, {name: {Metric.OFFERED: count} for name, count in counts.items()}))
        return choice.choose(tally, {"s9", "unknown"})

    assert offer(s1=10, s2=9, s3=1) == ["s1", "s2", "s9"]
    assert offer(s3=10, s4=9, s1=8, s2=7) == ["s1", "s2", "s3", "s4", "s9"]
    assert offer(s3=10, s4=9, s5=8, s6=7) == ["s3", "s4", "s9"]


def test_ten_thousand_services_are_counted_and_chosen() -> None:
    intent = make_intent(10_000)
    tally = make_tally(intent)
    counts = np.ones((10_000, METRICS), np.int64)
    tally.take(EdgeReport("e1", "p", 1, 0, 1, tuple(intent.services), counts, counts[:, 0]))
    assert len(ServiceChoice().choose(tally, intent.services)) == 300
