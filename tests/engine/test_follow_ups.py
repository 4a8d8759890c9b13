"""Promises: made, changed, kept, given up."""

from dataclasses import replace

import pytest

from fakes.engine import Play
from holdfast.engine import follow_ups
from holdfast.engine.incident_command import OpenIncident, SetFollowUp
from holdfast.model.day import Day
from holdfast.model.incident import Impact
from holdfast.model.refusal import RefusalCode

DUE = Day(2026, 1, 31)
NEW = SetFollowUp("ann", "i-1", text=" raise the limit ", owner="bob", due=DUE)


@pytest.fixture
def play() -> Play:
    play = Play()
    play.do(OpenIncident("ann", "the shop fails", "Errors", Impact.MAJOR))
    return play


def test_one_is_made_changed_kept_and_given_up(play: Play) -> None:
    play.do(NEW)
    made = play.state.follow_ups["u-1"]
    assert (made.text, made.owner, made.due, made.public_text) == ("raise the limit", "bob", DUE, None)
    play.do(SetFollowUp("ann", id="u-1", public_text="We raise it.", drill="platform-surge"))
    play.do(SetFollowUp("ann", id="u-1", done=True))
    assert play.state.follow_ups["u-1"].done_at == 1_000.0
    play.do(SetFollowUp("ann", id="u-1", done=False))
    play.do(SetFollowUp("ann", id="u-1", dropped=True, why="not worth it"))
    known = play.state.follow_ups["u-1"]
    assert (known.done_at, known.dropped, known.drill) == (None, True, "platform-surge")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (replace(NEW, incident=None), RefusalCode.INCIDENT_UNKNOWN),
        (replace(NEW, incident="i-9"), RefusalCode.INCIDENT_UNKNOWN),
        (replace(NEW, owner=None), RefusalCode.FOLLOW_UP_MALFORMED),
        (replace(NEW, drill="No Such Name"), RefusalCode.FOLLOW_UP_MALFORMED),
        (replace(NEW, text="two\nlines"), RefusalCode.REASON_MALFORMED),
        (replace(NEW, owner="bell\a"), RefusalCode.REASON_MALFORMED),
        (SetFollowUp("ann", id="u-9", done=True), RefusalCode.FOLLOW_UP_UNKNOWN),
    ],
)
def test_what_makes_no_sense_is_refused(play: Play, command: SetFollowUp, code: RefusalCode) -> None:
    assert play.refuse(command) is code


def test_all_that_is_missing_is_said_at_once(play: Play) -> None:
    play.refuse(SetFollowUp("ann", "i-1"))
    assert play.message.endswith("wrong or missing: due, owner, text")


def test_what_is_so_already_is_refused(play: Play) -> None:
    play.do(NEW)
    assert play.refuse(SetFollowUp("ann", id="u-1", owner="bob")) is RefusalCode.UNCHANGED


def test_there_is_a_most_of_open_ones(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_ups, "FOLLOW_UPS_OPEN_MAX", 1)
    play.do(NEW)
    assert play.refuse(NEW) is RefusalCode.FOLLOW_UPS_FULL
    play.do(SetFollowUp("ann", id="u-1", done=True))
    play.do(NEW)
