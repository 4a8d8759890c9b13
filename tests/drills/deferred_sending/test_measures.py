from dataclasses import dataclass

import pytest

from holdfast.drills.catalogue import load_scenario_of
from holdfast.drills.deferred_sending.measures import Run, measure_run
from holdfast.drills.deferred_sending.pushes import Push
from holdfast.drills.deferred_sending.scenario import DeferredSending
from holdfast.drills.result import Verdict, judge
from holdfast.drills.sheet import Sheet
from holdfast.drills.stage.client import Answer
from holdfast.drills.stage.mail import Received, Sent

SCENARIO = load_scenario_of(DeferredSending, "deferred-sending")
SECOND_NS = 1_000_000_000
PUSH = Push(2 * SECOND_NS, 5 * SECOND_NS, by_itself=True, why="failed")


@dataclass
class Play:
    """A message a second, of which those of the push were deferred and delivered a second after it was undone."""

    statuses: tuple[int, ...] = (200, 200, 202, 202, 202, 200)
    arrived: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    delivered_s: float = 6.0
    protected: bool = True

    def measure(self) -> Sheet[DeferredSending]:
        sent = tuple(
            Sent("a", number, Answer(number * SECOND_NS, number * SECOND_NS + 1, status))
            for number, status in enumerate(self.statuses)
        )
        received = tuple(Received("a", number, round(self.delivered_s * SECOND_NS)) for number in self.arrived)
        sheet = Sheet(SCENARIO, 7, self.protected, short=False)
        measure_run(sheet, Run((PUSH,), sent, received))
        return sheet

    def judge(self) -> Verdict:
        sheet = self.measure()
        return judge(sheet.measures, sheet.invalid_because)


def test_what_is_accepted_and_delivered_in_order_passes() -> None:
    sheet = Play().measure()
    assert Play().judge() is Verdict.PASS
    assert sheet.measures["messages_deferred"].value == 3
    assert sheet.measures["delivered_after_max"].value == pytest.approx(1)
    assert sheet.measures["rolled_back_by_itself"].value == 1


@pytest.mark.parametrize(
    ("play", "missed"),
    [
        (Play(statuses=(200, 200, 202, 404, 202, 200)), "messages_refused"),
        (Play(arrived=(0, 1, 2, 3, 5)), "messages_lost"),
        (Play(arrived=(0, 1, 3, 2, 4, 5)), "messages_out_of_order"),
        (Play(delivered_s=SCENARIO.goals.delivered_max + 6), "delivered_after_max"),
        (Play(arrived=(0, 1, 2, 3, 5)), "delivered_after_max"),
    ],
)
def test_what_goes_wrong_is_missed(play: Play, missed: str) -> None:
    assert play.measure().measures[missed].ok is False
    assert play.judge() is Verdict.FAIL


def test_a_push_that_breaks_nothing_shows_nothing() -> None:
    assert Play(statuses=(200,) * 6).judge() is Verdict.INVALID


def test_without_protections_what_is_sent_astray_is_refused() -> None:
    play = Play(statuses=(200, 200, 404, 404, 404, 200), arrived=(0, 1, 5), protected=False)
    assert play.judge() is Verdict.FAIL
    assert play.measure().measures["refused_while_broken"].value == 100


def test_without_protections_and_harm_nothing_is_shown() -> None:
    assert Play(statuses=(200,) * 6, protected=False).judge() is Verdict.INVALID
