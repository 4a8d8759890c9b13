"""Who refuses letters for good, one after the other, is known by what their keys begin with."""

import asyncio
from pathlib import Path

import pytest

from adapters.notify.receivers import receive_mail, receive_posts
from adapters.notify.test_outbox import hook_letter, mail, running, settled, smtp
from holdfast.model.letter import ChannelKind, Letter, LetterStatus, Refusals

START = 1_795_330_000.0
DAY_S = 86_400.0


class Time:
    """Unix time, in seconds, in the test's hands."""

    now = START

    def __call__(self) -> float:
        return self.now


async def send(path: Path, port: int, clock: Time, *letters: Letter) -> tuple[Refusals, ...]:
    """What is known once these became of something, a day after the other."""
    async with running(path, smtp(port), clock=clock) as outbox:
        for letter in letters:
            await outbox.put([letter])
            await settled(outbox, [letter.key])
            clock.now += DAY_S
        return tuple(await outbox.list_refusals(1, 10))


def test_refusals_in_a_row_are_counted_and_outlive_the_outbox(tmp_path: Path) -> None:
    clock = Time()
    with receive_mail() as mailbox:
        mailbox.answers = ["550 5.1.1 no such mailbox"] * 2
        asyncio.run(send(tmp_path / "outbox.db", mailbox.port, clock, mail("s-1:1", "ann@acme.example")))
        found = asyncio.run(send(tmp_path / "outbox.db", mailbox.port, clock, mail("s-1:2", "ann@acme.example")))
    error = "the mail server refuses the address: 550"
    assert found == (Refusals("s-1", ChannelKind.EMAIL, 2, START, START + DAY_S, error),)


def test_one_that_is_taken_ends_the_row(tmp_path: Path) -> None:
    with receive_mail() as mailbox:
        mailbox.answers = ["550 no such mailbox", "250 OK", "550 no such mailbox"]
        letters = [mail(f"s-1:{number}") for number in range(3)]
        (found,) = asyncio.run(send(tmp_path / "outbox.db", mailbox.port, Time(), *letters))
    assert (found.count, found.first_at) == (1, START + 2 * DAY_S)


@pytest.mark.parametrize(
    "answer", ["550 5.7.1 relaying denied", "554 5.3.4 too big for this system", "552 5.5.1 never heard of that"]
)
def test_what_a_mail_server_holds_against_the_sender_or_itself_is_no_refusal(answer: str, tmp_path: Path) -> None:
    with receive_mail() as mailbox:
        mailbox.answers = [answer]
        assert asyncio.run(send(tmp_path / "outbox.db", mailbox.port, Time(), mail("s-1:1"))) == ()


def test_what_a_webhook_answers_for_good_is_a_refusal_and_for_now_is_not(tmp_path: Path) -> None:
    with receive_posts() as hook:
        hook.statuses = [410, 404, 503, 410]
        keys = enumerate(("s-1:1", "s-1:2", "s-2:1", "s-3:1"))
        letters = [hook_letter(key, hook.port, not_after=START + number * DAY_S) for number, key in keys]
        found = asyncio.run(send(tmp_path / "outbox.db", 1, Time(), *letters))
    assert [(each.owner, each.count) for each in found] == [("s-1", 2), ("s-3", 1)]


def test_they_are_counted_anew_when_that_is_asked_for_and_when_they_are_old(tmp_path: Path) -> None:
    clock = Time()

    async def run(port: int) -> list[list[str]]:
        async with running(tmp_path / "outbox.db", smtp(port), clock=clock) as outbox:
            letters = [mail(f"s-{number}:1", f"reader{number}@acme.example") for number in range(3)]
            await outbox.put(letters)
            states = await settled(outbox, [letter.key for letter in letters])
            assert {state.status for state in states.values()} == {LetterStatus.FAILED}
            assert await outbox.find_arrival(ChannelKind.EMAIL) is None
            told = [sorted(each.owner for each in await outbox.list_refusals(1, 10))]
            await outbox.forget_refusals("s-1")
            told.append(sorted(each.owner for each in await outbox.list_refusals(1, 10)))
            clock.now += 91 * DAY_S
            while await outbox.list_refusals(1, 10):
                await settled(outbox, [])
            await outbox.put([mail("s-4:1")])
            await settled(outbox, ["s-4:1"])
            assert await outbox.find_arrival(ChannelKind.EMAIL) == clock.now
            return told

    with receive_mail() as mailbox:
        mailbox.answers = ["550 no such mailbox"] * 3
        assert asyncio.run(run(mailbox.port)) == [["s-0", "s-1", "s-2"], ["s-0", "s-2"]]
