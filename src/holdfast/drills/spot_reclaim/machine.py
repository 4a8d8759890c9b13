"""One machine: a small HTTP server of files and of an API, a process that may be killed at any moment.

    python -m holdfast.drills.spot_reclaim.machine ADDRESS PORT ANSWER_MS

It says `{"port": PORT}` when it listens, and ends when its standard input is closed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from functools import cache

from holdfast.drills.spot_reclaim.contents import API_PATH, ASSETS_PREFIX, hash_content, make_content

HEAD_BYTES_MAX = 16_384
STATS_PATH = "/__stats"
HEALTH_PATH = "/healthz"


class Served:
    """What was asked of this machine, checks of its health left out."""

    def __init__(self) -> None:
        self.requests = 0
        self.in_flight = 0


class Connection(asyncio.Protocol):
    """Answers the requests of one connection, one after the other."""

    def __init__(self, served: Served, answer_s: float) -> None:
        self._served = served
        self._answer_s = answer_s
        self._read = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connects."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP only
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request whose head is complete; bodies aren't expected."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            method, path = self._read[:end].split(b" ", 2)[:2]
            del self._read[: end + 4]
            self._answer(method.decode(), path.decode())
        if len(self._read) > HEAD_BYTES_MAX and self._transport is not None:
            self._transport.close()

    def _answer(self, method: str, path: str) -> None:
        if path == HEALTH_PATH:
            self._write(_render("200 OK", "text/plain", b"ok"))
        elif path == STATS_PATH:
            told = {"requests": self._served.requests, "in_flight": self._served.in_flight}
            self._write(_render("200 OK", "application/json", json.dumps(told).encode()))
        else:
            self._served.requests += 1
            self._served.in_flight += 1
            asyncio.get_running_loop().call_later(self._answer_s, self._finish, method, path)

    def _finish(self, method: str, path: str) -> None:
        self._served.in_flight -= 1
        answer = _serve(path.partition("?")[0])
        self._write(answer if method != "HEAD" else answer[: answer.index(b"\r\n\r\n") + 4])

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


@cache
def _serve(path: str) -> bytes:
    if path == API_PATH:
        return _render("200 OK", "application/json", b'{"items":[1,2,3]}', "Cache-Control: no-store")
    if path.startswith(ASSETS_PREFIX):
        tag = f'ETag: "{hash_content(path)[:16]}"'
        kept = "Cache-Control: public, max-age=60"
        return _render("200 OK", "application/octet-stream", make_content(path), kept, tag)
    return _render("404 Not Found", "text/plain", b"nothing here")


def _render(status: str, kind: str, body: bytes, *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


async def serve(address: str, port: int, answer_s: float) -> None:
    """Serve until standard input is closed."""
    loop, served, ended = asyncio.get_running_loop(), Served(), asyncio.Event()
    server = await loop.create_server(lambda: Connection(served, answer_s), address, port, backlog=512)
    bound = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"port": bound}) + "\n")
    sys.stdout.flush()
    loop.add_reader(sys.stdin.fileno(), lambda: None if os.read(sys.stdin.fileno(), 4096) else ended.set())
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]) / 1e3))
