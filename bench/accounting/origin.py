"""An upstream that does as it is told: answers, fails a share, hangs, is gone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

_OK: Final = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
_FAILED: Final = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\nno"
_MISSING: Final = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno"


@dataclass(frozen=True, slots=True)
class Mood:
    """How it answers: `lost` is the share answered 500."""

    lost: float = 0.0
    hung: bool = False
    gone: bool = False
    missing: bool = False


WELL: Final = Mood()


class Origin:
    """Serves on a port of 127.0.0.1; all of it belongs to one event loop."""

    def __init__(self, port: int, seed: int) -> None:
        self._port = port
        self._random = Random(seed)
        self._mood = WELL
        self._well = asyncio.Event()
        self._well.set()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def feel(self, mood: Mood) -> None:
        """Be like this from now on."""
        self._mood = mood
        if mood.hung:
            self._well.clear()
        else:
            self._well.set()
        if mood.gone:
            await self.stop()
        elif self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def stop(self) -> None:
        """Be gone, with all connections."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await self._well.wait()
                writer.write(self._answer())
                await writer.drain()
        self._writers.discard(writer)
        writer.close()

    def _answer(self) -> bytes:
        if self._mood.missing:
            return _MISSING
        return _FAILED if self._random.random() < self._mood.lost else _OK
