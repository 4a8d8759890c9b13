"""The judge of a wave, told what edges count: whom it blames, and what it leaves alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.model.telemetry import METRICS, EdgeReport, Metric
from holdfast.rollout.cohorts import Cohorts
from holdfast.rollout.judging import Blame, Harm, Signal

BEGAN_AT = 1_700_000_000.0
STEP_S = 0.5
QUICK = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass
class Bench:
    """Services of 20 requests per second, one tenant each, whose shares of wrong requests a test may set."""

    services: int = 60
    edges: int = 1
    seed: int = 1
    names: tuple[str, ...] = ()
    now: float = BEGAN_AT
    rate_rps: float = 20.0
    shares: dict[Metric, np.ndarray] = field(default_factory=dict)
    cohorts: Cohorts = field(default_factory=Cohorts)

    def __post_init__(self) -> None:
        self.names = self.names or tuple(f"s{number:03}" for number in range(self.services))
        self.random = np.random.default_rng(self.seed)
        self.rates = np.full(self.services, self.rate_rps)
        self.shares = {Metric.FAILED: np.full(self.services, 0.002), Metric.SLOW: np.full(self.services, 0.01)}
        self.cohorts.set_services({name: f"t-{name}" for name in self.names})

    def draw(self) -> np.ndarray:
        counts = np.zeros((self.services, METRICS), np.int64)
        counts[:, Metric.OFFERED] = counts[:, Metric.ADMITTED] = self.random.poisson(self.rates * STEP_S / self.edges)
        for metric, share in self.shares.items():
            counts[:, metric] = self.random.binomial(counts[:, Metric.OFFERED], share)
        return counts

    def run(self, seconds: float) -> Iterator[None]:
        for _ in range(round(seconds / STEP_S)):
            self.now += STEP_S
            for edge in range(self.edges):
                self.cohorts.take(report_of(f"e{edge}", self.names, self.draw(), self.now))
            yield

    def pass_time(self, seconds: float) -> None:
        for _ in self.run(seconds):
            pass

    def begin_wave(self, first: int, last: int, edges: frozenset[str] | None = None) -> None:
        self.cohorts.begin_wave(frozenset(self.names[first:last]), edges, self.now)

    def harm(self, metric: Metric, share: float, first: int, last: int) -> None:
        shares = self.shares.setdefault(metric, np.zeros(self.services)).copy()
        shares[first:last] = share
        self.shares[metric] = shares

    def watch(self, seconds: float = 30.0) -> Harm | None:
        """The revision's harm as soon as it is told, or what is told in the end."""
        for _ in self.run(seconds):
            harm = self.cohorts.judge(self.now)
            if harm is not None and harm.blamed is Blame.REVISION:
                return harm
        return self.cohorts.judge(self.now)


def report_of(edge: str, names: tuple[str, ...], counts: np.ndarray, ended_at: float) -> EdgeReport:
    return EdgeReport(
        edge, "1", int(ended_at * 2), ended_at - STEP_S, ended_at, names, counts, np.zeros(len(names), int)
    )


def make_bench(**differs: object) -> Bench:
    bench = Bench(**differs)  # type: ignore[arg-type]
    bench.pass_time(90.0)
    return bench


def test_nothing_is_said_without_a_wave() -> None:
    bench = make_bench()
    bench.harm(Metric.FAILED, 1.0, 0, 60)
    assert bench.watch(10.0) is None


def test_a_harmless_wave_is_left_alone() -> None:
    bench = make_bench()
    bench.begin_wave(0, 20)
    assert bench.watch() is None


def test_few_failures_of_many_services_are_the_revisions() -> None:
    bench = make_bench()
    bench.begin_wave(0, 30)
    bench.harm(Metric.FAILED, 0.03, 0, 30)
    harm = bench.watch()
    assert harm is not None
    assert (harm.blamed, harm.signal) == (Blame.REVISION, Signal.FAILED)
    assert harm.after_s <= 10.0
    assert harm.ratio > 1.8 > harm.others_ratio
    assert harm.wrong <= harm.requests
    assert set(harm.services) <= set(bench.names[:30])
    assert "The revision does harm" in harm.describe()


@pytest.mark.parametrize("metric", [Metric.CLIENT_ERRORS, Metric.REJECTED, Metric.LIMITED, Metric.SHED, Metric.SLOWEST])
def test_whatever_goes_wrong_is_seen(metric: Metric) -> None:
    bench = make_bench()
    bench.begin_wave(0, 20)
    bench.harm(metric, 0.3, 0, 20)
    harm = bench.watch(6.0)
    assert harm is not None
    assert harm.blamed is Blame.REVISION


def test_requests_that_dont_come_any_more_are_harm_where_many_miss_them() -> None:
    bench = make_bench()
    bench.begin_wave(0, 20)
    bench.rates[:20] = 0.0
    harm = bench.watch()
    assert harm is not None
    assert (harm.blamed, harm.signal) == (Blame.REVISION, Signal.MISSING)


def test_one_service_that_falls_silent_is_no_proof() -> None:
    bench = make_bench()
    bench.begin_wave(0, 1)
    bench.rates[:1] = 0.0
    assert bench.watch() is None


def test_what_all_suffer_isnt_the_revisions() -> None:
    bench = make_bench()
    bench.begin_wave(0, 20)
    bench.harm(Metric.FAILED, 0.4, 0, 60)
    harm = bench.watch()
    assert harm is not None
    assert harm.blamed is Blame.ALL
    assert "Everybody suffers" in harm.describe()


def test_what_befell_all_before_isnt_the_revisions_where_nobody_is_left_to_compare() -> None:
    bench = make_bench()
    bench.harm(Metric.FAILED, 0.4, 0, 60)
    bench.pass_time(4.0)
    bench.begin_wave(0, 60)
    harm = bench.watch()
    assert harm is None or harm.blamed is not Blame.REVISION


def test_a_tenant_that_fails_late_in_a_wave_of_many_fails_by_itself() -> None:
    bench = make_bench()
    bench.begin_wave(0, 30)
    bench.pass_time(15.0)
    bench.harm(Metric.FAILED, 0.9, 3, 4)
    harm = bench.watch(10.0)
    assert harm is not None
    assert (harm.blamed, harm.tenant, harm.services) == (Blame.TENANT, "t-s003", ("s003",))
    assert "t-s003 suffers alone" in harm.describe()


def test_a_wave_of_one_service_that_breaks_at_once_is_the_revisions() -> None:
    bench = make_bench()
    bench.begin_wave(7, 8)
    bench.harm(Metric.REJECTED, 0.3, 7, 8)
    harm = bench.watch()
    assert harm is not None
    assert (harm.blamed, harm.services) == (Blame.REVISION, ("s007",))
    assert harm.after_s <= 8.0


def test_a_service_that_failed_before_its_wave_isnt_convicted_for_going_on() -> None:
    bench = make_bench()
    bench.harm(Metric.FAILED, 0.5, 7, 8)
    bench.pass_time(3.0)
    bench.begin_wave(7, 8)
    harm = bench.watch()
    assert harm is None or harm.blamed is not Blame.REVISION


def test_refusals_of_a_surge_are_the_surges() -> None:
    bench = make_bench()
    bench.begin_wave(0, 10)
    bench.rates[:10] *= 8
    bench.harm(Metric.LIMITED, 0.8, 0, 10)
    assert bench.watch() is None


def test_a_wave_on_one_edge_is_held_against_the_same_services_elsewhere() -> None:
    bench = make_bench(edges=2)
    bench.begin_wave(0, 60, frozenset({"e0"}))
    for _ in range(20):
        bench.now += STEP_S
        bench.cohorts.take(report_of("e1", bench.names, bench.draw(), bench.now))
        broken = bench.draw()
        broken[:, Metric.REJECTED] = broken[:, Metric.OFFERED] // 4
        bench.cohorts.take(report_of("e0", bench.names, broken, bench.now))
    harm = bench.cohorts.judge(bench.now)
    assert harm is not None
    assert (harm.blamed, harm.signal) == (Blame.REVISION, Signal.REJECTED)


def test_earlier_waves_are_still_judged() -> None:
    bench = make_bench()
    bench.begin_wave(0, 20)
    bench.pass_time(10.0)
    bench.begin_wave(20, 22)
    bench.harm(Metric.FAILED, 0.2, 0, 20)
    harm = bench.watch()
    assert harm is not None
    assert harm.blamed is Blame.REVISION


def test_reports_of_before_the_wave_dont_count_for_it() -> None:
    bench = make_bench()
    bench.cohorts.begin_wave(frozenset(bench.names[:20]), None, bench.now + 60.0)
    bench.harm(Metric.FAILED, 0.5, 0, 20)
    assert bench.watch(20.0) is None


def test_after_the_end_nothing_is_said() -> None:
    bench = make_bench()
    bench.begin_wave(0, 20)
    bench.harm(Metric.FAILED, 0.5, 0, 20)
    assert bench.watch() is not None
    bench.cohorts.end()
    assert bench.watch(5.0) is None


def test_what_is_known_of_services_that_stay_is_kept() -> None:
    bench = make_bench()
    bench.harm(Metric.CLIENT_ERRORS, 0.5, 0, 20)
    bench.pass_time(120.0)
    bench.cohorts.set_services({name: f"t-{name}" for name in (*bench.names, "a-new-one")})
    bench.begin_wave(0, 20)
    assert bench.watch() is None


def test_reports_that_cant_be_and_services_that_arent_known_are_passed_over() -> None:
    bench = make_bench()
    counts = np.full((1, METRICS), 1_000, np.int64)
    bench.begin_wave(0, 20)
    for covered_s in (0.0, -1.0, 3_600.0):
        bench.cohorts.take(
            EdgeReport("e0", "1", 1, bench.now - covered_s, bench.now, bench.names[:1], counts, np.zeros(1, int))
        )
    bench.cohorts.take(report_of("e0", ("nobody",), counts, bench.now + 1.0))
    assert bench.watch(5.0) is None


@QUICK
@given(order=st.permutations(range(12)), share=st.sampled_from([0.002, 0.2]))
def test_the_order_of_services_changes_nothing(order: list[int], share: float) -> None:
    verdicts = {tell_permuted(tuple(each), share) for each in (range(12), order)}
    assert len(verdicts) == 1


def tell_permuted(order: tuple[int, ...], share: float) -> tuple[object, ...]:
    """What is said of the first eight of twelve services, whose rows come in this order."""
    bench = Bench(services=12, seed=5)
    cohorts = bench.cohorts
    for tick in range(150):
        if tick == 130:
            bench.harm(Metric.REJECTED, share, 0, 8)
            cohorts.begin_wave(frozenset(bench.names[:8]), None, bench.now)
        bench.now += STEP_S
        counts, names = bench.draw(), bench.names
        cohorts.take(report_of("e0", tuple(names[row] for row in order), counts[list(order)], bench.now))
    harm = cohorts.judge(bench.now)
    return (None,) if harm is None else (harm.signal, harm.blamed, round(harm.wrong), frozenset(harm.services[:1]))


@QUICK
@given(more=st.integers(1, 40), seed=st.integers(0, 1_000))
def test_more_others_that_fare_well_dont_convict(more: int, seed: int) -> None:
    bench = Bench(services=20 + more, seed=seed)
    bench.pass_time(70.0)
    bench.begin_wave(0, 10)
    harm = bench.watch(10.0)
    assert harm is None or harm.blamed is not Blame.REVISION


@QUICK
@given(seed=st.integers(0, 1_000), broken=st.integers(10, 30))
def test_whoever_isnt_treated_is_never_named(seed: int, broken: int) -> None:
    bench = Bench(services=40, seed=seed)
    bench.pass_time(70.0)
    bench.begin_wave(0, broken)
    bench.harm(Metric.REJECTED, 0.3, 0, broken)
    harm = bench.watch(10.0)
    assert harm is not None
    assert harm.blamed is Blame.REVISION
    assert set(harm.services) <= set(bench.names[:broken])


def test_words_of_all_signals() -> None:
    told: Mapping[Signal, str] = {
        signal: Harm(signal, Blame.REVISION, 30.0, 100.0, 1.0, 12.6, 1.0, 2.5).describe() for signal in Signal
    }
    assert len(set(told.values())) == len(Signal)
    assert all("30 of 100 requests (30.0%)" in text for text in told.values())


def test_no_more_goes_wrong_than_was_asked() -> None:
    harm = Harm(Signal.SLOW, Blame.REVISION, 12.0, 11.0, 0.0, 9.0, 1.0, 1.0)
    assert "12 of 12 requests (100.0%)" in harm.describe()
