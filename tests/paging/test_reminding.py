"""What is overdue is brought to whoever is on call, once."""

import asyncio

from fakes.control import Bench
from holdfast.engine.incident_command import ChangeIncident, NoteIncident, OpenIncident
from holdfast.incidents.nagging import REMINDER
from holdfast.model.incident import Impact, Phase
from holdfast.model.letter import ChannelKind
from holdfast.model.token import SYSTEM
from holdfast.runtime.incidents.paging.reminding import REMINDED_S, Reminders
from paging.book import AT, FixedBook
from paging.outbox import FakeOutbox

TEXT = f"{REMINDER}draft 1 of i-1 waits to be published for 5 minutes"


async def remind(bench: Bench, outbox: FakeOutbox, *, drill: bool = False) -> Reminders:
    control = bench.control
    await control.submit(OpenIncident("ann", "it fails", "Errors", Impact.MAJOR, drill=drill))
    await control.submit(NoteIncident("ann", "i-1", TEXT))
    await control.submit(NoteIncident(SYSTEM, "i-1", TEXT))
    reminders = Reminders(control, FixedBook.of(), outbox)
    await reminders.look()
    return reminders


def test_whoever_is_on_call_is_reminded_once_by_their_first_channel() -> None:
    async def check() -> None:
        bench = Bench(now=AT)
        outbox = FakeOutbox(bench.tell_time)
        async with bench.run():
            reminders = await remind(bench, outbox)
            (letter,) = outbox.letters.values()
            assert letter.key == f"remind/i-1/{round(AT * 1000)}/ann/chat"
            assert letter.channel.kind is ChannelKind.WEBHOOK
            assert letter.text.startswith("Draft 1 of i-1 waits to be published for 5 minutes.")
            assert TEXT not in letter.text
            await reminders.look()
            assert len(outbox.letters) == 1

    asyncio.run(check())


def test_nobody_is_reminded_of_a_drill_of_what_is_over_or_was_long_ago() -> None:
    async def check(*, drill: bool, over: bool, later_s: float) -> int:
        bench = Bench(now=AT)
        outbox = FakeOutbox(bench.tell_time)
        outbox.broken = True
        async with bench.run():
            reminders = await remind(bench, outbox, drill=drill)
            outbox.broken = False
            if over:
                await bench.control.submit(ChangeIncident("ann", "i-1", "well again", phase=Phase.RESOLVED))
            bench.now += later_s
            await reminders.look()
            return len(outbox.letters)

    assert asyncio.run(check(drill=False, over=False, later_s=1.0)) == 1
    assert asyncio.run(check(drill=True, over=False, later_s=1.0)) == 0
    assert asyncio.run(check(drill=False, over=True, later_s=1.0)) == 0
    assert asyncio.run(check(drill=False, over=False, later_s=REMINDED_S)) == 0
