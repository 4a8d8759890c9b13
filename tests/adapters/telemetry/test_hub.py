"""Agents and control over a real socket."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np

from fakes.control import until
from holdfast.adapters.telemetry.hub import TelemetryHub
from holdfast.adapters.telemetry.uplink import TelemetryUplink
from holdfast.model.logged_request import LoggedRequest
from holdfast.model.sample import SampledRequest
from holdfast.model.telemetry import METRICS, EdgeReport

SAMPLE = SampledRequest(1.0, "e1", "shop", "id", "192.0.2.1", "GET", "/", "curl/8", "", 200, "", 0.01, 10.0, "{ a }")
LINE = LoggedRequest(at=1.0, edge="e1", request_id="r1", path="/a")


def make_report(sequence: int = 1) -> EdgeReport:
    counts = np.arange(2 * METRICS, dtype=np.int64).reshape(2, METRICS)
    return EdgeReport("e1", "12.5", sequence, 1.0, 1.25, ("shop", "mail"), counts, np.array([3, 4]))


class Listener:
    def __init__(self) -> None:
        self.reports: list[EdgeReport] = []
        self.samples: list[SampledRequest] = []


@asynccontextmanager
async def connected(edge: str) -> AsyncIterator[tuple[TelemetryHub, TelemetryUplink, Listener]]:
    """A hub that expects the edges e1 and e2, and an agent whose log has one line."""

    async def find_logged(request_id: str) -> Sequence[LoggedRequest]:
        return [LINE] if request_id == LINE.request_id else []

    with tempfile.TemporaryDirectory(prefix="hf-", dir="/tmp") as folder:
        socket = str(Path(folder) / "telemetry.sock")
        hub, listener = TelemetryHub(socket), Listener()
        hub.expect(["e1", "e2"])
        hub.follow(listener.reports.append, listener.samples.extend)
        await hub.start()
        uplink = TelemetryUplink(f"unix:{socket}", edge, find_logged)
        running = asyncio.create_task(uplink.run())
        try:
            yield hub, uplink, listener
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await hub.stop()


def test_reports_and_samples_arrive() -> None:
    async def play() -> None:
        async with connected("e1") as (hub, uplink, listener):
            await until(lambda: hub.connected)
            uplink.tell(make_report())
            uplink.tell([SAMPLE])
            await until(lambda: listener.samples)
            assert listener.samples == [SAMPLE]
            (report,) = listener.reports
            assert (report.edge, report.services) == ("e1", ("shop", "mail"))
            assert np.array_equal(report.counts, make_report().counts)

    asyncio.run(play())


def test_an_agent_may_not_speak_for_another_edge() -> None:
    async def play() -> None:
        async with connected("e2") as (hub, uplink, listener):
            await until(lambda: hub.connected)
            uplink.tell([SAMPLE])
            uplink.tell(make_report())
            await until(lambda: listener.reports)
            assert listener.reports[0].edge == "e2"
            assert listener.samples == []

    asyncio.run(play())


def test_an_agent_of_an_unknown_edge_is_turned_away() -> None:
    async def play() -> None:
        async with connected("e9") as (hub, uplink, listener):
            uplink.tell(make_report())
            assert await hub.find_requests("r1", 0.1) == []
            assert (hub.connected, listener.reports) == (frozenset(), [])

    asyncio.run(play())


def test_an_agent_of_an_edge_that_is_gone_is_not_heard_any_more() -> None:
    async def play() -> None:
        async with connected("e1") as (hub, uplink, listener):
            await until(lambda: hub.connected)
            hub.expect(["e2"])
            uplink.tell(make_report())
            await until(lambda: not hub.connected)
            assert listener.reports == []

    asyncio.run(play())


def test_a_request_is_looked_up_on_the_edges() -> None:
    async def play() -> None:
        async with connected("e1") as (hub, _, _listener):
            await until(lambda: hub.connected)
            assert await hub.find_requests("r1", 10) == [LINE]
            assert await hub.find_requests("r2", 10) == []

    asyncio.run(play())


def test_control_comes_back_and_is_told_again() -> None:
    async def play() -> None:
        async with connected("e1") as (hub, uplink, listener):
            await until(lambda: hub.connected)
            await hub.stop()
            await until(lambda: not hub.connected)
            uplink.tell(make_report(1))
            await hub.start()
            await until(lambda: hub.connected)
            uplink.tell(make_report(2))
            await until(lambda: listener.reports)
            assert [report.sequence for report in listener.reports] == [2]

    asyncio.run(play())
