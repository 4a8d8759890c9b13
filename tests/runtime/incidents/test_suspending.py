"""Subscribers whose address is dead aren't told any more, until they confirm again."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from adapters.notify.receivers import Mailbox, receive_mail, receive_posts
from fakes.control import until
from fakes.subscribers import Readership
from holdfast.runtime.incidents.subscribing.suspending import SUSPENDED_KEPT_S

DAY_S = 86_400.0
GONE = "550 5.1.1 no such mailbox"
Check = Callable[[Readership, Mailbox], Awaitable[None]]


def play(folder: Path, check: Check) -> None:
    async def run(mailbox: Mailbox) -> None:
        readership = Readership(folder, mailbox.port)
        async with readership.at_work():
            await check(readership, mailbox)

    with receive_mail() as mailbox:
        asyncio.run(run(mailbox))


async def settle(readership: Readership) -> None:
    """Wait until the outbox is empty."""
    seen = readership.outbox.figures
    await until(lambda: readership.outbox.figures is not seen and readership.outbox.figures.waiting == 0, 30)


async def tell_for_days(readership: Readership, mailbox: Mailbox, days: int, *, answer: str = GONE) -> None:
    """A word each day, which the mail server refuses for whoever comes first."""
    for day in range(days):
        mailbox.answers = [answer]
        readership.bench.now += DAY_S
        await readership.publish(f"Day {day}.")
        await settle(readership)
        await readership.dead.look()


async def list_suspended(readership: Readership) -> list[str | None]:
    page = await readership.desk.list_page("", 10, with_addresses=False)
    suspended = [each.suspended_for for each in page.subscribers if each.suspended_at is not None]
    assert page.suspended == len(suspended)
    return suspended


def test_who_is_refused_for_days_is_suspended_and_told_again_once_they_confirm(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        await readership.subscribe(mailbox, "ann@acme.example")
        await readership.open()
        await tell_for_days(readership, mailbox, 4)
        assert await list_suspended(readership) == []  # nobody else was sent anything: it may be the mail server
        mailbox.answers = []
        await readership.browser.post("/subscribers", data={"address": "bob@acme.example"})
        await until(lambda: mailbox.envelopes)
        await readership.dead.look()
        assert await list_suspended(readership) == ["the mail server refuses the address: 550"]
        assert readership.desk.people.count(readership.bench.now)[0] == {}
        mailbox.envelopes.clear()
        readership.bench.now += DAY_S
        await readership.publish("Nobody is told.")
        await settle(readership)
        assert mailbox.envelopes == []
        await readership.subscribe(mailbox, "ann@acme.example")
        assert await list_suspended(readership) == []
        readership.bench.now += DAY_S
        await readership.publish("Somebody is.")
        await until(lambda: len(mailbox.envelopes) == 1)
        await tell_for_days(readership, mailbox, 2)
        assert await list_suspended(readership) == []  # counted anew

    play(tmp_path, check)


def test_who_took_one_in_between_is_not(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        await readership.subscribe(mailbox, "ann@acme.example")
        await readership.open()
        await tell_for_days(readership, mailbox, 2)
        await tell_for_days(readership, mailbox, 1, answer="250 OK")
        await tell_for_days(readership, mailbox, 2)
        assert await list_suspended(readership) == []

    play(tmp_path, check)


def test_a_webhook_that_is_gone_is_suspended_and_erased_after_long(tmp_path: Path) -> None:
    async def check(readership: Readership, mailbox: Mailbox) -> None:
        address = f"http://127.0.0.1:{hook.port}/hook"
        await readership.browser.post("/subscribers", data={"address": address})
        await until(lambda: readership.desk.people.count(0)[0] == {"webhook": 1})
        await readership.open()
        hook.statuses = [410] * 4
        await tell_for_days(readership, mailbox, 4)
        assert await list_suspended(readership) == ["the webhook answered 410"]
        posted = len(hook.posted)
        await tell_for_days(readership, mailbox, 1)
        assert len(hook.posted) == posted
        readership.bench.now += SUSPENDED_KEPT_S
        await readership.dead.look()
        page = await readership.desk.list_page("", 10, with_addresses=True)
        assert (page.subscribers, page.suspended) == ((), 0)

    with receive_posts(answer=lambda body: body) as hook:
        play(tmp_path, check)
