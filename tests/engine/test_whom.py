"""Measures for a service, a site or a class: whom there must be for them."""

from dataclasses import replace

import pytest

from fakes.engine import Play, make_facts
from holdfast.engine.command import AdjustMitigation, Mitigate
from holdfast.model.event import MitigationStarted
from holdfast.model.mitigation import FailOver, Measure, ReadOnly
from holdfast.model.platform import Criticality
from holdfast.model.refusal import RefusalCode

CRITICAL = (Criticality.CRITICAL,)


@pytest.fixture
def play() -> Play:
    facts = make_facts("shop", "mail")
    standbys, sites = {"shop": frozenset({"west"})}, {"east": frozenset({"shop", "mail"}), "west": frozenset({"mail"})}
    play = Play()
    play.put_in_force("a", replace(facts, standbys=standbys, sites={**sites, "south": frozenset({"mail"})}))
    return play


@pytest.mark.parametrize(
    "measure",
    [
        FailOver(service="shop"),
        FailOver(service="shop", to="west", share=0.5),
        FailOver(site="east"),
        FailOver(site="east", to="west", classes=CRITICAL),
        ReadOnly(service="mail"),
        ReadOnly(site="south"),
        ReadOnly(classes=CRITICAL),
    ],
)
def test_what_there_is_can_be_moved(play: Play, measure: Measure) -> None:
    (started,) = play.do(Mitigate("ann", measure, 60.0, "lost"))
    assert isinstance(started, MitigationStarted)


@pytest.mark.parametrize(
    ("measure", "code"),
    [
        (FailOver(), RefusalCode.MEASURE_EMPTY),
        (ReadOnly(), RefusalCode.MEASURE_EMPTY),
        (FailOver(service="mail"), RefusalCode.STANDBY_UNKNOWN),
        (FailOver(service="shop", to="north"), RefusalCode.STANDBY_UNKNOWN),
        (FailOver(site="south"), RefusalCode.STANDBY_UNKNOWN),
        (FailOver(site="north"), RefusalCode.SITE_UNKNOWN),
        (ReadOnly(site="north"), RefusalCode.SITE_UNKNOWN),
        (FailOver(service="nobody"), RefusalCode.SERVICE_UNKNOWN),
    ],
)
def test_what_there_is_not_cannot(play: Play, measure: Measure, code: RefusalCode) -> None:
    assert play.refuse(Mitigate("ann", measure, 60.0, "lost")) is code


def test_the_way_back_changes_the_share_and_not_the_site(play: Play) -> None:
    play.do(Mitigate("ann", FailOver(site="east"), 60.0, "lost"))
    assert play.do(AdjustMitigation("ann", "m-1", FailOver(site="east", share=0.5), "back"))
    other = AdjustMitigation("ann", "m-1", FailOver(site="west"), "another")
    assert play.refuse(other) is RefusalCode.MEASURE_OF_ANOTHER_KIND
