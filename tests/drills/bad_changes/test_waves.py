"""Changes forced past their plan: their platforms and traffic here, and what is told of how far they got."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from holdfast.drills.bad_changes.corpus import read_corpus
from holdfast.drills.bad_changes.peers.placing import Places
from holdfast.drills.bad_changes.waves import UNCAUGHT, tell_waves
from holdfast.drills.bad_changes.waves_platform import NotPlaceable, list_edge_ports, write_placed
from holdfast.drills.bad_changes.waves_traffic import AT_FULL_RATE, RPS_MAX, plan_traffic
from holdfast.drills.bad_changes.waves_trial import Form, Went
from holdfast.model.rollout import Wave
from holdfast.spec import check_bytes

CORPUS = Path(str(files("holdfast.drills").joinpath("scenarios", "bad-changes")))
CASES = {case.id.partition("-")[0]: case for case in read_corpus(CORPUS)}


@pytest.mark.parametrize("number", UNCAUGHT)
def test_a_case_is_placed_on_this_machine(number: str) -> None:
    places = Places()
    try:
        for platform in next(CASES[number].each_step()):
            text = write_placed(platform, places, 2)
            checked = check_bytes(text.encode(), "platform.yaml").platform
            assert checked is not None
            assert checked.waves.bake == 2
            assert list_edge_ports(text) == [each.getsockname()[1] for each in places.listeners.values()]
    finally:
        places.close()


def test_a_directory_is_not_placed() -> None:
    with pytest.raises(NotPlaceable):
        write_placed({"platform.yaml": b"", "tenants/a.yaml": b""}, Places(), 2)


def test_requests_are_asked_in_proportion_to_their_weights() -> None:
    streams = plan_traffic(CASES["071"], 100)
    assert sum(each.rps for each in streams) == pytest.approx(100)
    assert len({round(each.rps / each.asked.request.weight, 9) for each in streams}) == 1


def test_what_must_saturate_is_asked_as_often_as_is_usual() -> None:
    assert {each.partition("-")[0] for each in AT_FULL_RATE} == {"048", "051"}
    streams = plan_traffic(CASES["048"], 100)
    usual = CASES["048"].base.usage.services["search"].rps
    assert sum(each.rps for each in streams if each.asked.service == "search") == pytest.approx(usual)
    assert sum(each.rps for each in streams) == pytest.approx(RPS_MAX)


def test_the_worst_of_a_cases_tries_is_told() -> None:
    caught = Went(CASES["071"], waves=(Wave(cohort=0, services=1),), wave=0, rolled_back="harm")
    missed = Went(CASES["071"], waves=caught.waves, wave=0, in_force=True)
    missed.during.asked["mail-relay"], missed.during.wrong["mail-relay"] = 10, 9
    told = tell_waves(Form(), [caught, missed])
    assert told["bad"] | {"cases": 1, "not_caught": 1, "first_wave": 0} == told["bad"]
    [case] = told["cases"]
    assert (case["outcome"], case["tries"], case["tries_stopped"]) == ("not caught", 2, 1)
    assert case["services_hurt"] == {"mail-relay": {"wrong": 9, "asked": 10}}


def test_what_reaches_everybody_and_hurts_nobody_is_no_harm() -> None:
    went = Went(CASES["056"], waves=(Wave(cohort=0, services=1),), wave=0, in_force=True)
    went.before.asked["storefront"], went.before.wrong["storefront"] = 100, 5
    went.during.asked["storefront"], went.during.wrong["storefront"] = 100, 10
    assert went.outcome == "no harm"


@pytest.mark.parametrize(("wave", "outcome"), [(1, "first wave"), (2, "later wave")])
def test_the_first_cohort_may_have_two_waves(wave: int, outcome: str) -> None:
    waves = (Wave(cohort=0, services=1, locations=("fra",)), Wave(cohort=0, services=1), Wave(cohort=1, services=5))
    assert Went(CASES["071"], waves=waves, wave=wave, stands="this to end: harm").outcome == outcome
