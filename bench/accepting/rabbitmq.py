"""A RabbitMQ node with one quorum queue, and the leanest publisher to it that still waits for its confirms.

The publisher speaks AMQP 0-9-1 itself: a client library's own cost would be counted against the server.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import struct
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bench.accepting.publisher import NotPublished
from bench.proxies import find_free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READY_S_MAX = 60.0
QUEUE = b"spool"
_METHOD, _HEADER, _BODY, _END = 1, 2, 3, b"\xce"
_ACK, _NACK = (60, 80), (60, 120)
_PERSISTENT = struct.pack(">HB", 0x1000, 2)
_TABLE_QUORUM = b"\x0cx-queue-typeS" + struct.pack(">I", 6) + b"quorum"


def find_rabbit() -> Path | None:
    """The script that starts a node, without the wrapper of the distribution, which wants its own user."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    return found[-1] if found and shutil.which("epmd") else None


def read_rabbit_version() -> str:
    """Its version, or that there is none."""
    path = find_rabbit()
    return path.parent.parent.name.removeprefix("rabbitmq_server-") if path else "not installed"


@asynccontextmanager
async def run_rabbit(folder: Path) -> AsyncIterator[int]:
    """A node of its own for as long as the block lasts; yields its port. Nothing listens beyond this machine."""
    script, port, distribution, names = find_rabbit(), find_free_port(), find_free_port(), find_free_port()
    if script is None:
        raise FileNotFoundError("rabbitmq-server")
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.local = 127.0.0.1:{port}\nvm_memory_high_watermark.absolute = 2GB\n"
    )
    (folder / "plugins").write_text("[].\n")
    environment = os.environ | {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"bench{port}@localhost",
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    with (folder / "output").open("wb") as log:
        epmd = await asyncio.create_subprocess_exec("epmd", "-port", str(names), "-address", "127.0.0.1")
        node = await asyncio.create_subprocess_exec(
            str(script), env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield port
        finally:
            await _stop(node)
            epmd.kill()
            await epmd.wait()


async def _stop(node: asyncio.subprocess.Process) -> None:
    """The script may be between us and the virtual machine, so its whole session is told."""
    with suppress(ProcessLookupError):
        os.killpg(node.pid, 15)
    with suppress(TimeoutError):
        async with asyncio.timeout(20):
            await node.wait()
    with suppress(ProcessLookupError):
        os.killpg(node.pid, 9)


class RabbitPublisher(asyncio.Protocol):
    """One connection with one channel in confirm mode."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._methods: asyncio.Queue[bytes] = asyncio.Queue()
        self._confirmed = 0
        self._published = 0
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, port: int) -> RabbitPublisher:
        """Connect as soon as the node takes it, and have the queue made."""
        async with asyncio.timeout(READY_S_MAX):
            while True:
                with suppress(ConnectionError, NotPublished):
                    _, publisher = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
                    await publisher.open()
                    return publisher
                await asyncio.sleep(0.1)

    def publish(self, payload: bytes) -> asyncio.Future[None]:
        self._published += 1
        future = self._waiting[self._published] = asyncio.get_running_loop().create_future()
        header = struct.pack(">HHQ", 60, 0, len(payload)) + _PERSISTENT
        publish = struct.pack(">HHHB", 60, 40, 0, 0) + _short(QUEUE) + b"\0"
        self._write(_frame(_METHOD, 1, publish) + _frame(_HEADER, 1, header) + _frame(_BODY, 1, payload))
        return future

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._transport = None
        self._methods.put_nowait(b"")
        for future in self._waiting.values():
            future.set_exception(NotPublished("the connection is lost"))

    def data_received(self, data: bytes) -> None:
        buffer, at = self._buffer + data, 0
        while len(buffer) >= at + 7:
            kind, _, size = struct.unpack_from(">BHI", buffer, at)
            if len(buffer) < at + size + 8:
                break
            if kind == _METHOD:
                self._take(buffer[at + 7 : at + 7 + size])
            at += size + 8
        self._buffer = buffer[at:]

    def _take(self, method: bytes) -> None:
        which = struct.unpack_from(">HH", method)
        if which not in {_ACK, _NACK}:
            self._methods.put_nowait(method)
            return
        tag, flags = struct.unpack_from(">QB", method, 4)
        tags = range(self._confirmed + 1, tag + 1) if flags & 1 else (tag,)
        for number in tags:
            self._confirm(number, taken=which == _ACK)
        if flags & 1:
            self._confirmed = tag

    def _confirm(self, number: int, *, taken: bool) -> None:
        future = self._waiting.pop(number, None)
        if future is None or future.done():
            return
        if taken:
            future.set_result(None)
        else:
            future.set_exception(NotPublished("the node refused it"))

    async def open(self) -> None:
        self._write(b"AMQP\0\0\x09\x01")
        await self._expect(10, 10)
        start = struct.pack(">HHI", 10, 11, 0) + _short(b"PLAIN") + _long(b"\0guest\0guest") + _short(b"en_US")
        self._write(_frame(_METHOD, 0, start))
        await self._expect(10, 30)
        self._write(_frame(_METHOD, 0, struct.pack(">HHHIH", 10, 31, 2047, 131_072, 0)))
        self._write(_frame(_METHOD, 0, struct.pack(">HH", 10, 40) + _short(b"/") + b"\0\0"))
        await self._expect(10, 41)
        await self._call(struct.pack(">HH", 20, 10) + b"\0", 20, 11)
        declare = struct.pack(">HHH", 50, 10, 0) + _short(QUEUE) + b"\x02" + _long(_TABLE_QUORUM)
        await self._call(declare, 50, 11)
        await self._call(struct.pack(">HH", 85, 10) + b"\0", 85, 11)

    async def _call(self, method: bytes, *answer: int) -> None:
        self._write(_frame(_METHOD, 1, method))
        await self._expect(*answer)

    async def _expect(self, *answer: int) -> None:
        method = await self._methods.get()
        if len(method) < 4 or struct.unpack_from(">HH", method) != answer:
            raise NotPublished(f"expected {answer}, got {method[:80]!r}")

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            raise NotPublished("there is no connection")
        self._transport.write(data)


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + _END


def _short(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def _long(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text
