"""The page holds what the table says, no more and no less, and promtool has nothing to say against it."""

import asyncio
import subprocess
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.metrics.readings import LATENCIES, Source, make_intent, make_state, make_tally, report
from holdfast.adapters.metrics import MetricsPage
from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.rollout import RollbackTally
from holdfast.adapters.metrics.table import METRICS, Kind, find_series
from holdfast.model.telemetry import Metric

ALL = {Metric.OFFERED: 9, Metric.ADMITTED: 5, Metric.LIMITED: 4, Metric.FAILED: 1, Metric.SLOWEST: 2}
Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def write_page() -> tuple[bytes, Source]:
    intent = make_intent()
    tally, source = make_tally(intent), Source(intent)
    tally.take(report("e1", 1, {"s0": ALL, "s1": ALL}, latencies=LATENCIES))
    page = MetricsPage(source, tally)
    first, second = await asyncio.gather(page.render(), page.render())
    assert first == second
    return first, source


@pytest.fixture(scope="module")
def page() -> bytes:
    return asyncio.run(write_page())[0]


@pytest.fixture(scope="module")
def values(page: bytes) -> Values:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def test_the_page_and_the_table_know_the_same_metrics(page: bytes) -> None:
    families = {
        family.name + ("_total" if family.type == "counter" else ""): family
        for family in text_string_to_metric_families(page.decode())
    }
    assert families.keys() == METRICS.keys()
    for name, family in families.items():
        row = METRICS[name]
        assert family.type == row.kind
        assert {frozenset(s.labels) - {"le"} for s in family.samples} == {frozenset(row.labels)}, name


def test_promtool_finds_nothing_wrong_with_it(page: bytes) -> None:
    done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("location_requests_total", {"location": "east", "outcome": "limited"}, 8),
        ("class_answers_total", {"criticality": "critical", "answer": "slow_4s"}, 2),
        ("service_requests_total", {"service": "s1", "tenant": "acme", "outcome": "admitted"}, 5),
        ("service_findings", {"service": "s1", "tenant": "acme", "kind": "surge"}, 2),
        ("edge_connected", {"edge": "e1", "location": "east"}, 1),
        ("edge_refused", {"edge": "e2", "location": "east"}, 1),
        ("edge_request_duration_seconds_bucket", {"edge": "e1", "location": "east", "le": "1"}, 8),
        ("edge_request_duration_seconds_bucket", {"edge": "e1", "location": "east", "le": "+Inf"}, 9),
        ("findings", {"kind": "surge", "tier": "2"}, 1),
        ("findings", {"kind": "silence", "tier": "1"}, 0),
        ("mitigations", {"kind": "kill"}, 1),
        ("mitigations_started_total", {}, 2),
        ("mitigations_ended_total", {"kind": "kill", "how": "reverted"}, 1),
        ("tenant_notices_total", {"result": "failed"}, 1),
        ("component_used_ratio", {"component": "analyser", "budget": "memory"}, 0.5),
        ("journal_writable", {}, 1),
        ("services_exposed", {}, 2),
        ("endpoint_feeds", {"standing": "failing"}, 1),
        ("endpoint_feed_failing", {"cluster": "mail"}, 1),
        ("endpoint_feed_age_seconds", {"cluster": "mail"}, 99),
        ("endpoint_feed_age_seconds", {"cluster": "shop"}, 10),
        ("spool_running", {}, 1),
        ("spool_waiting_bytes", {}, 300),
        ("spool_waiting_bytes_max", {}, 2**20),
        ("spool_used_ratio", {}, 0.1),
        ("spool_tenant_used_ratio", {"tenant": "acme"}, 0.8),
        ("spool_open", {"service": "s1", "tenant": "acme"}, 1),
        ("spool_oldest_age_seconds", {"service": "s1", "tenant": "acme"}, 60),
        ("spool_oldest_age_seconds", {"service": "s0", "tenant": "acme"}, 0),
        ("spool_dead", {"service": "s1", "tenant": "acme"}, 1),
        ("spool_delivered_total", {"service": "s1", "tenant": "acme"}, 7),
        ("rollout_wave", {}, 2),
        ("rollout_waves", {}, 3),
        ("rollout_paused", {}, 1),
        ("rollout_wave_since_seconds", {}, 8),
        ("rollout_bake_seconds", {}, 30),
        ("rollouts_rolled_back_total", {}, 1),
    ],
)
def test_a_value(values: Values, name: str, labels: dict[str, str], value: float) -> None:
    assert values[f"holdfast_{name}", frozenset(labels.items())] == value


def test_two_readers_at_a_time_cost_one_reading() -> None:
    assert asyncio.run(write_page())[1].reads == 1


def test_what_the_table_has_not_is_not_written() -> None:
    with pytest.raises(KeyError):
        Exposition().add("invented_total", 1)
    with pytest.raises(ValueError, match="labels"):
        Exposition().add("journal_writable", 1, "surplus")


def test_names_keep_prometheus_conventions() -> None:
    assert all((row.kind is Kind.COUNTER) == name.endswith("_total") for name, row in METRICS.items())
    assert find_series("holdfast_edge_request_duration_seconds_bucket").kind is Kind.HISTOGRAM
    for unknown in ("holdfast_edge_request_duration_seconds", "holdfast_services_bucket", "up"):
        with pytest.raises(KeyError):
            find_series(unknown)


def test_what_ended_is_counted_once() -> None:
    intent = make_intent()
    source = Source(intent)
    page = MetricsPage(source, make_tally(intent))

    async def twice() -> bytes:
        await page.render()
        page._page = None
        return await page.render()

    assert b'holdfast_mitigations_ended_total{how="reverted",kind="kill"} 1.0' in asyncio.run(twice())


def test_what_went_back_is_counted_once_and_never_forgotten() -> None:
    tally, state = RollbackTally(), make_state()
    for _ in range(2):
        tally.take(state)
    assert tally.count == 1
    tally.take(replace(state, revisions={}))
    assert tally.count == 1
