"""Frames between the spooler and its front, however the system cuts them up."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.spool import make_draft
from fakes.spooler import DEADLINE_S, link_keeper
from holdfast.model.spool import Accepted, Draft
from holdfast.spooler.keeping import Keeping
from holdfast.spooler.link import FROM_FRONT, Link, Offer, Question, Verdict

_TURNS = st.lists(st.lists(st.builds(Question, st.integers(0, 2**40), st.text(max_size=40)), min_size=1), max_size=5)


class Wire(asyncio.Transport):
    """Remembers what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True


def end_of_turn() -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    loop.call_soon(ended.set_result, None)
    return ended


def ignore(frame: list[Offer | Question]) -> None:
    """For the end that only speaks."""


@given(turns=_TURNS, cuts=st.lists(st.integers(1, 60), min_size=1))
def test_what_is_said_is_heard_turn_by_turn_however_it_is_cut_up(turns: list[list[Question]], cuts: list[int]) -> None:
    heard: list[list[Offer | Question]] = []

    async def speak() -> None:
        wire = Wire()
        near, far = (Link[Question, Offer | Question](FROM_FRONT, hear) for hear in (ignore, heard.append))
        near.connection_made(wire)
        for turn in turns:
            for said in turn:
                near.say(said)
            await end_of_turn()
        place, sent = 0, bytes(wire.written)
        while place < len(sent):
            size = cuts[place % len(cuts)]
            far.data_received(sent[place : place + size])
            place += size

    asyncio.run(speak())
    assert heard == turns


def test_what_isnt_understood_isnt_taken_for_something_else() -> None:
    async def listen() -> None:
        link = Link[Question, Offer | Question](FROM_FRONT, ignore)
        frame = msgspec.msgpack.encode([[9, 1, "x"]])
        link.data_received(len(frame).to_bytes(4, "big") + frame)

    with pytest.raises(msgspec.ValidationError):
        asyncio.run(listen())


def test_to_who_is_gone_nothing_is_said() -> None:
    async def speak() -> None:
        wire, link = Wire(), Link[Question, Offer | Question](FROM_FRONT, ignore)
        link.connection_made(wire)
        link.connection_lost(None)
        link.say(Question(1, "x"))
        await end_of_turn()
        assert link.gone.done()
        assert not wire.written

    asyncio.run(speak())


class GatedKeeping(Keeping):
    """Accepts what it is given when `opened` is set; `asked` gets the size of each frame's share."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.asked = asyncio.Queue[int]()

    async def keep(self, drafts: Sequence[Draft], tell: Callable[[int, Verdict], None]) -> None:
        self.asked.put_nowait(len(drafts))
        await self.opened.wait()
        for place in range(len(drafts)):
            tell(place, Accepted("id", "key"))


class FailingKeeping(GatedKeeping):
    """Fails before it tells anybody anything, the first time."""

    async def keep(self, drafts: Sequence[Draft], tell: Callable[[int, Verdict], None]) -> None:
        if not self.opened.is_set():
            self.opened.set()
            raise RuntimeError("a fault of ours")
        await super().keep(drafts, tell)


def test_of_frames_that_are_answered_together_each_lets_another_one_go() -> None:
    async def speak() -> None:
        keeping, told = GatedKeeping(), asyncio.Queue[Verdict]()
        async with asyncio.timeout(DEADLINE_S), link_keeper(keeping, frames_max=2) as keeper:
            for _ in range(2):
                for _ in range(2):
                    keeper.keep(make_draft(), told.put_nowait)
                    await end_of_turn()
                for _ in range(2):
                    assert await keeping.asked.get() == 1, "no frame waits for another"
                keeping.opened.set()
                for _ in range(2):
                    await told.get()
                keeping.opened.clear()

    asyncio.run(speak())


def test_what_comes_while_all_frames_are_underway_goes_as_one() -> None:
    async def speak() -> None:
        keeping, told = GatedKeeping(), asyncio.Queue[Verdict]()
        async with asyncio.timeout(DEADLINE_S), link_keeper(keeping) as keeper:
            for _ in range(4):
                keeper.keep(make_draft(), told.put_nowait)
                await end_of_turn()
            keeping.opened.set()
            for _ in range(4):
                await told.get()
            assert [keeping.asked.get_nowait() for _ in range(2)] == [1, 3]

    asyncio.run(speak())


def test_a_frame_that_cant_be_answered_doesnt_hold_up_the_next() -> None:
    async def speak() -> None:
        told = asyncio.Queue[Verdict]()
        async with asyncio.timeout(DEADLINE_S), link_keeper(FailingKeeping()) as keeper:
            for _ in range(2):
                keeper.keep(make_draft(), told.put_nowait)
                await end_of_turn()
            assert await told.get() == Accepted("id", "key")

    asyncio.run(speak())
