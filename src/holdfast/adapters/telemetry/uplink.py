"""The agent's side of its stream to control: what is told while control is away isn't told later by itself.

What control sees is of now; what it missed it asks for.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import grpc

from holdfast.adapters.telemetry import wire
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import EdgeReport, Recollection

if TYPE_CHECKING:  # generic in its stub alone
    Method = grpc.aio.StreamStreamMultiCallable[bytes, bytes]

_log = logging.getLogger(__name__)
WAITING_MAX: Final = 16
"""Messages that wait to be taken by a control that is slow; the oldest goes first, and its number is missed."""
RECONNECT_S: Final = 0.5
ANSWERING_MAX: Final = 4
"""Questions that are looked into at a time; more are answered with nothing."""

FindLogged = Callable[[str], Awaitable[Sequence[LoggedRequest]]]
"""What the edge's own access log says of a request."""


class Remembering(Protocol):
    """What the agent remembers of its counts."""

    @property
    def remembers_s(self) -> float:
        """How far back, in seconds."""

    def recall(self, began_at: float, ended_at: float) -> Recollection:
        """What was counted between two Unix times, in seconds."""


@dataclass(frozen=True, slots=True)
class _Recalled:
    query: int
    recollection: Recollection


Message = EdgeReport | Sequence[SampledRequest] | _Recalled | bytes


class TelemetryUplink:
    """Tells control what one edge counts and samples, for as long as control is there, and what it remembers."""

    def __init__(
        self, address: str, edge: str, find_logged: FindLogged, remembering: Remembering | None = None
    ) -> None:
        self._address = address
        self._edge = edge
        self._find_logged = find_logged
        self._remembering = remembering
        self._waiting: deque[Message] | None = None
        self._wake = asyncio.Event()
        self._answering: set[asyncio.Task[None]] = set()

    def tell(self, what: EdgeReport | Sequence[SampledRequest]) -> None:
        """Send a report or samples, at once and without waiting; nothing happens while control is away."""
        if self._waiting is not None:
            self._waiting.append(what)
            self._wake.set()

    async def run(self) -> None:
        """Keep a stream to control until cancelled."""
        while True:
            try:
                await self._converse()
            except grpc.aio.AioRpcError as error:
                _log.debug("control takes no telemetry: %s", error.details())
            except ValueError as error:
                _log.warning("what control asked makes no sense: %s", error)
            finally:
                self._waiting = None
                self._wake.set()
            _end_if_cancelled()
            await asyncio.sleep(RECONNECT_S)

    async def _converse(self) -> None:
        options = (("grpc.max_send_message_length", wire.MESSAGE_BYTES_MAX),)
        async with grpc.aio.insecure_channel(self._address, options=options) as channel:
            method: Method = channel.stream_stream(wire.METHOD)
            async for data in method(self._messages()):
                self._take(wire.read_from_control(data))

    async def _messages(self) -> AsyncIterator[bytes]:
        writer, waiting = wire.ReportWriter(), deque[Message](maxlen=WAITING_MAX)
        self._waiting = waiting
        yield wire.write(wire.Hello(self._edge, self._remembering.remembers_s if self._remembering else 0.0))
        while self._waiting is waiting:
            while waiting:
                what = waiting.popleft()
                if isinstance(what, bytes):
                    yield what
                elif isinstance(what, EdgeReport):
                    yield writer.write(what)
                elif isinstance(what, _Recalled):
                    yield writer.write_recalled(what.query, what.recollection)
                else:
                    yield wire.write(wire.Samples(tuple(what[: wire.SAMPLES_MAX])))
            self._wake.clear()
            await self._wake.wait()

    def _take(self, question: wire.FromControl) -> None:
        if isinstance(question, wire.Find):
            self._take_question(question)
        elif self._remembering is not None:
            recollection = self._remembering.recall(question.began_at, question.ended_at)
            self._answer(_Recalled(question.query, recollection))

    def _take_question(self, question: wire.Find) -> None:
        if len(self._answering) >= ANSWERING_MAX:
            self._answer(wire.write_found(question.query, ()))
            return
        task = asyncio.create_task(self._look(question))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _look(self, question: wire.Find) -> None:
        try:
            found = await self._find_logged(question.request_id)
        except OSError:
            _log.exception("the access log can't be searched")
            found = ()
        self._answer(wire.write_found(question.query, found))

    def _answer(self, what: bytes | _Recalled) -> None:
        if self._waiting is not None:
            self._waiting.append(what)
            self._wake.set()


def _end_if_cancelled() -> None:
    """A cancellation may be answered by gRPC with an error of its own, if the stream ends just then."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError
