"""What a run is taken to show: of machines that were killed, of one that was announced, of all that were gone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from drills.load_samples import Stretch, make_result
from holdfast.drills.bad_route_push.timing import DrillClock
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.instruments import Failure
from holdfast.drills.result import Verdict, judge
from holdfast.drills.sheet import Sheet
from holdfast.drills.spot_reclaim.acts import Announced, Gone, Kills
from holdfast.drills.spot_reclaim.answers import collect_answers
from holdfast.drills.spot_reclaim.evidence import make_page, tell_failures
from holdfast.drills.spot_reclaim.measures import Run, measure_cores, measure_harm, measure_run
from holdfast.drills.spot_reclaim.prober import Probe
from holdfast.drills.spot_reclaim.scenario import SpotReclaim
from holdfast.drills.stage.control_api import ClockOffset
from holdfast.drills.stage.core_meter import CoreUse

SCENARIO = load_scenario_of(SpotReclaim, "spot-reclaim")
CLOCK = DrillClock(0, ClockOffset(0.0))
GOOD = Probe(1, "/assets/a", is_right=True, is_marked=True, status=200)
FRESH = Probe(1, "/assets/a", is_right=True, is_marked=False, status=200)
LOST = Probe(1, "/assets/a", is_right=False, is_marked=False, status=503)
USUAL = tuple(Stretch(kind, 0.0, 60.0, rps) for kind, rps in (("small", 100.0), ("large", 5.0), ("api", 10.0)))


@dataclass
class Play:
    """Kills from 10 s to 40 s, an announced machine until 50 s, all gone until 55 s; `wrong` is what goes wrong."""

    wrong: tuple[Stretch, ...] = ()
    drained_s: float = 41.0
    asked: int = 0
    ended: bool = True
    probes: tuple[Probe, ...] = (GOOD, GOOD)
    lateness_ms: float = 1.0
    kills: Kills = field(default_factory=lambda: Kills(10.0, 40.0, (12.0, 20.0), ("stable", "ephemeral")))

    def run(self) -> Run:
        result = make_result(*USUAL, *self.wrong, lateness_ms=self.lateness_ms)
        announced = Announced(40.0, self.drained_s, 48.0, 50.0, self.asked, self.ended)
        gone = Gone(50.0, 55.0, 56.0, self.probes)
        return Run(collect_answers([result], CLOCK), self.lateness_ms, self.kills, gone, announced)


def measure(play: Play, *, protected: bool = True) -> Sheet[SpotReclaim]:
    sheet = Sheet(SCENARIO, 1, protected, short=True)
    (measure_run if protected else measure_harm)(sheet, play.run())
    return sheet


def failing(sheet: Sheet[SpotReclaim]) -> set[str]:
    return {name for name, each in sheet.measures.items() if each.ok is False}


def wrong(kind: str, start_s: float, end_s: float, status: int) -> Stretch:
    return Stretch(kind, start_s, end_s, 2.0, status=status)


def test_a_run_without_a_fault_passes() -> None:
    sheet = measure(Play())
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.PASS
    assert sheet.measures["gets_failed"].samples == 115 * 30
    assert sheet.measures["machines_killed_stable"].value == 1
    assert sheet.measures["gone_back_after"].value == 1.0


@pytest.mark.parametrize(
    ("play", "failed"),
    [
        (Play(wrong=(wrong("small", 20.0, 21.0, 503),)), {"gets_failed"}),
        (Play(wrong=(wrong("api", 20.0, 21.0, Failure.CLOSED),)), {"gets_failed"}),
        (Play(wrong=(wrong("large", 20.0, 21.0, Failure.TRUNCATED),)), set()),
        (Play(wrong=(wrong("small", 5.0, 6.0, 503),)), set()),
        (Play(wrong=(wrong("large", 45.0, 46.0, Failure.TRUNCATED),)), {"announced_gets_failed"}),
        (Play(wrong=(wrong("api", 51.0, 52.0, 503),)), set()),
        (Play(wrong=(wrong("small", 51.0, 52.0, 503),)), {"gone_gets_of_files_failed"}),
        (Play(asked=3), {"announced_asked_when_drained"}),
        (Play(ended=False), {"announced_drain_ended"}),
        (Play(drained_s=float("inf")), {"announced_drained", "announced_asked_when_drained"}),
        (Play(probes=(GOOD, FRESH)), {"gone_files_marked_stale"}),
        (Play(probes=(GOOD, LOST)), {"gone_files_served", "gone_files_marked_stale"}),
        (Play(probes=()), {"gone_files_served", "gone_files_marked_stale"}),
    ],
)
def test_each_fault_fails_its_measure(play: Play, failed: set[str]) -> None:
    assert failing(measure(play)) == failed


def test_answers_that_break_off_are_told_apart() -> None:
    sheet = measure(Play(wrong=(wrong("large", 20.0, 23.0, Failure.TRUNCATED),)))
    assert (sheet.measures["gets_truncated"].value, sheet.measures["gets_failed"].value) == (6, 0)


def test_too_few_requests_and_a_late_generator_tell_nothing() -> None:
    short = measure(Play(kills=Kills(10.0, 11.0, (10.5,), ("stable",))))
    assert any(reason.startswith("gets:") for reason in short.invalid_because)
    late = measure(Play(lateness_ms=400.0))
    assert any(reason.startswith("generators:") for reason in late.invalid_because)


def test_strangers_on_the_edges_core_make_a_full_run_tell_nothing() -> None:
    for short, strangers, invalid in ((False, 0.3, True), (False, 0.1, False), (True, 0.3, False)):
        sheet = Sheet(SCENARIO, 1, protected=True, short=short)
        measure_cores(sheet, CoreUse(0.3, strangers))
        assert bool(sheet.invalid_because) is invalid


def test_without_protections_there_must_be_harm() -> None:
    harmed = measure(Play(wrong=(Stretch("small", 50.0, 55.0, 100.0, status=503),), probes=(LOST,)), protected=False)
    assert judge(harmed.measures, harmed.invalid_because) is Verdict.FAIL
    assert harmed.measures["gone_files_served"].value == 0
    harmless = measure(Play(), protected=False)
    assert judge(harmless.measures, harmless.invalid_because) is Verdict.INVALID


def test_the_report_says_what_failed_in_which_act() -> None:
    run = Play(wrong=(wrong("api", 20.0, 21.0, 503),)).run()
    assert tell_failures(run) == "failed: 2 of api as 503 while machines were killed"
    assert tell_failures(Play().run()) == "failed: none"
    assert [len(table.rows) for table in make_page(SCENARIO, run).tables] == [3, 3, 3]


def test_latencies_are_those_of_good_answers() -> None:
    answers = Play(wrong=(wrong("api", 20.0, 21.0, 503),)).run().answers
    assert answers.slowest_ms == np.float32(5.0)
    assert answers.select(np.zeros(len(answers), bool)).slowest_ms == 0.0
