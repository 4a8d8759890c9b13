"""What people say they changed is noted, and nothing follows from it."""

import pytest

from fakes.engine import Play, make_facts
from holdfast.engine.command import NoteChange
from holdfast.engine.maxima import NOTED_SERVICES_MAX
from holdfast.model.event import EVENT, ChangeNoted
from holdfast.model.note import NoteKind
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
