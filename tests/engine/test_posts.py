"""Public words: drafted, published, thrown away."""

import pytest

from fakes.engine import Play
from holdfast.engine import posts
from holdfast.engine.incident_command import ChangeIncident, DiscardPost, DraftPost, OpenIncident, PublishPost
from holdfast.model.incident import Impact, Occasion, Phase, PostStatus
from holdfast.model.refusal import RefusalCode
from holdfast.model.token import SYSTEM


@pytest.fixture
def play() -> Play:
    play = Play()
    play.do(OpenIncident(SYSTEM, "errors of shop", "Errors", Impact.MINOR, Occasion.FINDING))
    return play


def list_posts(play: Play) -> list[tuple[int, PostStatus, str]]:
    return [(post.number, post.status, post.text) for post in play.state.incidents["i-1"].posts]


def lead(play: Play) -> str | None:
    return play.state.incidents["i-1"].incident.led_by


def test_a_draft_takes_the_place_of_the_one_that_waits(play: Play) -> None:
    play.do(DraftPost(SYSTEM, "i-1", Phase.INVESTIGATING, "It fails."))
    play.do(DraftPost(SYSTEM, "i-1", Phase.IDENTIFIED, "It still fails."))
    assert list_posts(play) == [(1, PostStatus.DRAFT, "It still fails.")]


def test_a_draft_that_is_let_out_sets_the_phase_and_nobody_leads_by_that(play: Play) -> None:
    play.do(DraftPost(SYSTEM, "i-1", Phase.IDENTIFIED, "It fails."))
    play.do(PublishPost("ann", "i-1", 1))
    assert list_posts(play) == [(1, PostStatus.PUBLISHED, "It fails.")]
    assert (play.state.incidents["i-1"].incident.phase, lead(play)) == (Phase.IDENTIFIED, None)
    assert play.refuse(PublishPost("ann", "i-1", 1)) is RefusalCode.POST_UNKNOWN


def test_whoever_finds_words_of_their_own_leads(play: Play) -> None:
    play.do(DraftPost(SYSTEM, "i-1", Phase.INVESTIGATING, "It fails."))
    play.do(PublishPost("ann", "i-1", 1, None, "It fails in part."))
    assert lead(play) == "ann"


def test_a_word_of_ones_own_takes_the_place_of_what_holdfast_drafted(play: Play) -> None:
    play.do(DraftPost(SYSTEM, "i-1", Phase.INVESTIGATING, "It fails."))
    play.do(PublishPost("ann", "i-1", None, None, "We look into it."))
    assert list_posts(play) == [(1, PostStatus.PUBLISHED, "We look into it.")]
    play.do(DraftPost("bob", "i-1", Phase.IDENTIFIED, "This waits."))
    play.do(PublishPost("ann", "i-1", None, None, "More."))
    assert [status for _, status, _ in list_posts(play)] == [
        PostStatus.PUBLISHED,
        PostStatus.DRAFT,
        PostStatus.PUBLISHED,
    ]


def test_the_last_word_resolves(play: Play) -> None:
    events = play.do(PublishPost(SYSTEM, "i-1", None, Phase.RESOLVED, "It is over."))
    assert [event.type for event in events] == ["post_written", "incident_changed"]
    assert play.state.incidents["i-1"].incident.resolved_at == 1_000.0
    assert play.refuse(PublishPost("ann", "i-1", None, None, "One more.")) is RefusalCode.INCIDENT_RESOLVED
    assert play.refuse(DraftPost("ann", "i-1", Phase.RESOLVED, "One more.")) is RefusalCode.INCIDENT_RESOLVED


def test_a_draft_is_thrown_away_also_when_it_is_over(play: Play) -> None:
    play.do(DraftPost(SYSTEM, "i-1", Phase.INVESTIGATING, "It fails."))
    play.do(ChangeIncident("ann", "i-1", "over", phase=Phase.RESOLVED))
    play.do(DiscardPost("ann", "i-1", 1))
    assert list_posts(play) == [(1, PostStatus.DISCARDED, "It fails.")]
    assert play.refuse(DiscardPost("ann", "i-1", 1)) is RefusalCode.POST_UNKNOWN
    assert play.refuse(DiscardPost("ann", "i-9", 1)) is RefusalCode.INCIDENT_UNKNOWN


@pytest.mark.parametrize("text", ["", "  \n ", "bell\a", "x" * 4_001, "\x1b[2J", "a\rb"])
def test_a_text_has_printable_lines_and_an_end(play: Play, text: str) -> None:
    assert play.refuse(DraftPost("ann", "i-1", Phase.IDENTIFIED, text)) is RefusalCode.TEXT_MALFORMED
    assert play.refuse(PublishPost("ann", "i-1", None, None, text)) is RefusalCode.TEXT_MALFORMED


def test_there_is_a_most_of_words_but_what_waits_can_be_replaced(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posts, "POSTS_MAX", 1)
    play.do(DraftPost(SYSTEM, "i-1", Phase.INVESTIGATING, "It fails."))
    play.do(DraftPost(SYSTEM, "i-1", Phase.INVESTIGATING, "It still fails."))
    play.do(PublishPost("ann", "i-1", 1))
    assert play.refuse(PublishPost("ann", "i-1", None, None, "More.")) is RefusalCode.POSTS_FULL
    assert play.refuse(DraftPost("ann", "i-1", Phase.IDENTIFIED, "More.")) is RefusalCode.POSTS_FULL
