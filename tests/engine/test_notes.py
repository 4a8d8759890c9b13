"""What people say they changed is noted, and nothing follows from it."""

import pytest

from fakes.engine import Play, make_facts
from holdfast.engine.command import NoteChange
from holdfast.engine.maxima import NOTED_SERVICES_MAX
from holdfast.model.event import EVENT, ChangeNoted
from holdfast.model.note import DRILL_S_MAX, NoteKind
from holdfast.model.refusal import RefusalCode


@pytest.fixture
def play() -> Play:
    play = Play()
    play.put_in_force("a", make_facts("shop", "mail"))
    return play


def test_a_note_is_an_event_and_changes_nothing(play: Play) -> None:
    before = play.state
    (event,) = play.do(NoteChange("ci", NoteKind.DEPLOY, " release 1.4.2 ", ("shop", "shop", "mail")))
    assert isinstance(event, ChangeNoted)
    assert (event.services, event.why) == (("shop", "mail"), "release 1.4.2")
    assert play.state == before
    assert play.effects == []
    assert EVENT.validate_json(EVENT.dump_json(event)) == event


def test_a_note_may_be_about_nothing_in_particular(play: Play) -> None:
    (event,) = play.do(NoteChange("ci", NoteKind.CERTIFICATE, "renewed"))
    assert isinstance(event, ChangeNoted)
    assert event.services == ()


def test_a_drill_lasts_an_hour_or_as_long_as_is_said(play: Play) -> None:
    for lasts_s, expected_s in ((None, 3_600.0), (7_200.0, 7_200.0)):
        (event,) = play.do(NoteChange("ann", NoteKind.DRILL, "game day", ("shop",), lasts_s))
        assert isinstance(event, ChangeNoted)
        assert event.until == play.now + expected_s
    (event,) = play.do(NoteChange("ann", NoteKind.DRILL, "over", ("shop",), ends=7))
    assert isinstance(event, ChangeNoted)
    assert (event.until, event.ends) == (None, 7)


@pytest.mark.parametrize(
    ("kind", "lasts_s"), [(NoteKind.DRILL, 0.0), (NoteKind.DRILL, DRILL_S_MAX + 1), (NoteKind.DEPLOY, 60.0)]
)
def test_only_a_drill_lasts_and_no_longer_than_a_day(play: Play, kind: NoteKind, lasts_s: float) -> None:
    assert play.refuse(NoteChange("ann", kind, "game day", ("shop",), lasts_s)) is RefusalCode.DURATION_OUT_OF_BOUNDS


@pytest.mark.parametrize(
    ("why", "services", "code"),
    [
        ("", ("shop",), RefusalCode.REASON_MALFORMED),
        ("one\ntwo", ("shop",), RefusalCode.REASON_MALFORMED),
        ("new", ("nix",), RefusalCode.SERVICE_UNKNOWN),
        ("new", tuple(f"s{n}" for n in range(NOTED_SERVICES_MAX + 1)), RefusalCode.NOTE_TOO_WIDE),
    ],
)
def test_a_note_that_makes_no_sense_is_refused(
    play: Play, why: str, services: tuple[str, ...], code: RefusalCode
) -> None:
    assert play.refuse(NoteChange("ci", NoteKind.DEPLOY, why, services)) is code
