"""What goes wrong on an agent's stream to control ends that stream alone, and what is too much is left out."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import numpy as np
import pytest

from fakes.control import until
from holdfast.adapters.telemetry import hub as hub_module
from holdfast.adapters.telemetry import wire
from holdfast.adapters.telemetry.hub import TelemetryHub
from holdfast.adapters.telemetry.uplink import TelemetryUplink
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import METRICS, EdgeReport, Recollection

if TYPE_CHECKING:  # generic in its stub alone
    from collections.abc import AsyncIterator

    from holdfast.adapters.telemetry.uplink import Remembering

    Method = grpc.aio.StreamStreamMultiCallable[bytes, bytes]

SAMPLE = SampledRequest(1.0, "e1", "shop", "id", "192.0.2.1", "GET", "/", "curl/8", "", 200, "", 0.01)


def make_report(sequence: int = 1) -> EdgeReport:
    counts = np.full((1, METRICS), sequence, np.int64)
    return EdgeReport("e1", "12.5", sequence, 1.0, 1.25, ("shop",), counts, np.array([3]))


@dataclass
class World:
    """Control's side and one agent's, over a socket of their own."""

    socket: str
    hub: TelemetryHub
    uplink: TelemetryUplink
    reports: list[EdgeReport] = field(default_factory=list)
    samples: list[SampledRequest] = field(default_factory=list)

    async def connect(self) -> None:
        """What is told before the stream stands is forgotten, so it is told until something comes."""
        await until(lambda: self.tell(1) or self.reports)

    def tell(self, sequence: int) -> bool:
        """Tell a report; False, to go on in a condition."""
        self.uplink.tell(make_report(sequence))
        return False


@asynccontextmanager
async def meet(edge: str = "e1", remembering: Remembering | None = None) -> AsyncIterator[World]:
    """An agent that never finds anything in its log, and a hub that expects it."""

    async def find(_request_id: str) -> tuple[()]:
        await asyncio.Event().wait()
        return ()

    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        socket = str(Path(folder) / "hub.sock")
        world = World(socket, TelemetryHub(socket), TelemetryUplink(f"unix:{socket}", edge, find, remembering))
        world.hub.expect(["e1", "e2"])
        world.hub.follow(world.reports.append, world.samples.extend)
        await world.hub.start()
        running = asyncio.create_task(world.uplink.run())
        try:
            yield world
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await world.hub.stop()


@pytest.mark.parametrize(
    "data",
    [b"", b"nonsense", wire.write(wire.Find(1, "r")), wire.write(wire.Samples(())), wire.write(wire.Hello("e9"))],
)
def test_whoever_does_not_greet_as_an_edge_is_turned_away(data: bytes) -> None:
    async def play() -> None:
        async with meet() as world:
            with pytest.raises(grpc.aio.AioRpcError, match="isn't known here"):
                await converse(world.socket, data)

    asyncio.run(play())


@pytest.mark.parametrize("data", [b"nonsense", wire.write(wire.Hello("e1"))])
def test_nonsense_ends_a_stream_and_no_other(data: bytes) -> None:
    async def play() -> None:
        async with meet("e2") as world:
            await world.connect()
            with pytest.raises(grpc.aio.AioRpcError):
                await converse(world.socket, wire.write(wire.Hello("e1")), data)
            assert world.hub.connected == {"e2"}
            world.tell(7)
            await until(lambda: world.reports[-1].sequence == 7)

    asyncio.run(play())


def test_who_sends_too_much_is_heard_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "SAMPLES_PER_S_MAX", 1.0)

    async def play() -> None:
        async with meet() as world:
            await world.connect()
            for _ in range(10):
                world.uplink.tell([SAMPLE])
            world.tell(77)
            await until(lambda: world.reports[-1].sequence == 77)
            assert 0 < len(world.samples) < 10

    asyncio.run(play())


def test_a_follower_that_fails_keeps_nothing_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_what: object) -> None:
        raise RuntimeError("broken")

    async def play() -> None:
        async with meet() as world:
            late: list[EdgeReport] = []
            world.hub.follow(fail, fail)
            world.hub.follow(late.append, fail)
            await world.connect()
            await until(lambda: late)

    asyncio.run(play())
    assert "a follower of telemetry failed" in caplog.text


def test_an_agent_that_is_late_is_left_out() -> None:
    async def play() -> None:
        async with meet() as world:
            await world.connect()
            answers = await asyncio.gather(*(world.hub.find_requests("r1", 0.1) for _ in range(40)))
            assert answers == [[]] * 40

    asyncio.run(play())


def test_control_comes_back_and_is_told_again() -> None:
    async def play() -> None:
        async with meet() as world:
            await world.connect()
            await world.hub.stop()
            world.tell(5)
            again, reports = TelemetryHub(world.socket), list[EdgeReport]()
            again.expect(["e1"])
            again.follow(reports.append, lambda _samples: None)
            await again.start()
            try:
                await until(lambda: world.tell(6) or reports)
            finally:
                await again.stop()
            assert reports[-1].sequence == 6
            assert reports[0].services == ("shop",)

    asyncio.run(play())


class Remembered:
    """An agent's memory of one report, that speaks of ten seconds at a time."""

    remembers_s = 60.0

    def recall(self, began_at: float, ended_at: float) -> Recollection:
        return Recollection((make_report(7),), min(began_at + 10, ended_at))


def test_what_is_remembered_is_told_when_it_is_asked_for_and_not_as_a_report() -> None:
    async def play() -> None:
        async with meet(remembering=Remembered()) as world:
            await until(lambda: world.hub.remembering)
            assert world.hub.remembering["e1"].remembers_s == 60
            told = await world.hub.recall("e1", 100.0, 105.0, 5.0)
            assert told is not None
            assert (told.until, [r.sequence for r in told.reports]) == (105.0, [7])
            assert told.reports[0].services == ("shop",)
            assert told.reports[0].edge == "e1"
            again = await world.hub.recall("e1", 100.0, 200.0, 5.0)
            assert again is not None
            assert again.until == 110.0
            assert again.reports[0].services == ("shop",)
            world.tell(8)
            await until(lambda: world.reports)
            assert [r.sequence for r in world.reports] == [8]

    asyncio.run(play())


def test_who_remembers_nothing_or_is_not_there_is_not_asked() -> None:
    async def play() -> None:
        async with meet() as world:
            await world.connect()
            assert not world.hub.remembering
            assert await world.hub.recall("e1", 0.0, 1.0, 5.0) is None
            assert await world.hub.recall("e2", 0.0, 1.0, 5.0) is None

    asyncio.run(play())


async def converse(socket: str, *data: bytes) -> None:
    """Say this on a stream of one's own, and wait for its end."""

    async def messages() -> AsyncIterator[bytes]:
        for each in data:
            yield each
        await asyncio.Event().wait()

    async with grpc.aio.insecure_channel(f"unix:{socket}") as channel:
        method: Method = channel.stream_stream(wire.METHOD)
        async for _ in method(messages()):
            pass
