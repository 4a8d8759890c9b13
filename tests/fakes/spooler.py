"""The spooler's front on a real socket, over a real store, and a client that says what it wants byte by byte."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socketpair
from typing import Any

from fakes.spool import open_spool
from holdfast.adapters.spool import SqlSpool
from holdfast.model.recovery import Deferral
from holdfast.spooler.front.acceptance import Acceptance
from holdfast.spooler.front.http import Front
from holdfast.spooler.front.keeper import RemoteKeeper
from holdfast.spooler.front.serving import serve_front
from holdfast.spooler.front_process import FrontLink
from holdfast.spooler.keeping import Keeping
from holdfast.spooler.link import TO_FRONT, Configure, Done, Link, Offer, Question, Told, Word
from holdfast.spooler.private_socket import bind_private
from holdfast.spooler.settings import SpooledService, SpoolSettings, accept_socket

DEADLINE_S = 60.0
SERVICES = {
    "mail": SpooledService(
        tenant="shop",
        routes={"send": Deferral(body_max=10_000), "ordered": Deferral(order_by="X-Account", priority=2)},
    ),
    "cart": SpooledService(tenant="other", routes={"add": Deferral()}),
}


class StubSwitch:
    """Holds back whatever has an order until it is opened."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.opened.set()
        self.held: list[str] = []

    def hold(self, service: str, message_id: str, *, ordered: bool) -> Awaitable[None] | None:  # noqa: ARG002
        if not ordered or self.opened.is_set():
            return None
        self.held.append(message_id)
        return self._wait()

    async def _wait(self) -> None:
        await self.opened.wait()


@dataclass
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class Client:
    """One connection. `ask` sends a request as it stands and reads one answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, raw: bytes) -> None:
        self._writer.write(raw)
        await self._writer.drain()

    async def read(self) -> Answered:
        async with asyncio.timeout(DEADLINE_S):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
            status, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await self._reader.readexactly(int(headers.get("content-length", 0)))
            return Answered(int(status.split()[1]), headers, body)

    async def ask(self, raw: bytes) -> Answered:
        await self.send(raw)
        return await self.read()

    async def is_closed(self) -> bool:
        """Wait for the end of the connection."""
        async with asyncio.timeout(DEADLINE_S):
            try:
                return await self._reader.read() == b""
            except ConnectionError:
                return True

    def close(self) -> None:
        self._writer.close()


@dataclass
class FrontAtWork:
    folder: Path
    front: Front
    store: SqlSpool
    switch: StubSwitch

    async def connect(self) -> Client:
        return Client(*await asyncio.open_unix_connection(accept_socket(self.folder)))


@asynccontextmanager
async def run_front(folder: Path, **settings: Any) -> AsyncIterator[FrontAtWork]:
    declared = SpoolSettings(services=SERVICES, **settings)
    async with open_spool(folder, declared.bounds) as store:
        switch = StubSwitch()
        async with link_keeper(Keeping(store, switch, declared.hold_max_s)) as keeper:
            front = Front(Acceptance(declared, keeper))
            with bind_private(accept_socket(folder)) as listening:
                async with serve_front(front, listening):
                    yield FrontAtWork(folder, front, store, switch)


@asynccontextmanager
async def link_keeper(keeping: Keeping, frames_max: int = 1) -> AsyncIterator[RemoteKeeper]:
    """What a front asks, with the real link between, though both ends are in this process."""

    def hear(frame: Sequence[Word | Told | Configure | Done]) -> None:
        for heard in frame:
            if not isinstance(heard, Configure | Done):
                keeper.take(heard)

    near, far = socketpair()
    link = Link[Offer | Question, Word | Told | Configure | Done](TO_FRONT, hear, frames_max=frames_max)
    keeper = RemoteKeeper(link.say)
    other = FrontLink(keeping)
    await other.connect(far)
    await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=near)
    try:
        yield keeper
    finally:
        other.close()
        await asyncio.wait({link.gone, other.gone})


def post(
    body: bytes = b"hello", service: str = "mail", route: str = "send", path: str = "/x?y", **headers: str
) -> bytes:
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = (
        f"POST {path} HTTP/1.1\r\nhost: mail.example\r\nx-holdfast-service: {service}\r\nx-holdfast-route: {route}\r\n"
    )
    return f"{head}{named}content-length: {len(body)}\r\n\r\n".encode() + body


def get(path: str, service: str = "mail", method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nhost: mail.example\r\nx-holdfast-service: {service}\r\n\r\n".encode()
