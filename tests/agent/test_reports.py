"""What Envoy's counters come to in the model's metrics."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.telemetry.otlp import Export
from holdfast.agent.reports import Tally
from holdfast.compile.counting import DOWNSTREAM_TIME, Kind, read_count
from holdfast.compile.replies import REPLIES
from holdfast.model.telemetry import Metric

PASSED = "enforced.{}.http_local_rate_limit.enabled"
LIMITED = "enforced.{}.http_local_rate_limit.rate_limited"
ANSWER = "answers.{}.service.{}.cause.{}"
CAUSES_AFTER = ("limit.mitigation", "limit.location", "bulkhead", "accept.graphql")
CAUSES_BEFORE = ("kill", "read-only", "block", "deny", "accept.methods", "accept.body_max")


def export(**counters: int) -> Export:
    return Export(0.0, 1.0, counters)


def count(*exports: Export) -> dict[str, int]:
    tally = Tally()
    for each in exports:
        tally.add(each)
    services, counts, _ = tally.take({})
    row = counts[services.index("shop")]
    return {metric.name: int(row[metric]) for metric in Metric if row[metric]}


def test_all_that_is_offered_was_admitted_or_refused_for_one_cause() -> None:
    names = [ANSWER.format("5xx", "shop", cause) for cause in CAUSES_AFTER + CAUSES_BEFORE]
    counted = count(export(**dict.fromkeys(names, 2), **{PASSED.format("shop"): 100, LIMITED.format("shop"): 10}))
    refused = counted["LIMITED"] + counted["SHED"] + counted["MITIGATED"] + counted["REJECTED"]
    assert counted["OFFERED"] == counted["ADMITTED"] + refused == 100 + 2 * len(CAUSES_BEFORE)
    assert refused == 10 + 2 * len(CAUSES_AFTER + CAUSES_BEFORE)


def test_every_refusal_there_is_counts_once() -> None:
    """A cause that is new among replies must be told apart here, or it would count as the upstream's own answer."""
    for reply in REPLIES:
        if reply.cause in {"unknown-host", "%RESP(x-holdfast-cause)%"}:
            continue
        meaning = read_count(ANSWER.format("4xx", "shop", reply.cause))
        assert meaning is not None
        assert (meaning.kind is Kind.CLIENT_ERROR) == reply.cause.startswith("upstream.")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (ANSWER.format("4xx", "shop", ""), {"CLIENT_ERRORS": 3}),
        (ANSWER.format("5xx", "shop", ""), {"FAILED": 3}),
        (ANSWER.format("5xx", "shop", "upstream.timeout"), {"FAILED": 3}),
        (ANSWER.format("slow0", "shop", ""), {"SLOW": 3}),
        (ANSWER.format("slow2", "shop", "upstream.timeout"), {"SLOWEST": 3}),
        ("observed.shop.http_local_rate_limit.enabled", {"OFFERED": 3, "ADMITTED": 3}),
    ],
)
def test_what_upstreams_answered(name: str, expected: dict[str, int]) -> None:
    assert count(export(**{name: 3})) == expected


@pytest.mark.parametrize(
    "name",
    [
        ANSWER.format("4xx", "shop", "limit.service"),
        ANSWER.format("slow1", "shop", "kill"),
        ANSWER.format("4xx", "", "unknown-host"),
        "observed.shop.http_local_rate_limit.rate_limited",
        "http.edge.downstream_rq_total",
        "",
    ],
)
def test_what_says_nothing_of_a_service(name: str) -> None:
    tally = Tally()
    tally.add(export(**{name: 3}))
    assert tally.take({})[0] == ()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_nothing_is_ever_below_zero_and_nothing_is_lost(exports: list[tuple[int, int]]) -> None:
    tally, admitted = Tally(), 0
    for passed, limited in exports:
        tally.add(export(**{PASSED.format("shop"): passed, LIMITED.format("shop"): limited}))
        _, counts, _ = tally.take({})
        assert (counts >= 0).all()
        admitted += int(counts[:, Metric.ADMITTED].sum())
    passed, limited = (sum(pair[n] for pair in exports) for n in (0, 1))
    tally.add(export(**{PASSED.format("shop"): limited}))
    admitted += int(tally.take({})[1][:, Metric.ADMITTED].sum())
    assert admitted == passed


def test_requests_in_flight_are_told_of_services_that_nothing_was_counted_of() -> None:
    tally = Tally()
    tally.add(export(**{PASSED.format("shop"): 1}))
    services, counts, in_flight = tally.take({"blog": 4})
    assert (services, in_flight.tolist()) == (("shop", "blog"), [0, 4])
    assert not counts[1].any()
    assert {counts.dtype, in_flight.dtype} == {np.dtype(np.int64)}


def test_latencies_of_several_exports_are_added_up() -> None:
    tally = Tally()
    for _ in range(2):
        tally.add(
            Export(0.0, 1.0, {}, {"http.edge.downstream_cx_active": 7}, {DOWNSTREAM_TIME: ((1.0, 5.0), (1, 2, 3))})
        )
    figures = tally.take_figures(0.5, 9)
    assert figures.latencies.bounds_s == (0.001, 0.005, math.inf)
    assert figures.latencies.counts == (2, 4, 6)
    assert (figures.connections, figures.cpu_s, figures.memory_bytes) == (7, 0.5, 9)
    assert not sum(Counter(tally.take_figures(0, 0).latencies.counts).values())
