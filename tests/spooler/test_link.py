"""Frames between the spooler and its front, however the system cuts them up."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.spooler.link import FROM_FRONT, Link, Offer, Question

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
