import math
from dataclasses import dataclass, field

import pytest

from drills.history_samples import make_history
from drills.load_samples import Stretch, make_result
from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.mitigation_backfire.cast import BLOCKS_ALL, ONE_BUCKET, Mistake
from holdfast.drills.mitigation_backfire.measures import measure_run
from holdfast.drills.mitigation_backfire.rounds import RoundRun, Run, Trial
from holdfast.drills.mitigation_backfire.scenario import MitigationBackfire
from holdfast.drills.result import Verdict, judge
from holdfast.drills.sheet import Sheet
from holdfast.model.mitigation import Kill

SCENARIO = load_scenario_of(MitigationBackfire, "mitigation-backfire")
ROUND_S = 20.0
MINE, OTHERS = "tenant-01", "tenant-02"


@dataclass
class Play:
    """Both mistakes, each in 20 s: a sane limit from 1 s on, the mistake forced at 6 s and watched until 14 s."""

    stopped: bool = True
    refused_s: float = 3.0
    decided_s: float = 2.9
    status: int = 403
    harmless_status: int = 200
    harmless_reverted: bool = False
    others_status: int = 200
    refused_later: bool = False
    forced: bool = True
    stretches: list[Stretch] = field(default_factory=list)

    def run(self) -> Run:
        rounds = tuple(self._play_round(n * ROUND_S, kind) for n, kind in enumerate((BLOCKS_ALL, ONE_BUCKET)))
        return Run(make_result(*self.stretches), rounds, make_history())

    def _play_round(self, at_s: float, kind: str) -> RoundRun:
        called_s, over_s = at_s + 6, at_s + 14
        mine = [
            (at_s, at_s + 1, 200),
            (at_s + 1, at_s + 5, self.harmless_status),
            (at_s + 5, called_s, 200),
            (called_s, called_s + self.refused_s, self.status),
            (called_s + self.refused_s, over_s, 200),
            (over_s, over_s + 1, 403 if self.refused_later else 200),
            (over_s + 1, at_s + ROUND_S, 200),
        ]
        self.stretches += [Stretch(MINE, start, end, status=status) for start, end, status in mine if end > start]
        self.stretches.append(Stretch(OTHERS, at_s, at_s + ROUND_S, status=self.others_status))
        decided_s = called_s + self.decided_s
        harmless = Trial(at_s + 1, at_s + 5, at_s + 3 if self.harmless_reverted else math.inf)
        return RoundRun(
            mistake=Mistake(kind, MINE, Kill(service=MINE), Kill(service=MINE)),
            harmless=harmless,
            harmless_refused="",
            stopped=self.stopped,
            forced=Trial(called_s, over_s, decided_s) if self.forced else None,
            forced_refused="" if self.forced else "failed",
            quiet_until_s=at_s + ROUND_S,
        )


def measure(play: Play, *, protected: bool = True) -> Sheet[MitigationBackfire]:
    sheet = Sheet(SCENARIO, 1, protected, short=False)
    measure_run(sheet, play.run())
    return sheet


def verdict_on(play: Play, *, protected: bool = True) -> Verdict:
    sheet = measure(play, protected=protected)
    return judge(sheet.measures, sheet.invalid_because)


def test_mistakes_that_are_stopped_and_reverted_pass() -> None:
    sheet = measure(Play())
    assert judge(sheet.measures, sheet.invalid_because) is Verdict.PASS
    assert sheet.measures["block_reverted_max"].value == pytest.approx(3, abs=0.02)
    assert sheet.measures["one_bucket_decided_max"].value == pytest.approx(2.9)


@pytest.mark.parametrize(
    ("play", "failing"),
    [
        (Play(stopped=False), {"block_stopped_by_prediction", "one_bucket_stopped_by_prediction"}),
        (Play(refused_s=5.5), {"block_reverted_max", "one_bucket_reverted_max"}),
        (Play(decided_s=5.5), {"block_decided_max", "one_bucket_decided_max"}),
        (Play(harmless_status=429), {"harmless_refused_max"}),
        (Play(harmless_reverted=True), {"harmless_kept"}),
        (Play(others_status=503), {"bystander_success"}),
        (Play(refused_later=True), {"refused_afterwards"}),
    ],
)
def test_each_goal_that_is_missed_fails(play: Play, failing: set[str]) -> None:
    sheet = measure(play)
    assert {name for name, each in sheet.measures.items() if each.ok is False} == failing


def test_what_is_never_reverted_has_no_time() -> None:
    sheet = measure(Play(refused_s=8, decided_s=math.inf))
    assert sheet.measures["block_reverted_max"].value is None
    assert sheet.measures["block_reverted_max"].ok is False


def test_a_mistake_that_could_not_be_forced_is_invalid() -> None:
    assert verdict_on(Play(forced=False)) is Verdict.INVALID


def test_with_nobody_watching_harm_lasts_or_the_drill_shows_nothing() -> None:
    assert verdict_on(Play(refused_s=8, decided_s=math.inf), protected=False) is Verdict.FAIL
    assert verdict_on(Play(refused_s=3, decided_s=math.inf), protected=False) is Verdict.INVALID
