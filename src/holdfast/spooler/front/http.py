"""HTTP/1.1 on a socket, with bounds on everything that a client can make large."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from time import monotonic
from typing import Final, Protocol, cast

import httptools

from holdfast.spooler.front.answers import Answer, refuse
from holdfast.spooler.front.head import Admission, Head
from holdfast.spooler.front.receiving import Receiving
from holdfast.spooler.settings import SpoolSettings

_log = logging.getLogger("holdfast.spooler")
HEAD_MAX: Final = 131_072
"""Bytes of a request's line and headers: what Envoy lets through, and some more."""
WIRE_FACTOR: Final = 8
"""How many times its size a body may take up when it comes in small chunks."""
REQUEST_BYTES: Final = 4_096
"""What a request takes up beside what came in: so much it counts as even if it is empty."""
RECEIVE_MAX_S: Final = 60.0
"""How long a request may take to come in."""
SWEEP_S: Final = 5.0
LINGER_S: Final = 1.0
"""How long a connection is kept after a refusal of what is still being sent, so that the refusal is read."""


class Handler(Protocol):
    """Decides about requests, by settings that may be exchanged at any time."""

    settings: SpoolSettings

    def admit(self, head: Head) -> Answer | Admission:
        """Whether a request's body is read, or an answer that is given before it is."""
        ...

    def answer(self, head: Head, body: bytes, tell: Callable[[Answer], None]) -> None:
        """Have `tell` called once with the answer to a whole request, now or later."""
        ...


class Front:
    """All connections of one socket together."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.receiving = Receiving()
        self.take_settings(handler.settings)
        self.connections: set[Connection] = set()
        self.stopping = False
        self._answering = 0
        self._all_answered = asyncio.Event()
        self._all_answered.set()

    def take_settings(self, settings: SpoolSettings) -> None:
        """Go by other settings from now on; what is underway keeps the old ones."""
        self.handler.settings = settings
        self.receiving.bytes_max = settings.receiving_max
        self.connections_max = settings.connections_max

    def connect(self) -> "Connection":
        """What speaks on a new connection."""
        return Connection(self)

    def begin_answer(self) -> None:
        """Count a request that waits for its answer."""
        self._answering += 1
        self._all_answered.clear()

    def end_answer(self) -> None:
        """Count it no longer."""
        self._answering -= 1
        if not self._answering:
            self._all_answered.set()

    async def sweep(self) -> None:
        """Close, again and again, the connections whose request doesn't end."""
        while True:
            await asyncio.sleep(SWEEP_S)
            for connection in list(self.connections):
                connection.close_if_overdue(monotonic() - RECEIVE_MAX_S)

    async def finish(self, within_s: float) -> None:
        """Answer what was asked, take no more requests, and close the connections."""
        self.stopping = True
        for connection in list(self.connections):
            connection.close_if_idle()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._all_answered.wait()
        for connection in list(self.connections):
            connection.abort()


class _State(Enum):
    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWERING = auto()
    ENDING = auto()
    """The last answer was given, perhaps before the request's end; what comes is thrown away."""


class Connection(asyncio.Protocol):
    """One connection: one request after the other, as Envoy sends them. Who doesn't wait for answers is cut off."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._state = _State.IDLE
        self._since = monotonic()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._head = Head()
        self._parts: list[bytes] = []
        self._wire_left = HEAD_MAX
        self._body_left = 0
        self._received = 0
        self._payer = ""
        self._is_last = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuse at once if there are too many."""
        self._transport = cast("asyncio.Transport", transport)
        front = self._front
        if front.stopping:
            self.abort()
        elif len(front.connections) >= front.connections_max:
            self._refuse(refuse(503, "There are too many connections.", retry_after_s=1))
        front.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's form
        """Forget what was received, unless it is being made durable: that stays so, though nobody is told.

        Until then it counts. Or else, who sends and goes while the disk is stuck would have more and more wait for it.
        """
        self._transport = None
        self._front.connections.discard(self)
        if self._state is not _State.ANSWERING:
            self._release()

    def data_received(self, data: bytes) -> None:
        """Parse it, unless an answer is on its way already."""
        if self._state is _State.ENDING:
            return
        if self._state is _State.ANSWERING:
            self.abort()
            return
        self._wire_left -= len(data)
        if self._state is _State.BODY and not self._take(len(data)):
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserUpgrade, httptools.HttpParserError):
            self._refuse(refuse(400, "This is not an HTTP/1.1 request."))
        if self._wire_left < 0:
            self._refuse_endless()

    def eof_received(self) -> bool:
        """Whoever doesn't send any more doesn't read either, as Envoy does it."""
        return False

    def on_message_begin(self) -> None:
        """A request begins; only one may. After what wasn't waited for, nothing is answered any more."""
        if self._state is _State.IDLE:
            self._state = _State.HEAD
            self._since = monotonic()
        else:
            self._is_last = True

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        if self._state is _State.HEAD:
            self._head.target += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. Trailers are let go."""
        if self._state is _State.HEAD:
            self._head.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Decide about the request before its body is read."""
        if self._state is not _State.HEAD:
            return
        self._head.end()
        self._head.method = self._parser.get_method().decode("ascii")
        if self._parser.should_upgrade():
            self._refuse(refuse(400, "Nothing is upgraded here."))
            return
        admitted = self._front.handler.admit(self._head)
        if isinstance(admitted, Answer):
            self._refuse(admitted)
            return
        self._state = _State.BODY
        self._payer = admitted.payer
        self._body_left = admitted.body_max
        came_in = HEAD_MAX - self._wire_left
        self._wire_left = WIRE_FACTOR * admitted.body_max + HEAD_MAX
        if int(self._head.first.get(b"content-length") or 0) > admitted.body_max:
            self._refuse_large()
        elif not self._take(REQUEST_BYTES + came_in):
            return
        elif "100-continue" in (self._head.get(b"expect") or "").lower() and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._state is not _State.BODY:
            return
        self._body_left -= len(body)
        if self._body_left < 0:
            self._refuse_large()
            return
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """Answer."""
        if self._state is _State.BODY:
            self._state = _State.ANSWERING
            self._front.begin_answer()
            self._answer()

    def close_if_overdue(self, before: float) -> None:
        """Let go of a request that began before a time and still hasn't come in whole."""
        if self._since < before and self._state in {_State.HEAD, _State.BODY, _State.ENDING}:
            self.abort()

    def close_if_idle(self) -> None:
        """Let go of a connection on which nothing is asked."""
        if self._state is _State.IDLE:
            self.abort()

    def abort(self) -> None:
        """Let go of it at once."""
        if self._transport is not None:
            self._transport.abort()

    def _answer(self) -> None:
        try:
            self._front.handler.answer(self._head, b"".join(self._parts), self._tell)
        except Exception:  # noqa: BLE001 - whatever it is, it ends one request
            _log.exception("a request could not be answered")
            self._tell(refuse(500, "Something is wrong here.", closes=True))

    def _tell(self, answer: Answer) -> None:
        self._front.end_answer()
        self._release()
        keep_alive = self._parser.should_keep_alive() and not (answer.closes or self._is_last or self._front.stopping)
        if self._transport is None:
            return
        self._transport.write(answer.encode(keep_alive=keep_alive, head_only=self._head.method == "HEAD"))
        if keep_alive:
            self._head, self._state, self._wire_left = Head(), _State.IDLE, HEAD_MAX
        else:
            self._state, self._since = _State.ENDING, monotonic()
            self._transport.close()

    def _refuse(self, answer: Answer) -> None:
        """Answer before the request's end, and leave a moment to read it: a reset would overtake it."""
        if self._state is _State.ANSWERING:
            self._is_last = True
        if self._state in {_State.ANSWERING, _State.ENDING} or self._transport is None:
            return
        self._state, self._since = _State.ENDING, monotonic()
        self._release()
        self._transport.write(answer.encode(keep_alive=False, head_only=self._head.method == "HEAD"))
        asyncio.get_running_loop().call_later(LINGER_S, self.abort)

    def _refuse_large(self) -> None:
        self._refuse(refuse(413, "The body is larger than what may be deferred here."))

    def _refuse_endless(self) -> None:
        if self._state is _State.HEAD:
            self._refuse(refuse(431, "The headers are too large."))
        else:
            self._refuse_large()

    def _take(self, size: int) -> bool:
        """Count what came in; False if it is too much, and then it is refused."""
        self._received += size
        if self._front.receiving.take(self._payer, size):
            return True
        self._refuse(refuse(503, "Too much is being received at this time.", retry_after_s=1))
        return False

    def _release(self) -> None:
        self._front.receiving.give_back(self._payer, self._received)
        self._received = 0
        self._parts = []
