"""How long a message waits after a failure, by whose fault it seems to be."""

from holdfast.model.spool import Message
from holdfast.spool.backoff import DOWN_S_MAX, FIRST_S, LAST_S
from holdfast.spooler import lane as lanes
from holdfast.spooler.lane import Lane


def make_message(message_id: str, attempts: int = 0) -> Message:
    return Message(
        id=message_id, sequence=1, service="mail", tenant="shop", route="send", order_key="c",
        idempotency_key=message_id, priority=5, method="POST", host="mail.example", path="/", headers=(), body=b"",
        accepted_at=0.0, expires_at=1e9, attempts=attempts,
    )  # fmt: skip


def test_however_long_an_upstream_was_away_nobody_waits_long_after_it() -> None:
    lane = Lane("mail")
    waits = [lane.note_failed(make_message("a", attempts), 0.0, attempts, 1.0) for attempts in range(100)]
    assert max(waits) == DOWN_S_MAX
    assert lane.paused_until - 99 <= DOWN_S_MAX


def test_while_an_upstream_is_away_one_after_the_other_is_tried() -> None:
    lane = Lane("mail")
    for attempts in range(100):
        wait_s = lane.note_failed(make_message("a", attempts), 0.0, attempts, 1.0)
    assert wait_s > lane.paused_until - 99


def test_what_fails_while_others_are_taken_is_tried_less_and_less_often() -> None:
    lane, waits = Lane("mail"), list[float]()
    for attempts in range(12):
        lane.note_taken(make_message("good"), 0.01, 1, 0.0)
        waits.append(lane.note_failed(make_message("bad", attempts), 0.0, 0.0, 1.0))
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (FIRST_S, LAST_S)


def test_what_was_tried_often_while_the_upstream_was_away_isnt_blamed_for_it() -> None:
    lane = Lane("mail")
    for attempts in range(50):
        lane.note_failed(make_message("a", attempts), 0.0, 0.0, 1.0)
    lane.note_taken(make_message("b"), 0.01, 1, 0.0)
    assert lane.note_failed(make_message("a", 50), 0.0, 0.0, 1.0) <= 2 * FIRST_S


def test_it_waits_for_as_long_as_the_upstream_asks_for() -> None:
    lane = Lane("mail")
    assert lane.note_failed(make_message("a"), 3_600.0, 0.0, 1.0) == 3_600.0
    assert lane.note_failed(make_message("b"), 3_600.0, 0.0, 1.0) == 3_600.0
    assert lane.paused_until <= lanes.ASKED_S_MAX


def test_who_is_blamed_is_forgotten_before_there_are_too_many() -> None:
    lane = Lane("mail")
    for number in range(lanes.BLAMED_MAX + 10):
        lane.note_taken(make_message("good"), 0.01, 1, 0.0)
        lane.note_failed(make_message(f"bad-{number}"), 0.0, 0.0, 1.0)
    assert len(lane.blamed) <= lanes.BLAMED_MAX
