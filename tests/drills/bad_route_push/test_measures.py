import math
from dataclasses import dataclass, replace

import pytest

from drills.bad_route_push.push_samples import FIRST, OTHERS, Traffic, make_push, make_rollout
from holdfast.drills.bad_route_push.kills import Kill, Kills
from holdfast.drills.bad_route_push.measures import Outage, Run, measure_outage, measure_run
from holdfast.drills.bad_route_push.operator import Answer
from holdfast.drills.bad_route_push.pushes import Halves, Push, Refusal
from holdfast.drills.bad_route_push.restart import Restart
from holdfast.drills.bad_route_push.rollouts import PastRollout
from holdfast.drills.bad_route_push.scenario import BadRoutePush
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.result import Verdict, judge
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.core_meter import CoreUse

SCENARIO = load_scenario_of(BadRoutePush, "bad-route-push")
PLANNED = Answer(409, None, "unconfirmed", "", ("requests-lost",))
REFUSED = Answer(422, None, "revision_refused")
CROWDED = Answer(422, None, "platform_rejected", mistakes=("HF333",))
REST = "failed_at_any_other_time"
PUSH, ROLLOUT = make_push(told_s=45.0), make_rollout()
FEW = frozenset(sorted(FIRST)[:8])
"""So few of the first wave lose requests, for a second, that it is less than one in a hundred of all in 30 s."""


@dataclass
class Play:
    """Halves until 20 s, a refusal until 30 s, one push from 40 s to 60 s, a dormant change and a restart until 80 s,
    kills until 90 s. `wrong` are further requests that go wrong.
    """

    verdict: str = "sound"
    in_force: bool = True
    refused: Answer = PLANNED
    untouched: bool = True
    push: Push = PUSH
    rollout: PastRollout | None = ROLLOUT
    lost: frozenset[str] = FEW
    lost_until_s: float = 44.0
    wrong: tuple[tuple[frozenset[str], float], ...] = ()
    dormant: Answer = REFUSED
    exhausting: Answer = CROWDED
    whole_s: float = 77.0
    converged: bool = True
    lateness_ms: float = 1.0
    strangers: float = 0.05

    def run(self) -> Run:
        traffic = Traffic().lose(self.lost, 43.0, self.lost_until_s)
        for services, at_s in self.wrong:
            traffic.lose(services, at_s, at_s + 0.5, status=-3)
        return Run(
            answers=traffic.answer(),
            lateness_ms=self.lateness_ms,
            use=CoreUse(0.3, self.strangers),
            rollouts={3: self.rollout} if self.rollout else {},
            halves=Halves(self.verdict, 2, 5.0, 20.0, self.in_force),
            refusal=Refusal(self.refused, 22.0, 30.0, self.untouched),
            exhausting=Refusal(self.exhausting, 30.5, 31.0, is_untouched=True),
            pushes=(self.push,),
            dormant=Restart(Refusal(self.dormant, 62.0, 70.0, is_untouched=True), 0, 75.0, self.whole_s, 80.0),
            kills=Kills(82.0, 90.0, 4.0, (Kill(1.0, 83.0, 50, "in force", self.converged, 88.0),)),
        )


def measure(play: Play, *, short: bool = False) -> Sheet[BadRoutePush]:
    sheet = Sheet(SCENARIO, 1, protected=True, short=short)
    measure_run(sheet, play.run())
    return sheet


def test_a_push_that_is_stopped_and_taken_back_passes() -> None:
    sheet = measure(Play())
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.PASS
    assert sheet.measures["rolled_back_p95"].value == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize(
    ("play", "failing"),
    [
        (Play(verdict="confirm"), {"harmless_half_planned_sound"}),
        (Play(wrong=((OTHERS, 35.0),)), {REST}),
        (Play(wrong=((OTHERS, 73.0),)), {REST}),
        (Play(in_force=False), {"harmless_to_all_not_rolled_back"}),
        (Play(wrong=((OTHERS, 10.0),)), {"harmless_to_all_failed", REST}),
        (Play(refused=Answer(201, 3)), {"stopped_by_plan"}),
        (Play(refused=replace(PLANNED, dangers=("effects-unknown",))), {"stopped_by_plan"}),
        (Play(untouched=False), {"stopped_by_plan"}),
        (Play(exhausting=Answer(201, 3)), {"pool_exhaustion_refused"}),
        (Play(wrong=((FIRST, 25.0),)), {"stopped_by_plan_failed", REST}),
        (Play(wrong=((OTHERS, 43.0),)), {"forced_failed_outside", REST}),
        (Play(rollout=make_rollout(wave=1)), {"forced_further_waves"}),
        (Play(rollout=make_rollout(rolled_back_s=math.inf)), {"forced_rolled_back"}),
        (Play(push=make_push(told_s=math.inf)), {"forced_rolled_back", "rolled_back_p95"}),
        (Play(push=make_push(told_s=54.0)), {"rolled_back_p95"}),
        (Play(lost=FIRST), {"forced_failed_share"}),
        (Play(dormant=Answer(201, 4)), {"dormant_refused"}),
        (Play(dormant=PLANNED), {"dormant_refused"}),
        (Play(wrong=((OTHERS, 65.0),)), {"dormant_refused_failed", REST}),
        (Play(whole_s=math.inf), {"restarted_edge_whole"}),
        (Play(wrong=((OTHERS, 78.0),)), {"restarted_edge_failed_after", REST}),
        (Play(converged=False), {"kills_converged"}),
        (Play(wrong=((OTHERS, 85.0),)), {"kills_failed", REST}),
    ],
)
def test_each_goal_that_is_missed_fails(play: Play, failing: set[str]) -> None:
    sheet = measure(play)
    assert {name for name, each in sheet.measures.items() if each.ok is False} == failing


@pytest.mark.parametrize(
    "play",
    [
        Play(rollout=None),
        Play(lateness_ms=400.0),
        Play(rollout=replace(make_rollout(), first=FEW)),
        Play(strangers=0.2),
    ],
    ids=["not forced", "late generators", "wave too small", "a busy machine"],
)
def test_what_cannot_tell_is_invalid(play: Play) -> None:
    sheet = measure(play)
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.INVALID


def test_what_fails_at_the_killed_edge_until_another_is_whole_is_its_restart() -> None:
    sheet = measure(Play(wrong=((OTHERS, 76.0),)))
    lost = sheet.measures["restarted_edge_failed_meanwhile"].value
    assert lost
    assert sheet.measures["failed_at_any_other_time"].value == lost


def test_the_short_form_does_not_score_how_fast() -> None:
    sheet = measure(Play(push=make_push(told_s=54.0), lost=FIRST), short=True)
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.PASS


@pytest.mark.parametrize(("wrong", "verdict"), [(True, Verdict.FAIL), (False, Verdict.INVALID)])
def test_a_push_to_everybody_at_once_must_show_the_harm(*, wrong: bool, verdict: Verdict) -> None:
    answers = Traffic().answer()
    answers.is_call[:] = True
    answers.is_good[:] = not wrong
    sheet = Sheet(SCENARIO, 1, protected=False, short=False)
    measure_outage(sheet, Outage(answers, 1.0, 40.0, 60.0))
    assert judge(sheet.measures, sheet.invalid_because) is verdict
    assert sheet.measures["calls_answered"].ok is not wrong
