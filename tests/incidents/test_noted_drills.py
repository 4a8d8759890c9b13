"""A noted drill goes on for its time, or until somebody says that it is over."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.noted_drills import Dated, find_drill_ends, list_noted_drills
from holdfast.model.event import EVENT, ChangeNoted
from holdfast.model.note import DRILL_S, NoteKind

START = 1_795_330_000.0


def note(at: float = START, until: float | None = None, ends: int | None = None) -> ChangeNoted:
    return ChangeNoted(
        at=at, author="ann", kind=NoteKind.DRILL, services=("shop",), why="a game day", until=until, ends=ends
    )


def list_spans(*events: Dated) -> list[tuple[int | None, float, float]]:
    return [(each.number, each.began_at, each.ends_at) for each in list_noted_drills(events)]


def test_for_its_time_or_an_hour() -> None:
    assert list_spans((1, note(until=START + 7_200.0))) == [(1, START, START + 7_200.0)]
    assert list_spans((None, note())) == [(None, START, START + DRILL_S)]


def test_a_note_of_a_journal_from_before_is_a_drill_of_an_hour() -> None:
    old = EVENT.validate_json(
        b'{"at":1795330000.0,"author":"ann","type":"change_noted","kind":"drill","services":["shop"],"why":"x"}'
    )
    assert list_spans((4, old)) == [(4, START, START + 3_600.0)]


def test_until_somebody_says_that_it_is_over_the_first_time() -> None:
    events = ((1, note()), (2, note(START + 1.0)), (3, note(START + 60.0, ends=1)), (4, note(START + 90.0, ends=1)))
    assert list_spans(*events) == [(1, START, START + 60.0), (2, START + 1.0, START + 1.0 + DRILL_S)]
    assert find_drill_ends(events) == {1: START + 60.0}


def test_other_notes_are_no_drills() -> None:
    deploy = ChangeNoted(at=START, author="ci", kind=NoteKind.DEPLOY, why="1.4.2")
    assert list_spans((1, deploy)) == []


@given(ended_after_s=st.floats(0, 1e6), lasts_s=st.floats(1, 86_400.0))
def test_nothing_makes_a_drill_longer(ended_after_s: float, lasts_s: float) -> None:
    begun, over = note(until=START + lasts_s), note(START + ended_after_s, ends=1)
    ((_, _, ends_at),) = list_spans((2, over), (1, begun))
    assert ends_at == min(begun.until or 0.0, over.at)
