"""Whoever is paged, on loopback: a webhook and a mail server that write down everything that arrives."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from fakes.listening import listen
from fakes.loop import abort_connections
from fakes.process import free_port
from holdfast.drills.stage.pagers import Arrival, Pagers


@dataclass(frozen=True)
class Mail:
    """A mail that was taken at a Unix time, in seconds."""

    to: str
    text: str
    message_id: str
    at: float


@dataclass
class Receivers:
    """Everything that arrived."""

    pagers: Pagers
    gone: str
    """A webhook that is no more: it answers 404."""
    smtp_url: str
    mails: list[Mail] = field(default_factory=list)

    def taken(self, pager: str) -> list[Arrival]:
        return [each for each in self.pagers.list_arrivals() if each.taken and each.pager == pager]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes)
        text = content.decode()
        found = next(line for line in text.splitlines() if line.lower().startswith("message-id:"))
        self.mails.append(Mail(envelope.rcpt_tos[0], text, found.partition(":")[2].strip(" <>"), time.time()))
        return "250 taken"


def name_mail(key: str) -> str:
    """The Message-ID, before its @, of the mail that is a letter with this key."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


@asynccontextmanager
async def receive() -> AsyncIterator[Receivers]:
    """Receivers for as long as the block lasts."""
    port = free_port()
    with Pagers() as pagers:
        async with listen(_refuse) as gone:
            smtp_url = f"smtp://127.0.0.1:{port}/?from=holdfast@example.com&tls=off"
            receivers = Receivers(pagers, f"http://127.0.0.1:{gone}/", smtp_url)
            server = Controller(receivers, hostname="127.0.0.1", port=port)
            server.start()
            try:
                yield receivers
            finally:
                asyncio.run_coroutine_threadsafe(abort_connections(), server.loop).result(60)
                server.stop()


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
    writer.close()
