"""A small server behind the edge: it answers with the request that it saw, and can be made slow, failing or dead."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import h11

from fakes.loop import take_turns

if TYPE_CHECKING:
    from pathlib import Path

    from edge.running import LoopThread

HEALTH_PATH = "/healthz"


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int


@dataclass
class _State:
    status: int = 200
    healthy: bool = True
    resets: bool = False
    babbles: bool = False
    failing: asyncio.Event | None = None
    headers: tuple[tuple[str, str], ...] = ()
    requests: list[Seen] = field(default_factory=list)
    checks: int = 0
    connections: int = 0
    in_flight: int = 0
    in_flight_max: int = 0


class Upstream:
    """One endpoint. Its fields may be read from any thread; setting them takes effect with the next request."""

    def __init__(self, loop: LoopThread, socket: Path | None = None) -> None:
        self._loop = loop
        self._socket = socket
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.state = _State()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._gate = loop.run(_make_gate())
        self.start()

    def start(self) -> None:
        """Listen, on the same port as ever."""
        if self._socket is None:
            self._server = self._loop.run(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        else:
            self._server = self._loop.run(asyncio.start_unix_server(self._serve, self._socket))

    def kill(self) -> None:
        """Stop listening and reset every connection, as a killed process does."""
        self._loop.run(self._kill())

    def reset(self) -> None:
        """Forget what was seen, and be as new."""
        self.release()
        self.state = _State()
        if self._server is None:
            self.start()

    def hold(self) -> None:
        """Answer nothing until released."""
        self._loop.call(self._gate.clear)

    def release(self) -> None:
        """Answer everything that waits, and all that comes."""
        self._loop.call(self._gate.set)

    def fail_and_hold(self) -> None:
        """Fail everything that waits, and let wait all that comes."""
        self._loop.run(self._fail_and_hold())

    @property
    def requests(self) -> list[Seen]:
        """What was seen, health checks aside."""
        return self.state.requests

    async def _fail_and_hold(self) -> None:
        failing, self._gate = self._gate, asyncio.Event()
        self.state.failing = failing
        failing.set()

    async def _kill(self) -> None:
        server, self._server = self._server, None
        if server:
            server.close()
            await take_turns(4)  # who was just accepted is a connection only some turns later
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.state.connections += 1
        number = self.state.connections
        try:
            await self._converse(h11.Connection(h11.SERVER), reader, writer, number)
        except (ConnectionError, h11.RemoteProtocolError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _converse(
        self, conn: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        while request := await _read(conn, reader):
            head, body = request
            seen = Seen(
                head.method.decode(),
                head.target.decode(),
                tuple((name.decode(), value.decode("latin-1")) for name, value in head.headers),
                body,
                number,
            )
            status = await self._work(seen)
            if self.state.resets:
                writer.transport.abort()
                return
            writer.write(b"SSH-2.0-x\r\n" if self.state.babbles else _answer(conn, seen, status, self.state.headers))
            await writer.drain()
            conn.start_next_cycle()

    async def _work(self, seen: Seen) -> int:
        state, gate = self.state, self._gate
        if seen.target == HEALTH_PATH:
            state.checks += 1
            return 200 if state.healthy else 503
        state.requests.append(seen)
        state.in_flight += 1
        state.in_flight_max = max(state.in_flight_max, state.in_flight)
        try:
            await gate.wait()
        finally:
            state.in_flight -= 1
        return 503 if gate is state.failing else state.status


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


async def _make_gate() -> asyncio.Event:
    gate = asyncio.Event()
    gate.set()
    return gate


async def _read(conn: h11.Connection, reader: asyncio.StreamReader) -> tuple[h11.Request, bytes] | None:
    head, body = None, b""
    while True:
        event = conn.next_event()
        if event is h11.NEED_DATA:
            conn.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage) and head:
            return head, body
        else:
            return None


def _answer(conn: h11.Connection, seen: Seen, status: int, more: tuple[tuple[str, str], ...]) -> bytes:
    text = {
        "method": seen.method,
        "target": seen.target,
        "headers": seen.headers,
        "body_bytes": len(seen.body),
        "connection": seen.connection,
    }
    body = b"" if seen.method == "HEAD" else json.dumps(text).encode()
    response = h11.Response(status_code=status, headers=[("content-length", str(len(body))), *more])
    parts = (conn.send(response), conn.send(h11.Data(data=body)), conn.send(h11.EndOfMessage()))
    return b"".join(part for part in parts if part)
