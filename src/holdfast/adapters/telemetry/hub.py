"""Control's side: takes what agents report, and asks them about requests."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import grpc

from holdfast.adapters.telemetry import wire
from holdfast.adapters.telemetry.allowance import Allowance
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import EdgeReport, Memory, Recollection

if TYPE_CHECKING:  # generic in its stub alone
    Context = grpc.aio.ServicerContext[bytes, bytes]
    Handler = grpc.RpcMethodHandler[bytes, bytes]

_log = logging.getLogger(__name__)
MESSAGES_PER_S_MAX: Final = 50.0
SAMPLES_PER_S_MAX: Final = 5_000.0
"""What one agent may send on average; what is beyond is left out, and the next report's number shows the hole."""
BURST_S: Final = 4.0
ASKED_MAX: Final = 16
"""Questions that wait for one agent at a time; more aren't asked of it."""

T = TypeVar("T")
OnReport = Callable[[EdgeReport], None]
OnSamples = Callable[[Sequence[SampledRequest]], None]


@dataclass
class _Agent:
    """One agent's stream."""

    edge: str
    number: int
    remembers_s: float
    reports: wire.ReportReader
    questions: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(ASKED_MAX))
    messages: Allowance = field(default_factory=lambda: Allowance(MESSAGES_PER_S_MAX, BURST_S))
    samples: Allowance = field(default_factory=lambda: Allowance(SAMPLES_PER_S_MAX, BURST_S))
    answers: dict[int, "asyncio.Future[tuple[LoggedRequest, ...]]"] = field(default_factory=dict)
    recalls: dict[int, "asyncio.Future[Recollection | None]"] = field(default_factory=dict)


class TelemetryHub:
    """Serves agents on a UNIX socket, each by its edge's name; those that aren't expected are turned away."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._server: grpc.aio.Server | None = None
        self._expected: frozenset[str] = frozenset()
        self._agents: dict[str, _Agent] = {}
        self._followers: list[tuple[OnReport, OnSamples]] = []
        self._queries, self._numbers = itertools.count(1), itertools.count(1)

    async def start(self) -> None:
        """Begin to serve; OSError if the socket can't be had."""
        server = grpc.aio.server(options=(("grpc.max_receive_message_length", wire.MESSAGE_BYTES_MAX),))
        handler: Handler = grpc.stream_stream_rpc_method_handler(self._converse)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(wire.SERVICE, {"Connect": handler}),))
        try:
            server.add_insecure_port(f"unix:{self._socket}")
        except RuntimeError as error:
            raise OSError(f"can't take reports on {self._socket}: {error}") from error
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """End every stream and free the socket."""
        server, self._server = self._server, None
        if server:
            await server.stop(grace=None)

    @property
    def connected(self) -> frozenset[str]:
        """Edges whose agents have a stream now."""
        return frozenset(self._agents)

    def expect(self, edges: Collection[str]) -> None:
        """Set which edges there are; agents of others are turned away, or cut off once they say anything."""
        self._expected = frozenset(edges)

    def follow(self, on_report: OnReport, on_samples: OnSamples) -> None:
        """Have reports and samples handed over as they come, in the event loop, from now on."""
        self._followers.append((on_report, on_samples))

    async def find_requests(self, request_id: str, deadline_s: float) -> Sequence[LoggedRequest]:
        """What the edges' access logs say of a request, oldest first; an agent that is late is left out."""
        query = next(self._queries)
        question = wire.write(wire.Find(query, request_id))
        asked = [agent for agent in self._agents.values() if not agent.questions.full()]
        answers = []
        for agent in asked:
            agent.questions.put_nowait(question)
            answers.append(agent.answers.setdefault(query, asyncio.get_running_loop().create_future()))
        try:
            done, _ = await asyncio.wait(answers, timeout=deadline_s) if answers else (set(), set())
        finally:
            for agent in asked:
                agent.answers.pop(query, None)
        found = [request for answer in done if not answer.cancelled() for request in answer.result()]
        return sorted(found, key=lambda request: request.at)

    @property
    def remembering(self) -> Mapping[str, Memory]:
        """The edges whose agents remember what they counted and can be asked now."""
        return {a.edge: Memory(a.number, a.remembers_s) for a in self._agents.values() if a.remembers_s}

    async def recall(self, edge: str, began_at: float, ended_at: float, deadline_s: float) -> Recollection | None:
        """What an edge's agent remembers of a time (Unix, in seconds); None if it doesn't answer in time."""
        agent, query = self._agents.get(edge), next(self._queries)
        if agent is None or not agent.remembers_s or agent.questions.full():
            return None
        agent.questions.put_nowait(wire.write(wire.Recall(query, began_at, ended_at)))
        answer: asyncio.Future[Recollection | None] = asyncio.get_running_loop().create_future()
        agent.recalls[query] = answer
        try:
            async with asyncio.timeout(deadline_s):
                return await answer
        except TimeoutError:
            return None
        finally:
            agent.recalls.pop(query, None)

    async def _converse(self, messages: AsyncIterator[bytes], context: "Context") -> AsyncIterator[bytes]:
        agent = await self._admit(messages, context)
        self._agents[agent.edge] = agent
        reader = asyncio.create_task(self._read(agent, messages))
        asking = asyncio.create_task(agent.questions.get())
        try:
            while not reader.done():
                await asyncio.wait({reader, asking}, return_when=asyncio.FIRST_COMPLETED)
                if asking.done():
                    yield asking.result()
                    asking = asyncio.create_task(agent.questions.get())
            reader.result()
        except ValueError as error:
            _log.warning("the agent of %s is cut off: %s", agent.edge, error)
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        finally:
            reader.cancel()
            asking.cancel()
            self._part_with(agent)

    async def _admit(self, messages: AsyncIterator[bytes], context: "Context") -> _Agent:
        first = await anext(aiter(messages), None)
        try:
            hello = wire.read_from_agent(first) if first else None
        except ValueError:
            hello = None
        if not isinstance(hello, wire.Hello) or hello.edge not in self._expected:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "this edge isn't known here")
        return _Agent(hello.edge, next(self._numbers), hello.remembers_s, wire.ReportReader(hello.edge))

    def _part_with(self, agent: _Agent) -> None:
        for answer in agent.answers.values():
            if not answer.done():
                answer.set_result(())
        for recall in agent.recalls.values():
            if not recall.done():
                recall.set_result(None)
        if self._agents.get(agent.edge) is agent:
            del self._agents[agent.edge]

    async def _read(self, agent: _Agent, messages: AsyncIterator[bytes]) -> None:
        """Hand over what an agent says until it ends, or isn't expected any more; ValueError if it makes no sense."""
        async for data in messages:
            if agent.edge not in self._expected:
                return
            message = wire.read_from_agent(data)
            match message:
                case wire.Report():
                    self._take_report(agent, message)
                case wire.Samples(requests):
                    self._take_samples(agent, requests)
                case wire.Found():
                    _settle(agent, message)
                case wire.Recalled():
                    _settle_recall(agent, message)
                case wire.Hello():
                    raise ValueError("a second greeting")

    def _take_report(self, agent: _Agent, message: wire.Report) -> None:
        """Names must be read in any case: later reports speak of them."""
        report = agent.reports.read(message)
        if agent.messages.spend(asyncio.get_running_loop().time()):
            for on_report, _ in self._followers:
                _hand_over(on_report, report)

    def _take_samples(self, agent: _Agent, requests: tuple[SampledRequest, ...]) -> None:
        own = [request for request in requests if request.edge == agent.edge]
        if own and agent.samples.spend(asyncio.get_running_loop().time(), len(own)):
            for _, on_samples in self._followers:
                _hand_over(on_samples, own)


def _settle(agent: _Agent, message: wire.Found) -> None:
    answer = agent.answers.get(message.query)
    if answer and not answer.done():
        answer.set_result(wire.read_found(message))


def _settle_recall(agent: _Agent, message: wire.Recalled) -> None:
    """Names must be read in any case, as of reports; what nobody asked for is left out."""
    recollection = agent.reports.read_recalled(message)
    answer = agent.recalls.get(message.query)
    if answer and not answer.done():
        answer.set_result(recollection)


def _hand_over(follower: Callable[[T], None], what: T) -> None:
    """A follower that fails doesn't take the stream with it."""
    try:
        follower(what)
    except Exception:  # noqa: BLE001 - whatever it is, it isn't the agent's doing
        _log.exception("a follower of telemetry failed")
