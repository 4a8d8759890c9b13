from dataclasses import replace

import numpy as np
import pytest

from drills.load_samples import Stretch, make_result
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.platform_surge.cast import SurgeTimes
from holdfast.drills.platform_surge.measures import ModeRun, measure_mode
from holdfast.drills.platform_surge.scenario import PlatformSurge
from holdfast.drills.result import Verdict, judge
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.core_meter import CoreUse

SCENARIO = load_scenario_of(PlatformSurge, "platform-surge")
TIMES = SurgeTimes(began_s=0, onset_s=5, height_s=8, over_s=18)
HEIGHT_RPS = SCENARIO.surge_rps
CRITICAL_RPS, SHEDDABLE_RPS, SERVED_RPS = 0.05 * HEIGHT_RPS, 0.95 * HEIGHT_RPS, 0.28 * HEIGHT_RPS


def play(
    *, critical_failed: float = 0.0, served_rps: float = SERVED_RPS, lateness_ms: float = 0.0, strangers: float = 0.0
) -> ModeRun:
    """The surge is at its height from 8 s to 18 s; of the sheddable ones as many are served as there is room for."""
    lost_rps = critical_failed * CRITICAL_RPS
    stretches = [
        Stretch("critical", 0, 8, CRITICAL_RPS / 3),
        Stretch("critical", 8, 18, CRITICAL_RPS - lost_rps),
        Stretch("sheddable", 0, 6, SERVED_RPS / 2),
        Stretch("sheddable", 6, 8, SERVED_RPS + CRITICAL_RPS / 2),
        Stretch("sheddable", 8, 18, served_rps),
        Stretch("sheddable", 8, 18, SHEDDABLE_RPS - served_rps, status=503),
        *([Stretch("critical", 8, 18, lost_rps, status=503)] if lost_rps else []),
    ]
    return ModeRun(make_result(*stretches, lateness_ms=lateness_ms), (TIMES,), None, (CoreUse(0.8, strangers),))


def measure(run: ModeRun, *, protected: bool = True, short: bool = False) -> Sheet[PlatformSurge]:
    sheet = Sheet(SCENARIO, 1, protected, short)
    measure_mode(sheet, "queue", run)
    return sheet


def verdict_on(run: ModeRun, *, protected: bool = True, short: bool = False) -> Verdict:
    sheet = measure(run, protected=protected, short=short)
    return judge(sheet.measures, sheet.invalid_because)


def test_critical_classes_kept_and_goodput_kept_pass() -> None:
    sheet = measure(play())
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.PASS
    assert sheet.measures["queue_critical_success"].value == 100
    assert sheet.measures["queue_goodput_of_peak"].value == pytest.approx(100, abs=3)
    assert sheet.measures["queue_offered"].value == pytest.approx(HEIGHT_RPS, rel=0.01)


@pytest.mark.parametrize(
    ("run", "failing"),
    [
        (play(critical_failed=0.01), {"queue_critical_success"}),
        (play(served_rps=0.2 * HEIGHT_RPS), {"queue_goodput_of_peak"}),
        (
            play(critical_failed=0.8, served_rps=1.15 * SERVED_RPS),
            {"queue_critical_success", "queue_less_critical_fared_better"},
        ),
    ],
)
def test_each_goal_that_is_missed_fails(run: ModeRun, failing: set[str]) -> None:
    sheet = measure(run)
    assert {name for name, each in sheet.measures.items() if each.ok is False} == failing


def test_a_surge_that_could_not_be_sent_is_invalid() -> None:
    run = play()
    few = run.load.records[np.arange(len(run.load.records)) % 10 > 0]
    assert verdict_on(replace(run, load=replace(run.load, records=few))) is Verdict.INVALID


def test_a_late_generator_is_invalid_in_the_full_form_only() -> None:
    assert verdict_on(play(lateness_ms=0.4)) is Verdict.PASS
    assert verdict_on(play(lateness_ms=0.6)) is Verdict.INVALID
    assert verdict_on(play(lateness_ms=0.6), short=True) is Verdict.PASS


def test_strangers_on_the_edges_core_are_invalid_in_the_full_form_only() -> None:
    assert verdict_on(play(strangers=0.1)) is Verdict.PASS
    assert verdict_on(play(strangers=0.2)) is Verdict.INVALID
    assert verdict_on(play(strangers=0.2), short=True) is Verdict.PASS


def test_without_protections_harm_fails_and_its_absence_is_invalid() -> None:
    assert verdict_on(play(critical_failed=0.5), protected=False) is Verdict.FAIL
    assert verdict_on(play(), protected=False) is Verdict.INVALID
