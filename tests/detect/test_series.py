"""The statistic of many series at once, against its definition for one at a time."""

from collections import deque
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detect.scene import Client, Scene
from holdfast.detect.series.baselines import RATIO_MAX, RATIO_MIN, WARM_UP_S, Baselines
from holdfast.detect.series.onset import find_onset
from holdfast.detect.series.windows import COUNT_MAX, FADING, WINDOWS, Windows

COUNTS = arrays(np.float32, st.tuples(st.integers(1, 80), st.integers(1, 5)), elements=st.integers(0, 1_000))


@settings(deadline=None)
@given(COUNTS)
def test_sums_are_those_of_the_last_ticks(ticks: np.ndarray) -> None:
    windows = Windows(ticks.shape[1])
    for counts in ticks:
        windows.push(counts.copy())
    for number, window in enumerate(WINDOWS):
        assert windows.sums[number].tolist() == ticks[-window:].sum(0).tolist()
    ages = np.arange(len(ticks))[::-1]
    faded = 2 * (ticks * np.exp(-ages / FADING)[:, None]).sum(0)
    assert windows.sums[-1].tolist() == pytest.approx(faded.tolist(), rel=1e-3, abs=1e-3)


def test_sums_stay_exact_however_much_comes() -> None:
    windows = Windows(1)
    for _ in range(40):
        windows.push(np.array([1e9], np.float32))
    for _ in range(32):
        windows.push(np.array([1.0], np.float32))
    assert windows.sums[: len(WINDOWS), 0].tolist() == list(map(float, WINDOWS))
    assert COUNT_MAX * WINDOWS[-1] <= 2**24


@settings(deadline=None, max_examples=50)
@given(COUNTS)
def test_bursts_are_the_highest_tick_over_the_next(ticks: np.ndarray) -> None:
    windows = Windows(ticks.shape[1])
    for counts in ticks:
        windows.push(counts.copy())
    bursts = windows.find_bursts(np.arange(ticks.shape[1]))
    for number, window in enumerate(WINDOWS):
        for row in range(ticks.shape[1]):
            known = sorted([*ticks[-window:, row].tolist(), *[0.0] * max(0, 2 - len(ticks[-window:]))])
            assert bursts[number, row] == known[-1] - known[-2]


def test_the_score_is_as_defined() -> None:
    rng = np.random.default_rng(4)
    windows, base = Windows(1), Baselines(1, 0.5)
    last: deque[float] = deque(maxlen=32)
    lengths = np.array([[0.25 * w] for w in (*WINDOWS, 80)], np.float32)
    for tick in range(400):
        count = float(rng.poisson(5 if tick < 380 else 50))
        last.append(count)
        windows.push(np.array([count], np.float32))
        rate, dispersion, age = float(base.rate[0]), float(base.dispersion[0]), float(base.age_s[0])
        base.judge(windows.sums, lengths)
        base.learn(np.array([count], np.float32), 0.25, 0.25, 0.25)
        floor = max(rate, 0.5)
        upper = floor * (1 + 1.5 * sqrt(dispersion / (floor * age + 1.5)))
        ratios = []
        for w, total in [(w, sum(list(last)[-w:])) for w in WINDOWS] + [(80, float(windows.sums[-1, 0]))]:
            lower = max(sqrt(total) - 1.5 * sqrt(dispersion), 0) ** 2
            ratios.append((lower + 1.5 * dispersion) / (upper * 0.25 * w + 1.5 * dispersion))
        assert float(base.score[0]) == pytest.approx(log(max(ratios)), rel=1e-3, abs=1e-4)
    assert base.unusual[0]
    assert exp(float(base.score[0])) > 3


@pytest.mark.parametrize(("rate", "dispersion"), [(0.5, 1.0), (5.0, 1.0), (5.0, 4.0), (400.0, 2.0)])
def test_rate_and_dispersion_are_learned(rate: float, dispersion: float) -> None:
    rng = np.random.default_rng(5)
    base, series = Baselines(200, 0.1), 200
    for _ in range(2_400):
        mean = rng.gamma(rate / 4 / (dispersion - 1), dispersion - 1, series) if dispersion > 1 else rate / 4
        base.learn(rng.poisson(mean, series).astype(np.float32), 0.25, 0.25, 0.25)
    assert float(np.median(base.rate)) == pytest.approx(rate, rel=0.1)
    assert float(np.median(base.dispersion)) == pytest.approx(dispersion, rel=0.2)


def test_thresholds_are_learned_from_the_highest_scores_and_bounded() -> None:
    base = Baselines(2, 0.5)
    base.age_s[:] = WARM_UP_S
    lengths = np.array([[0.25 * w] for w in (*WINDOWS, 80)], np.float32)
    base.rate[:] = 4.0
    sums = np.repeat(lengths * 4, 2, axis=1)
    for hour in range(60):
        base.judge(sums, lengths)
        sums[:, 1] = lengths[:, 0] * (4 + 40 * (hour % 2))
        base.end_hour()
    assert base.threshold.tolist() == pytest.approx([log(RATIO_MIN), log(RATIO_MAX)])


def test_a_held_series_learns_nothing() -> None:
    base = Baselines(2, 0.5)
    for _ in range(100):
        base.learn(np.array([9.0, 9.0], np.float32), 0.25, 0.25, 0.25, np.array([1]))
    assert base.rate[0] > 20
    assert base.rate[1] == 0


def test_an_onset_is_where_the_rate_rose() -> None:
    lengths = np.full(32, 0.25)
    assert find_onset([1] * 24 + [9] * 8, lengths, 4.0, lengths) == 2.0
    assert find_onset([1] * 31 + [40], lengths, 4.0, lengths) == 0.25


RATES = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 60), min_size=2, max_size=6)


@settings(deadline=None, max_examples=8)
@given(RATES, st.randoms(use_true_random=False), st.integers(0, 99))
def test_the_order_of_services_changes_nothing(rates: dict[str, float], random: object, seed: int) -> None:
    shuffled = list(rates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert _play(rates, list(rates), seed) == _play(rates, shuffled, seed)


@settings(deadline=None, max_examples=8)
@given(RATES, st.integers(0, 99))
def test_a_service_more_changes_nothing_for_others(rates: dict[str, float], seed: int) -> None:
    alone = _play(rates, list(rates), seed)
    beside = _play({**rates, "other": 500.0}, [*rates, "other"], seed)
    assert {name: reading for name, reading in beside.items() if name != "other"} == alone


def _play(rates: dict[str, float], order: list[str], seed: int) -> dict[str, object]:
    """Readings at the end, after a surge; each service's counts are its own, whatever others do."""
    scene = Scene(dict.fromkeys(order, 80.0))
    drawn = {name: np.random.default_rng((seed, ord(name[0]))) for name in order}
    for tick in range(180):
        scene.now += 0.25
        factor = 6 if tick > 165 else 1
        counts = {name: Client(float(drawn[name].poisson(rates[name] / 4 * factor))) for name in order}
        (report,) = scene.count(dict.fromkeys(order, Client(0)))
        for row, name in enumerate(order):
            report.counts[row, 0] = report.counts[row, 1] = int(counts[name].rate_rps)
        scene.watch.take(report)
        scene.tick()
    findings = {name: [f for f in scene.result.findings.values() if f.service == name] for name in order}
    return {name: (scene.watch.read_service(name), findings[name]) for name in order}
