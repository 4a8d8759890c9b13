"""Mitigations: what may be put in force, for how long, and how it ends."""

from typing import Any

import pytest

from fakes.engine import Play, make_facts
from holdfast.engine import measures
from holdfast.engine.command import EndMitigation, Mitigate, Tick
from holdfast.engine.maxima import ENDED_KEPT_MAX, MITIGATION_S_MAX
from holdfast.engine.react import PublishMitigations, WakeAt, resume
from holdfast.model.event import MitigationEnded, MitigationStarted
from holdfast.model.mitigation import Block, Kill, Limit, Measure, ReadOnly, Spool
from holdfast.model.refusal import RefusalCode
from holdfast.model.token import SYSTEM


@pytest.fixture
def play() -> Play:
    play = Play()
    play.put_in_force("a", make_facts("shop", "mail"))
    return play


def kill(for_s: float = 60.0, **changes: Any) -> Mitigate:
    return Mitigate(**{"author": "ann", "measure": Kill(service="shop"), "for_s": for_s, "reason": "flood", **changes})


def block(*networks: str) -> Measure:
    return Block.model_validate({"networks": networks})


def test_a_kill_is_published_and_ends_by_itself(play: Play) -> None:
    (started,) = play.do(kill(60.0))
    assert isinstance(started, MitigationStarted)
    mitigation = started.mitigation
    assert (mitigation.id, mitigation.author, mitigation.reason) == ("m-1", "ann", "flood")
    assert (mitigation.started_at, mitigation.expires_at) == (1_000.0, 1_060.0)
    assert play.effects == [PublishMitigations(), WakeAt(1_060.0)]
    play.now = 1_059.9
    assert play.do(Tick()) == ()
    play.now = 1_060.0
    (ended,) = play.do(Tick())
    assert isinstance(ended, MitigationEnded)
    assert (ended.why, ended.author) == ("expired", "holdfast")
    assert play.effects == [PublishMitigations()]
    assert not play.state.mitigations


def test_control_wakes_for_the_earliest_expiry(play: Play) -> None:
    play.do(kill(60.0))
    play.do(kill(30.0, measure=ReadOnly(service="mail")))
    assert play.effects[-1] == WakeAt(1_030.0)
    play.do(EndMitigation("ann", "m-2"))
    assert play.effects[-1] == WakeAt(1_060.0)
    assert resume(play.state)[-1] == WakeAt(1_060.0)


def test_ending_one_by_hand(play: Play) -> None:
    play.do(kill())
    (ended,) = play.do(EndMitigation("bob", "m-1"))
    assert ended.author == "bob"
    assert play.state.ended[0].why == "ended"
    assert play.refuse(EndMitigation("bob", "m-1")) is RefusalCode.MITIGATION_ENDED
    assert play.refuse(EndMitigation("bob", "m-2")) is RefusalCode.MITIGATION_UNKNOWN


def test_what_the_spool_holds_by_itself_isnt_ended_by_people(play: Play) -> None:
    play.do(kill(author=SYSTEM, measure=Spool(service="mail")))
    play.do(kill(author="ann", measure=Spool(service="mail")))
    assert play.refuse(EndMitigation("bob", "m-1")) is RefusalCode.SPOOL_NEEDED
    assert "holdfast spool drop" in play.message
    play.do(EndMitigation("bob", "m-2"))
    play.do(EndMitigation(SYSTEM, "m-1"))
    assert not play.state.mitigations


def test_numbers_are_never_used_again(play: Play) -> None:
    play.do(kill())
    play.do(EndMitigation("bob", "m-1"))
    play.do(kill())
    assert set(play.state.mitigations) == {"m-2"}


def test_nothing_can_be_mitigated_before_anything_is_in_force() -> None:
    assert Play().refuse(kill()) is RefusalCode.NOTHING_IN_FORCE


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"measure": Kill(service="nobody")}, RefusalCode.SERVICE_UNKNOWN),
        ({"measure": Limit(service="shop")}, RefusalCode.MEASURE_EMPTY),
        ({"for_s": 0.0}, RefusalCode.DURATION_OUT_OF_BOUNDS),
        ({"for_s": MITIGATION_S_MAX + 1}, RefusalCode.DURATION_OUT_OF_BOUNDS),
        ({"for_s": float("nan")}, RefusalCode.DURATION_OUT_OF_BOUNDS),
        ({"reason": " "}, RefusalCode.REASON_MALFORMED),
        ({"reason": "\u202egnp"}, RefusalCode.REASON_MALFORMED),
    ],
)
def test_what_is_refused(play: Play, changes: dict[str, Any], code: RefusalCode) -> None:
    assert play.refuse(kill(**changes)) is code


@pytest.mark.parametrize("limits", [{"requests_per_s": 5.0}, {"in_flight": 0}, {"per_client": {"requests": 1.0}}])
def test_any_one_limit_is_enough(play: Play, limits: dict[str, Any]) -> None:
    play.do(kill(measure=Limit.model_validate({"service": "shop", **limits})))
    assert "m-1" in play.state.mitigations


def test_there_is_a_most_of_mitigations(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "MITIGATIONS_MAX", 2)
    play.do(kill())
    play.do(kill())
    assert play.refuse(kill()) is RefusalCode.MITIGATIONS_FULL
    play.do(EndMitigation("ann", "m-1"))
    play.do(kill())


def test_there_is_a_most_of_networks_over_all_blocks(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "NETWORKS_MAX", 3)
    play.do(kill(measure=block("192.0.2.0/25", "2001:db8::/32")))
    assert play.refuse(kill(measure=block("198.51.100.1", "198.51.100.2"))) is RefusalCode.NETWORKS_FULL
    play.do(kill(measure=block("198.51.100.1")))
    play.do(kill())


def test_the_oldest_ended_ones_are_forgotten(play: Play) -> None:
    for number in range(1, ENDED_KEPT_MAX + 3):
        play.do(kill())
        play.do(EndMitigation("ann", f"m-{number}"))
    assert len(play.state.ended) == ENDED_KEPT_MAX
    assert play.state.ended[0].mitigation.id == "m-3"
