"""Which addresses take no connection."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from fakes.listening import listen
from holdfast.adapters.facts import find_dead
from holdfast.adapters.facts.connections import ASKED_MAX


@pytest.fixture
def listening() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def refusing() -> Iterator[str]:
    """An address that is taken, and where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_who_refuses_is_dead_and_who_listens_is_not(listening: str, refusing: str) -> None:
    addresses = (listening, refusing, refusing, "no-such-name.invalid:80")
    assert asyncio.run(find_dead(addresses)) == {refusing}


def test_nothing_is_sent() -> None:
    async def count() -> bytes:
        received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            received.set_result(await reader.read())
            writer.close()

        async with listen(serve) as port:
            assert await find_dead([f"127.0.0.1:{port}"]) == frozenset()
            return await asyncio.wait_for(received, 10)

    assert asyncio.run(count()) == b""


def test_only_so_many_are_asked(listening: str, refusing: str) -> None:
    port = int(refusing.rpartition(":")[2])
    many = [f"127.0.{n // 250}.{n % 250 + 1}:{port}" for n in range(ASKED_MAX)]
    assert refusing not in asyncio.run(find_dead([*many[1:], listening, refusing]))
