"""Revisions: proposed, proved or refused, overtaken, rolled back."""

from dataclasses import replace

import pytest

from fakes.engine import Play, make_content, make_facts
from holdfast.engine.command import CanaryAnswered, ProposeRevision, Rollback
from holdfast.engine.maxima import REASON_CHARACTERS_MAX, REVISIONS_KEPT_MAX
from holdfast.engine.react import ProveRevision, PublishRevision, resume
from holdfast.model.event import RevisionInForce, RevisionProposed, RevisionRefused
from holdfast.model.intent import Walls
from holdfast.model.refusal import RefusalCode
from holdfast.model.revision import Revision, RevisionStatus

A, B = make_content("a"), make_content("b")


def test_a_proposed_revision_is_proved_and_then_published() -> None:
    play = Play()
    (proposed,) = play.do(ProposeRevision("ann", A, "p.yaml", " new shop "))
    assert isinstance(proposed, RevisionProposed)
    assert (proposed.revision.number, proposed.revision.reason, proposed.revision.author) == (1, "new shop", "ann")
    assert play.effects == [ProveRevision(1)]
    assert not play.state.settled
    (in_force,) = play.do(CanaryAnswered(1, make_facts("a"), {"a": Walls(1, 2, 3)}))
    assert isinstance(in_force, RevisionInForce)
    assert play.effects == [PublishRevision(1)]
    assert play.state.in_force == 1
    assert play.state.proving is None
    assert play.state.settled == {"a": Walls(1, 2, 3)}


def test_a_refused_revision_changes_nothing() -> None:
    play = Play()
    play.put_in_force("a", make_facts("a"))
    play.do(ProposeRevision("ann", B, "p.yaml"))
    (refused,) = play.do(CanaryAnswered(2, None, why="no such cluster"))
    assert isinstance(refused, RevisionRefused)
    assert play.effects == []
    assert play.state.in_force == 1
    assert play.state.revisions[2].why == "no such cluster"
    assert play.state.revisions[1].status is RevisionStatus.IN_FORCE


def test_a_newer_proposal_overtakes_the_one_being_proved() -> None:
    play = Play()
    play.do(ProposeRevision("ann", A, "p.yaml"))
    refused, proposed = play.do(ProposeRevision("bob", B, "p.yaml"))
    assert isinstance(refused, RevisionRefused)
    assert isinstance(proposed, RevisionProposed)
    assert play.effects == [ProveRevision(2)]
    assert play.state.revisions[1].why == "overtaken by revision 2"
    assert play.refuse(CanaryAnswered(1, make_facts("a"))) is RefusalCode.NOT_PROVING


def test_the_same_file_again_is_no_new_revision() -> None:
    play = Play()
    play.do(ProposeRevision("ann", A, "p.yaml"))
    assert play.refuse(ProposeRevision("ann", A, "q.yaml")) is RefusalCode.ALREADY_PROVING
    play.do(CanaryAnswered(1, make_facts("a")))
    assert play.refuse(ProposeRevision("ann", A, "q.yaml")) is RefusalCode.UNCHANGED


def test_the_file_in_force_may_overtake_one_being_proved() -> None:
    play = Play()
    play.put_in_force("a", make_facts("a"))
    play.do(ProposeRevision("ann", B, "p.yaml"))
    play.do(ProposeRevision("ann", A, "p.yaml"))
    assert play.state.proving == 3


def test_rollback_proposes_the_file_before_this_one() -> None:
    play = Play()
    play.put_in_force("a", make_facts("a"))
    play.put_in_force("b", make_facts("b"))
    (proposed,) = play.do(Rollback("ann", reason="worse"))
    assert isinstance(proposed, RevisionProposed)
    assert (proposed.revision.content, proposed.revision.rollback_of, proposed.revision.number) == (A, 1, 3)
    play.do(CanaryAnswered(3, make_facts("a")))
    assert play.state.in_force == 3
    assert play.state.revisions[2].status is RevisionStatus.SUPERSEDED


def test_rollback_to_a_number() -> None:
    play = Play()
    for content in "abc":
        play.put_in_force(content, make_facts("a"))
    play.do(Rollback("ann", 1))
    assert play.state.revisions[4].revision.content == A
    assert play.refuse(Rollback("ann", 9)) is RefusalCode.REVISION_UNKNOWN


def test_rollback_to_a_refused_revision_has_to_be_proved_as_well() -> None:
    play = Play()
    play.put_in_force("a", make_facts("a"))
    play.do(ProposeRevision("ann", B, "p.yaml"))
    play.do(CanaryAnswered(2, None, why="bad"))
    play.do(Rollback("ann", 2))
    assert play.effects == [ProveRevision(3)]


def test_nothing_to_roll_back_to() -> None:
    play = Play()
    assert play.refuse(Rollback("ann")) is RefusalCode.NOTHING_TO_ROLL_BACK_TO
    play.put_in_force("a", make_facts("a"))
    assert play.refuse(Rollback("ann")) is RefusalCode.NOTHING_TO_ROLL_BACK_TO
    assert play.refuse(Rollback("ann", 1)) is RefusalCode.UNCHANGED


@pytest.mark.parametrize("reason", ["x" * (REASON_CHARACTERS_MAX + 1), "two\nlines", "\x1b[2J", " \t "])
def test_a_reason_is_one_printable_line(reason: str) -> None:
    play = Play()
    assert play.refuse(ProposeRevision("ann", A, "p.yaml", reason)) is RefusalCode.REASON_MALFORMED
    assert play.refuse(Rollback("ann", 1, reason)) is RefusalCode.REASON_MALFORMED


def test_the_oldest_revisions_are_forgotten_but_never_the_one_in_force() -> None:
    play = Play()
    play.put_in_force("a", make_facts("a"))
    for number in range(REVISIONS_KEPT_MAX + 5):
        play.do(ProposeRevision("ann", make_content("bc"[number % 2]), "p.yaml"))
    assert len(play.state.revisions) == REVISIONS_KEPT_MAX
    assert 1 in play.state.revisions
    assert 2 not in play.state.revisions


def test_a_restart_takes_up_what_was_left_undone() -> None:
    play = Play()
    play.put_in_force("a", make_facts("a"))
    play.do(ProposeRevision("ann", B, "p.yaml"))
    assert resume(play.state) == (PublishRevision(1), ProveRevision(2))


def test_the_commit_of_a_file_stays_with_it() -> None:
    play = Play()
    play.do(ProposeRevision("ann", A, "p.yaml", commit="0123abc-dirty"))
    play.do(CanaryAnswered(1, make_facts("a")))
    play.put_in_force("b", make_facts("b"))
    play.do(Rollback("bob"))
    assert [play.state.revisions[number].revision.commit for number in (1, 2, 3)] == [
        "0123abc-dirty",
        "",
        "0123abc-dirty",
    ]


def test_a_revision_from_before_commits_were_known_is_read() -> None:
    old = {"number": 1, "content": A, "author": "ann", "reason": "", "proposed_at": 1.0, "file": "p.yaml"}
    assert Revision.model_validate(old).commit == ""


def test_a_change_of_a_part_goes_on_in_place_of_what_it_was_compared_with_only() -> None:
    play = Play()
    play.put_in_force("a", make_facts("a"))
    play.put_in_force("b", make_facts("b"))
    change = ProposeRevision("owner", make_content("c"), "p.yaml", onto=2)
    assert play.refuse(replace(change, onto=1)) is RefusalCode.OVERTAKEN
    play.do(ProposeRevision("ann", make_content("d"), "p.yaml"))
    assert play.refuse(change) is RefusalCode.OVERTAKEN
    play.do(CanaryAnswered(3, None, why="no such cluster"))
    (proposed,) = play.do(change)
    assert isinstance(proposed, RevisionProposed)
