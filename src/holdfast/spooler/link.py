"""What the spooler and its front say to each other, over a socket that only the two of them have.

Whatever the spooler has to say within a turn of its event loop goes as one frame: its length, in four bytes, and a list
in MessagePack (https://msgpack.org). The front has one frame there at a time: what comes in meanwhile goes with the
next, and becomes durable together.
"""

import asyncio
import logging
import math
from collections.abc import Callable
from enum import StrEnum
from typing import Final, Generic, TypeVar, cast

import msgspec

from holdfast.model.spool import Accepted, Draft, Receipt, Refusal

_Said = TypeVar("_Said")
_Heard = TypeVar("_Heard")
_log = logging.getLogger("holdfast.spooler")
_LENGTH_BYTES: Final = 4


class NotYet(StrEnum):
    """Why a draft isn't acknowledged, though nothing is wrong with it: who sent it comes back with the same key."""

    HELD = "held"
    """It is durable, and waits for the switch."""
    UNWRITABLE = "unwritable"


Verdict = Accepted | Refusal | NotYet


class Offer(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Keep this; the word about it bears the same number."""

    number: int
    draft: Draft


class Question(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """What became of a message?"""

    number: int
    id: str


class Word(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """What became of an offer: the message's id and key, or why there is none."""

    number: int
    id: str = ""
    key: str = ""
    why: str = ""


class Told(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """The answer to a question; without a receipt there is no such message, or `why` it can't be said."""

    number: int
    receipt: Receipt | None = None
    why: str = ""


class Configure(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """Go by these settings from now on: `SpoolSettings` in JSON."""

    settings: bytes


class Done(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """All of a frame is durable or refused, and looked up: the next may come."""


FROM_FRONT: Final = msgspec.msgpack.Decoder(list[Offer | Question])
TO_FRONT: Final = msgspec.msgpack.Decoder(list[Word | Told | Configure | Done])
_ENCODER: Final = msgspec.msgpack.Encoder()


class Link(asyncio.Protocol, Generic[_Said, _Heard]):
    """One end. What comes, frame by frame, goes to `hear`; `gone` is done when the other end is.

    With `frames_max` no more frames than that are said of which the other end hasn't said that they are `Done`: what
    there is to say meanwhile waits.
    """

    def __init__(
        self,
        decoder: msgspec.msgpack.Decoder[list[_Heard]],
        hear: Callable[[list[_Heard]], None],
        *,
        frames_max: float = math.inf,
    ) -> None:
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._decoder = decoder
        self._hear = hear
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._saying: list[_Said] = []
        self._frames_max = frames_max
        self._underway = 0

    def say(self, said: _Said) -> None:
        """Have something said with the next frame; to who is gone, nothing is."""
        self._saying.append(said)
        if len(self._saying) == 1 and self._underway < self._frames_max:
            asyncio.get_running_loop().call_soon(self._say_on)

    def close(self) -> None:
        """Let go of it."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits for it; what couldn't be understood is an error of ours."""
        self._transport = None
        if exc is not None:
            _log.error("the link between spooler and front is lost: %s", exc)
        if not self.gone.done():
            self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Split it into frames."""
        received = self._received
        received += data
        begin, size = 0, len(received)
        while (start := begin + _LENGTH_BYTES) <= size:
            end = start + int.from_bytes(received[begin:start], "big")
            if end > size:
                break
            frame = self._decoder.decode(received[start:end])
            self._go_on(frame)
            self._hear(frame)
            begin = end
        del received[:begin]

    def _go_on(self, frame: list[_Heard]) -> None:
        """What waits to be said goes before what was heard is taken in: the other end has nothing to do meanwhile."""
        done = sum(isinstance(heard, Done) for heard in frame)
        if done:
            self._underway -= done
            self._say_on()

    def _say_on(self) -> None:
        if self._saying and self._underway < self._frames_max:
            self._write()

    def _write(self) -> None:
        said, self._saying = self._saying, []
        if self._transport is None:
            return
        self._underway += 1
        frame = bytearray(_LENGTH_BYTES)
        _ENCODER.encode_into(said, frame, _LENGTH_BYTES)
        frame[:_LENGTH_BYTES] = (len(frame) - _LENGTH_BYTES).to_bytes(_LENGTH_BYTES, "big")
        self._transport.write(frame)
