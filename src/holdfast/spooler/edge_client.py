"""Sends requests to an edge's inner listener: HTTP/1.1 over a UNIX socket, on connections that are kept."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import httptools

from holdfast.model.inner import ADMIN_SOCKET

CONNECT_S_MAX: Final = 2.0
IDLE_MAX: Final = 64
"""Connections to one edge that are kept for later."""
HEAD_BYTES_MAX: Final = 65_536
BODY_BYTES_MAX: Final = 1_048_576
"""Of an answer; nobody reads it, so a longer one costs the connection."""


class Unreachable(Exception):
    """The edge can't be connected to: the request wasn't sent."""


class Broken(Exception):
    """The connection ended, or the answer wasn't HTTP or came too late: whether the request arrived isn't known."""


@dataclass(frozen=True, slots=True)
class EdgeAnswer:
    """What came back, without the body. Names of headers are in lower case; of several alike the last counts."""

    status: int
    headers: dict[str, str]


class EdgeClient:
    """Connections to one edge. All of it belongs to one event loop.

    `is_hung` is whether it was found to answer nothing at all; then it counts as one that can't be reached.
    """

    def __init__(self, socket: str) -> None:
        self.is_hung = False
        self._socket = socket
        self._idle: deque[_Connection] = deque()
        self._busy: dict[_Connection, float] = {}
        """Since when each waits for an answer, the longest first."""

    @property
    def admin_socket(self) -> str:
        """Where the edge's Envoy tells how it is: beside the inner listener's socket."""
        return str(Path(self._socket).with_name(ADMIN_SOCKET))

    @property
    def silent_s(self) -> float:
        """For how long something was sent to it of which nothing was heard."""
        waiting = (since for connection, since in self._busy.items() if not connection.has_heard)
        since = next(waiting, None)
        return 0.0 if since is None else asyncio.get_running_loop().time() - since

    def hang(self) -> None:
        """It answers nothing: break off what is underway, so that it is sent through another edge."""
        self.is_hung = True
        for connection in [*self._busy, *self._idle]:
            connection.close()

    async def send(self, request: bytes, timeout_s: float) -> EdgeAnswer:
        """Send the bytes of a request, and read the answer. Raises Unreachable or Broken.

        A kept connection that turns out to have been closed is replaced once: the request has a key by which the
        upstream knows it again.
        """
        if self.is_hung:
            raise Unreachable("it is hung")
        async with asyncio.timeout(timeout_s) as limit:
            try:
                while (kept := self._take_idle()) is not None:
                    try:
                        return await self._exchange(kept, request)
                    except Broken:
                        if kept.has_heard or self.is_hung:
                            raise
                return await self._exchange(await self._connect(), request)
            except asyncio.CancelledError:
                if limit.expired():
                    raise Broken("no answer in time") from None
                raise

    def close(self) -> None:
        """Close what is kept."""
        while self._idle:
            self._idle.popleft().close()

    async def _exchange(self, connection: "_Connection", request: bytes) -> EdgeAnswer:
        self._busy[connection] = asyncio.get_running_loop().time()
        try:
            answer = await connection.exchange(request)
        except BaseException:
            connection.close()
            raise
        finally:
            del self._busy[connection]
        if connection.is_reusable and len(self._idle) < IDLE_MAX:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def _take_idle(self) -> "_Connection | None":
        while self._idle:
            connection = self._idle.pop()
            if connection.is_reusable:
                return connection
            connection.close()
        return None

    async def _connect(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S_MAX):
                _, connection = await loop.create_unix_connection(_Connection, self._socket)
        except (OSError, TimeoutError) as error:
            raise Unreachable(str(error) or "no connection in time") from error
        return connection


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[EdgeAnswer] | None = None
        self._is_closed = False
        self._begin()

    @property
    def is_reusable(self) -> bool:
        return not self._is_closed and self._answer is None and self._keeps_alive

    async def exchange(self, request: bytes) -> EdgeAnswer:
        if self._transport is None or self._is_closed:
            raise Broken("the connection was closed")
        self._begin()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._answer
        finally:
            self._answer = None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._is_closed = True
        self._fail(f"the connection ended: {error}" if error else "the connection ended")

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.close()
            return
        self.has_heard = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"the answer isn't HTTP: {error}")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > HEAD_BYTES_MAX:
            self._fail("the head of the answer is too large")
            return
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > BODY_BYTES_MAX:
            self._keeps_alive = False
            self._finish()

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            self._headers.clear()
            return
        self._keeps_alive = self._keeps_alive and bool(self._parser.should_keep_alive())
        self._finish()

    def _begin(self) -> None:
        self._parser: Any = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._head_bytes = self._body_bytes = 0
        self._keeps_alive = True
        self.has_heard = False

    def _finish(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(EdgeAnswer(self._parser.get_status_code(), dict(self._headers)))

    def _fail(self, why: str) -> None:
        self._keeps_alive = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Broken(why))


class Edges:
    """All edges that can be delivered through, taken in turn."""

    def __init__(self) -> None:
        self._clients: dict[str, EdgeClient] = {}
        self._round: deque[str] = deque()

    def know(self, sockets: Iterable[str]) -> None:
        """Set which there are, by the paths of their sockets."""
        wanted = list(dict.fromkeys(sockets))
        for gone in [path for path in self._clients if path not in wanted]:
            self._clients.pop(gone).close()
        self._clients |= {path: EdgeClient(path) for path in wanted if path not in self._clients}
        self._round = deque(wanted)

    @property
    def all(self) -> Sequence[EdgeClient]:
        """Every edge."""
        return tuple(self._clients.values())

    async def send(self, request: bytes, timeout_s: float) -> EdgeAnswer:
        """Send through the next edge that can be reached. Unreachable if none can; Broken as by `EdgeClient.send`."""
        why = "there is no edge"
        for _ in range(len(self._round)):
            self._round.rotate(-1)
            client = self._clients[self._round[0]]
            try:
                return await client.send(request, timeout_s)
            except Unreachable as error:
                why = f"no edge can be reached: {error}"
        raise Unreachable(why)

    def close(self) -> None:
        """Close every connection."""
        self.know(())
