"""An upstream that keeps its own ledger, honours idempotency keys, and fails in every way that upstreams do."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, cast

import httptools


class Mood(Enum):
    """What it does with a request."""

    TAKING = auto()
    REFUSING = auto()
    """It listens to nobody."""
    HANGING = auto()
    FAILING = auto()
    FORGETFUL = auto()
    """It takes it and breaks off before it has answered."""


@dataclass
class Ledger:
    """What it took, in order: whose, which number. `keys` are those that it knows again."""

    taken: list[tuple[str, int]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    known_again: int = 0

    def take(self, key: str, body: bytes) -> None:
        """Take a request, unless its key was taken before."""
        if key in self.keys:
            self.known_again += 1
            return
        self.keys.add(key)
        said = json.loads(body)
        self.taken.append((said["customer"], said["number"]))

    def count_doubles(self) -> int:
        """What was taken more than once, under keys that differ."""
        return sum(count - 1 for count in Counter(self.taken).values())


class Receiver:
    """Listens on a port of 127.0.0.1. All of it belongs to one event loop."""

    def __init__(self, port: int, work_s: float = 0.002) -> None:
        self.ledger = Ledger()
        self.mood = Mood.TAKING
        self.work_s = work_s
        self._port = port
        self._server: asyncio.Server | None = None
        self.connections: set[_Connection] = set()

    async def set_mood(self, mood: Mood) -> None:
        """Behave like that from now on."""
        self.mood = mood
        if mood is Mood.REFUSING:
            await self.stop()
        elif self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(
                lambda: _Connection(self), "127.0.0.1", self._port, reuse_address=True
            )

    async def stop(self) -> None:
        """Listen to nobody any more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self.connections):
            connection.abort()


class _Connection(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._parser: Any = httptools.HttpRequestParser(self)
        self._key = ""
        self._body: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._receiver.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self._receiver.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"idempotency-key":
            self._key = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        body, self._body = b"".join(self._body), []
        mood = self._receiver.mood
        if mood in {Mood.TAKING, Mood.FORGETFUL}:
            self._receiver.ledger.take(self._key, body)
        if mood is Mood.FORGETFUL:
            self.abort()
        elif mood is Mood.FAILING:
            self._answer(503)
        elif mood is Mood.TAKING:
            asyncio.get_running_loop().call_later(self._receiver.work_s, self._answer, 200)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _answer(self, status: int) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())
