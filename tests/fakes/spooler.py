"""The spooler's front on a real socket, over a real store, and a client that says what it wants byte by byte."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.spool import open_spool
from holdfast.adapters.spool import SqlSpool
from holdfast.model.recovery import Deferral
from holdfast.spooler.acceptance import Acceptance
from holdfast.spooler.front import Front
from holdfast.spooler.serving import serve_front
from holdfast.spooler.settings import SpooledService, SpoolSettings, accept_socket

DEADLINE_S = 20.0
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
    acceptance: Acceptance
    store: SqlSpool
    switch: StubSwitch

    async def connect(self) -> Client:
        return Client(*await asyncio.open_unix_connection(accept_socket(self.folder)))


@asynccontextmanager
async def run_front(folder: Path, **settings: Any) -> AsyncIterator[FrontAtWork]:
    declared = SpoolSettings(services=SERVICES, **settings)
    async with open_spool(folder, declared.bounds) as store:
        switch = StubSwitch()
        acceptance = Acceptance(declared, store, switch)
        front = Front(acceptance, declared.receiving_max, declared.connections_max)
        async with serve_front(front, accept_socket(folder)):
            yield FrontAtWork(folder, front, acceptance, store, switch)


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
