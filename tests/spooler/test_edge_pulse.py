"""An edge that takes connections and answers nothing is told from an upstream that is slow."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fakes.inner_edge import InnerEdge
from holdfast.spooler import edge_pulse
from holdfast.spooler.edge_client import Broken, EdgeClient, Edges, Unreachable
from holdfast.spooler.edge_pulse import EdgePulse

DEADLINE_S = 60.0
REQUEST = b"POST /send HTTP/1.1\r\nhost: mail.example\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture(autouse=True)
def quick_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_pulse, "LOOK_S", 0.01)
    monkeypatch.setattr(edge_pulse, "SILENT_S", 0.05)
    monkeypatch.setattr(edge_pulse, "PULSE_S_MAX", 0.1)


def listen_in_vain(path: Path) -> socket.socket:
    """As the kernel does for a process that is stopped."""
    path.parent.mkdir(exist_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    return listening


@asynccontextmanager
async def pulse_of(edges: Edges) -> AsyncIterator[None]:
    running = asyncio.create_task(EdgePulse(lambda: edges.all).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])
        edges.close()


def run(check: Callable[[Path], Awaitable[None]]) -> None:
    async def main(folder: Path) -> None:
        async with asyncio.timeout(DEADLINE_S):
            await check(folder)

    with tempfile.TemporaryDirectory(prefix="hf-") as folder:
        asyncio.run(main(Path(folder)))


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)


def test_what_was_sent_through_a_hung_edge_is_broken_off_and_the_next_goes_through_another() -> None:
    async def check(folder: Path) -> None:
        sane, hung = InnerEdge(folder / "sane.sock"), folder / "hung" / "inner.sock"
        await sane.start()
        with listen_in_vain(hung), listen_in_vain(hung.with_name("admin.sock")):
            edges = Edges()
            edges.know([str(hung), str(sane.path)])
            async with pulse_of(edges):
                answers = await asyncio.gather(*(edges.send(REQUEST, 60.0) for _ in range(4)), return_exceptions=True)
                assert [isinstance(answer, Broken) for answer in answers].count(True) == 2
                for _ in range(4):
                    assert (await edges.send(REQUEST, 60.0)).status == 200
        await sane.stop()

    run(check)


def test_with_no_other_it_cant_be_reached() -> None:
    async def check(folder: Path) -> None:
        hung = folder / "hung" / "inner.sock"
        with listen_in_vain(hung), listen_in_vain(hung.with_name("admin.sock")):
            edges = Edges()
            edges.know([str(hung)])
            async with pulse_of(edges):
                with pytest.raises(Broken):
                    await edges.send(REQUEST, 60.0)
                with pytest.raises(Unreachable):
                    await edges.send(REQUEST, 60.0)

    run(check)


def test_what_was_sent_on_a_kept_connection_isnt_sent_again_through_the_hung_edge() -> None:
    async def check(folder: Path) -> None:
        edge = InnerEdge(folder / "inner.sock")
        await edge.start()
        with listen_in_vain(folder / "admin.sock"):
            edges = Edges()
            edges.know([str(edge.path)])
            await edges.send(REQUEST, 60.0)
            edge.work_s = 3_600.0
            async with pulse_of(edges):
                with pytest.raises(Broken):
                    await edges.send(REQUEST, 60.0)
            assert len(edge.sent) == 2
        await edge.stop()

    run(check)


def test_when_it_answers_again_it_is_used_again() -> None:
    async def check(folder: Path) -> None:
        hung = folder / "hung" / "inner.sock"
        with listen_in_vain(hung), listen_in_vain(hung.with_name("admin.sock")) as admin:
            edges = Edges()
            edges.know([str(hung)])
            async with pulse_of(edges):
                with pytest.raises(Broken):
                    await edges.send(REQUEST, 60.0)
                asked, _ = await asyncio.to_thread(admin.accept)
                with asked:
                    asked.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                    await until(lambda: not edges.all[0].is_hung)

    run(check)


def test_when_it_ends_it_counts_as_hung_no_longer() -> None:
    async def check(folder: Path) -> None:
        hung = folder / "hung" / "inner.sock"
        with listen_in_vain(hung):
            edges = Edges()
            edges.know([str(hung)])
            with listen_in_vain(hung.with_name("admin.sock")):
                running = asyncio.create_task(EdgePulse(lambda: edges.all).run())
                with pytest.raises(Broken):
                    await edges.send(REQUEST, 60.0)
                assert edges.all[0].is_hung
            await until(lambda: not edges.all[0].is_hung)
            running.cancel()
            await asyncio.wait([running])

    run(check)


def test_an_edge_whose_upstream_is_slow_is_waited_for() -> None:
    async def check(folder: Path) -> None:
        edge, admin = InnerEdge(folder / "inner.sock"), InnerEdge(folder / "admin.sock")
        await edge.start()
        await admin.start()
        edge.work_s = 0.5
        edges = Edges()
        edges.know([str(edge.path)])
        async with pulse_of(edges):
            assert (await edges.send(REQUEST, 60.0)).status == 200
        assert "/ready" in admin.paths
        await edge.stop()
        await admin.stop()

    run(check)


def test_nobody_is_asked_while_nothing_is_underway() -> None:
    async def check(folder: Path) -> None:
        edge = InnerEdge(folder / "inner.sock")
        await edge.start()
        client = EdgeClient(str(edge.path))
        await client.send(REQUEST, 60.0)
        assert client.silent_s == 0.0
        client.close()
        await edge.stop()

    run(check)
