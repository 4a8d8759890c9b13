import math
from dataclasses import dataclass

import pytest

from drills.load_samples import Stretch, make_result
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.result import Verdict, judge
from holdfast.drills.rogue_monitor.deployments import Asked, Deployment, Run
from holdfast.drills.rogue_monitor.measures import measure_run
from holdfast.drills.rogue_monitor.scenario import RogueMonitor
from holdfast.drills.rogues.build import Rogue
from holdfast.drills.sheet import Sheet

SCENARIO = load_scenario_of(RogueMonitor, "rogue-monitor")
ROUND_S = 30.0
ROGUES = tuple(Rogue)


@dataclass
class Play:
    """Every rogue, each in 30 s: quiet for 8 s, deployed, off after 9 s, reverted at 19 s, back a second later."""

    rogue_ms: float = 5.0
    rogue_status: int = 200
    off_after_s: float = 9.0
    back_after_s: float = 1.0
    why: str = "hasn't answered"
    hitch_ms: float = 400.0
    lateness_ms: float = 0.0

    def run(self) -> Run:
        stretches, end_s = [], len(ROGUES) * ROUND_S
        for number in range(len(ROGUES)):
            at_s = number * ROUND_S
            installed_s, back_s = at_s + 8, at_s + 20
            stretches += [
                Stretch("usual", at_s, installed_s),
                Stretch("usual", installed_s, back_s, latency_ms=self.rogue_ms, status=self.rogue_status),
                Stretch("usual", back_s, at_s + ROUND_S),
            ]
        stretches.append(Stretch("usual", end_s, end_s + 1, latency_ms=self.hitch_ms))
        usual = make_result(*stretches, lateness_ms=self.lateness_ms)
        return Run(usual, tuple(map(self._deploy, range(len(ROGUES)), ROGUES)), (end_s, end_s + 1))

    def _deploy(self, number: int, rogue: Rogue) -> Deployment:
        at_s = number * ROUND_S
        return Deployment(
            rogue=rogue,
            began_s=at_s,
            installed_s=at_s + 8,
            off_s=at_s + 8 + self.off_after_s,
            why=self.why,
            revert_called_s=at_s + 19,
            reverted_s=at_s + 19 + self.back_after_s,
            asked=Asked([0.002], 0.3, 2**27),
        )


def measure(play: Play, *, protected: bool = True, short: bool = False) -> Sheet[RogueMonitor]:
    sheet = Sheet(SCENARIO, 1, protected, short)
    measure_run(sheet, play.run())
    return sheet


def verdict_on(play: Play, *, protected: bool = True, short: bool = False) -> Verdict:
    sheet = measure(play, protected=protected, short=short)
    return judge(sheet.measures, sheet.invalid_because)


def test_rogues_that_nobody_notices_pass() -> None:
    sheet = measure(Play())
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.PASS
    assert sheet.measures["switched_off_max"].value == pytest.approx(9)
    assert sheet.measures["reverted_max"].value == pytest.approx(1)
    assert sheet.measures["off_spin"].value == pytest.approx(9)


@pytest.mark.parametrize(
    ("play", "failing"),
    [
        (Play(rogue_ms=6.5), {"p99_ratio"}),
        (Play(off_after_s=21), {"switched_off_max"}),
        (Play(off_after_s=math.inf), {"switched_off_max", "said_why"}),
        (Play(why=""), {"said_why"}),
        (Play(back_after_s=10.5), {"reverted_max"}),
        (Play(back_after_s=math.inf), {"reverted_max"}),
    ],
)
def test_each_goal_that_is_missed_fails(play: Play, failing: set[str]) -> None:
    sheet = measure(play)
    assert {name for name, each in sheet.measures.items() if each.ok is False} == failing


def test_a_single_request_that_fails_fails() -> None:
    run = Play().run()
    run.usual.records["status"][len(run.usual.records) // 2] = 503
    sheet = Sheet(SCENARIO, 1, protected=True, short=False)
    measure_run(sheet, run)
    assert sheet.measures["request_success"].ok is False


def test_if_a_hitch_does_not_show_nothing_is_shown() -> None:
    assert verdict_on(Play(hitch_ms=20)) is Verdict.INVALID
    assert verdict_on(Play(hitch_ms=30)) is Verdict.PASS


def test_a_late_generator_is_invalid_in_the_full_form_only() -> None:
    assert verdict_on(Play(lateness_ms=0.6)) is Verdict.INVALID
    assert verdict_on(Play(lateness_ms=0.4), short=True) is Verdict.PASS


def test_a_run_without_protections_says_that_there_is_none() -> None:
    sheet = measure(Play(), protected=False)
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.INVALID
    assert any("no run without protections" in reason for reason in sheet.invalid_because)
