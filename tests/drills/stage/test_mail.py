from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.stage.client import Answer
from holdfast.drills.stage.mail import (
    Received,
    Sent,
    count_disorder,
    count_doubled,
    list_missing,
    read_received,
)

KEY = "reader-1"


def send(*statuses: int, key: str = KEY) -> list[Sent]:
    return [Sent(key, number, Answer(number, number + 1, status)) for number, status in enumerate(statuses)]


def receive(*numbers: int, key: str = KEY) -> list[Received]:
    return [Received(key, number, at_ns) for at_ns, number in enumerate(numbers)]


def test_what_was_accepted_and_never_arrived_is_missing() -> None:
    sent = send(202, 503, 200, 202)
    assert list_missing(sent, receive(0, 3)) == [sent[2]]
    assert list_missing(sent, receive(0, 2, 3)) == []


def test_a_later_message_of_the_same_key_must_not_overtake() -> None:
    assert count_disorder(send(202, 202, 202), receive(0, 2, 1)) == 1
    assert count_disorder(send(202, 202, 202), receive(2, 1, 0)) == 2


def test_what_nobody_accepted_may_arrive_at_any_time() -> None:
    assert count_disorder(send(202, 0, 202), receive(0, 2, 1)) == 0


def test_another_key_has_an_order_of_its_own() -> None:
    sent = [*send(202, 202), *send(202, 202, key="reader-2")]
    assert count_disorder(sent, [*receive(0, 1), *receive(0, 1, key="reader-2")]) == 0


def test_what_arrives_again_is_doubled_and_no_disorder() -> None:
    assert count_doubled(receive(0, 1, 0)) == 1
    assert count_disorder(send(202, 202), receive(0, 1, 0)) == 0


@given(st.permutations(range(6)))
def test_only_one_order_is_without_disorder(numbers: list[int]) -> None:
    disorder = count_disorder(send(*[202] * 6), receive(*numbers))
    assert (disorder == 0) == (numbers == sorted(numbers))


def test_ledgers_of_all_machines_are_one_by_the_moments(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("5 POST /send/reader-1/1\n6 POST /orders\n")
    (tmp_path / "two").write_text("3 POST /send/reader-1/0\n")
    assert read_received(tmp_path) == [Received(KEY, 0, 3), Received(KEY, 1, 5)]
