import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from fakes.listening import listen
from holdfast.incidents.downtime.intake import Dead
from holdfast.runtime.incidents.accounting import doors as accounting_doors
from holdfast.runtime.incidents.accounting.doors import SILENT_S, Door, Doors, ask_door, list_doors
from runtime.incidents.accounting_scenes import in_loop

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
FOREVER = float("inf")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounting_doors, "ANSWER_S", 0.2)


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 421 Misdirected Request\r\n\r\n")
    writer.close()


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def ask_one(serve: Serve) -> Door:
    async with listen(serve) as port:
        return await ask_door(f"127.0.0.1:{port}")


@pytest.mark.usefixtures("impatient")
@in_loop
async def test_a_door_where_nothing_is_said_is_mute() -> None:
    assert await ask_one(say_nothing) is Door.MUTE


@in_loop
async def test_doors_are_open_mute_or_shut() -> None:
    assert await ask_one(answer) is Door.OPEN
    assert await ask_one(hang_up) is Door.MUTE
    assert await ask_door(f"127.0.0.1:{find_free_port()}") is Door.SHUT


@in_loop
async def test_an_edge_that_reports_isnt_asked_and_one_that_is_silent_and_shut_is_dead_since_its_last_report() -> None:
    doors, nobody = Doors(), {"e1": f"127.0.0.1:{find_free_port()}"}
    doors.hear("e1", 99.0, 100.0)
    await doors.ask_silent(nobody, 100.0 + SILENT_S - 0.1)
    assert doors.list_dead() == ()
    await doors.ask_silent(nobody, 100.0 + SILENT_S)
    assert doors.list_dead() == (Dead("e1", 100.0, FOREVER),)
    doors.hear("e1", 130.0, 131.0)
    assert doors.list_dead() == (Dead("e1", 100.0, 130.0),)
    doors.forget(140.0)
    assert doors.list_dead() == ()


@in_loop
async def test_an_edge_whose_agent_alone_is_gone_is_not_dead() -> None:
    doors = Doors()
    doors.hear("e1", 99.0, 100.0)
    async with listen(answer) as port:
        await doors.ask_silent({"e1": f"127.0.0.1:{port}"}, 110.0)
    assert doors.list_dead() == ()


@pytest.mark.usefixtures("impatient")
@in_loop
async def test_a_mute_edge_is_dead_only_if_it_was_ever_heard() -> None:
    async with listen(say_nothing) as port:
        for heard, dead in ((False, ()), (True, (Dead("e1", 100.0, FOREVER),))):
            doors = Doors()
            await doors.ask_silent({"e1": f"127.0.0.1:{port}"}, 100.0)
            if heard:
                doors.hear("e1", 99.0, 100.0)
            await doors.ask_silent({"e1": f"127.0.0.1:{port}"}, 110.0)
            assert doors.list_dead() == dead


@in_loop
async def test_edges_that_are_gone_from_the_platform_are_forgotten() -> None:
    doors = Doors()
    doors.hear("e1", 99.0, 100.0)
    await doors.ask_silent({"e1": f"127.0.0.1:{find_free_port()}"}, 110.0)
    await doors.ask_silent({}, 111.0)
    assert doors.list_dead() == ()


def test_who_listens_everywhere_is_asked_here() -> None:
    listens = [("a", "0.0.0.0:80"), ("b", "[::]:81"), ("c", "10.0.0.1:82"), ("d", "edge.example:83")]
    assert list_doors(listens) == {"a": "127.0.0.1:80", "b": "[::1]:81", "c": "10.0.0.1:82", "d": "edge.example:83"}
