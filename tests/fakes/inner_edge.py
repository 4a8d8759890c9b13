"""An edge's inner listener that answers as it is told, and remembers what it was sent."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httptools

from fakes.loop import take_turns

Answer = tuple[int, dict[str, str]]


@dataclass
class Sent:
    """A request as it came in; names of headers are in lower case."""

    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class InnerEdge:
    """Listens on a UNIX socket. `answer` says what each request is answered; None hangs up on it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sent: list[Sent] = []
        self.answer: Callable[[Sent], Answer | None] = lambda _: (200, {})
        self.changed = asyncio.Event()
        self.in_flight = self.in_flight_max = 0
        self.work_s = 0.0
        self.open: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.get_running_loop().create_unix_server(lambda: _Connection(self), str(self.path))

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await take_turns(4)  # who was just accepted is a connection only some turns later
            for transport in list(self.open):
                transport.abort()
            while self.open:
                await take_turns(1)
            self.path.unlink(missing_ok=True)

    async def until(self, holds: Callable[[], bool], deadline_s: float = 60.0) -> None:
        """Wait until something holds, which is looked at whenever a request was answered."""
        async with asyncio.timeout(deadline_s):
            while not holds():
                self.changed.clear()
                await self.changed.wait()

    @property
    def paths(self) -> list[str]:
        return [sent.path for sent in self.sent]


class _Connection(asyncio.Protocol):
    def __init__(self, edge: InnerEdge) -> None:
        self._edge = edge
        self._parser: Any = httptools.HttpRequestParser(self)
        self._sent = Sent()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._edge.open.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the signature is asyncio's
        self._edge.open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._sent.path += url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._sent.headers[name.decode().lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._sent.body += body

    def on_message_complete(self) -> None:
        edge, sent, self._sent = self._edge, self._sent, Sent()
        edge.sent.append(sent)
        edge.in_flight += 1
        edge.in_flight_max = max(edge.in_flight_max, edge.in_flight)
        asyncio.get_running_loop().call_later(edge.work_s, self._answer, edge.answer(sent))

    def _answer(self, answer: Answer | None) -> None:
        self._edge.in_flight -= 1
        self._edge.changed.set()
        if answer is None:
            self._transport.abort()
            return
        status, headers = answer
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._transport.write(f"HTTP/1.1 {status} X\r\n{told}content-length: 2\r\n\r\nok".encode())
