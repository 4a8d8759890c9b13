import math

import pytest

from drills.history_samples import act as put_in_force
from drills.load_samples import Stretch, make_result
from holdfast.drills.instruments import Failure
from holdfast.drills.provider_loss.acts import Act
from holdfast.drills.provider_loss.cast import Trouble
from holdfast.drills.provider_loss.measures import LOST
from holdfast.drills.provider_loss.places import PRIMARY, SHOP, STANDBY
from holdfast.drills.provider_loss.scenario import Loss
from holdfast.drills.provider_loss.scoring import collect_answers, list_stays, score_act
from holdfast.model.mitigation import FailOver, Kill
from holdfast.model.platform import Criticality

ACT = Act(Trouble(Loss.KILLED, 0, 0, "us-1", ()), 10, 20, 25, 30)
MOVED = FailOver(site=PRIMARY, to=STANDBY)


def test_failed_reads_are_told_in_seconds_worth_of_all_that_were_asked() -> None:
    result = make_result(
        Stretch("shop:reads", 0, 10, status=503),
        Stretch("shop:reads", 10, 12, status=Failure.TIMEOUT),
        Stretch("shop:reads", 12, 22),
        Stretch("shop:reads", 22, 22.5, status=503),
        Stretch("shop:reads", 22.5, 30),
        Stretch("shop:writes", 0, 30, status=503),
    )
    scored = score_act(collect_answers({"us-1": result}, 0), ACT, (), LOST)
    assert scored.reads == 1_000
    assert scored.reads_failed_s == pytest.approx(2)
    assert scored.failures == {Failure.TIMEOUT: 200}
    assert (scored.back_failed, scored.elsewhere_failed) == (50, 0)


def test_other_regions_reads_and_writes_count_from_the_loss_to_the_end() -> None:
    result = make_result(
        Stretch("shop-eu:reads", 0, 29), Stretch("shop-eu:reads", 29, 30, status=503), Stretch("shop-eu:writes", 0, 40)
    )
    ours = make_result(Stretch("shop:reads", 0, 30))
    scored = score_act(collect_answers({"us-1": ours, "eu-1": result}, 0), ACT, (), LOST)
    assert (scored.elsewhere, scored.elsewhere_failed) == (4_000, 100)


def test_a_failover_is_timed_from_the_loss_and_one_of_before_does_not_count() -> None:
    answers = collect_answers({"us-1": make_result(Stretch("shop:reads", 0, 30))}, 0)
    assert math.isinf(score_act(answers, ACT, [put_in_force(MOVED, 2, 5)], LOST).decided_s)
    past = [put_in_force(MOVED, 2, 5), put_in_force(Kill(service="shop"), 10.5), put_in_force(MOVED, 11.25, 24)]
    assert score_act(answers, ACT, past, LOST).decided_s == pytest.approx(1.25)


def test_measures_that_follow_one_another_are_one_stay() -> None:
    ramp = [put_in_force(MOVED, 11, 20), put_in_force(MOVED.model_copy(update={"share": 0.5}), 20.1, 24)]
    assert list_stays(ramp, SHOP, ACT) == [(11, 24)]
    assert len(list_stays([*ramp, put_in_force(MOVED, 26, 28)], SHOP, ACT)) == 2


@pytest.mark.parametrize(
    ("measure", "moves"),
    [
        (FailOver(service="shop"), True),
        (FailOver(service="mail"), False),
        (FailOver(site=STANDBY), False),
        (FailOver(site=PRIMARY, classes=(Criticality.SHEDDABLE,)), False),
        (FailOver(site=PRIMARY, classes=(Criticality.CRITICAL,)), True),
    ],
)
def test_a_stay_is_of_those_whom_the_measure_is_about(measure: FailOver, moves: bool) -> None:
    assert bool(list_stays([put_in_force(measure, 11, 20)], SHOP, ACT)) == moves
