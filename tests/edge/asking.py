"""Requests as a client spells them, byte for byte, and what came back."""

from __future__ import annotations

import http.client
import json
import select
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

DEADLINE_S = 30.0
Address = tuple[str, int]
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Reply:
    """One answer. `headers` keeps repeated names apart."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header that must not be repeated; None without it."""
        values = [value for key, value in self.headers if key.lower() == name]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def cause(self) -> str | None:
        """Which rule of the edge gave this answer; None for an upstream's."""
        return self.header("x-holdfast-cause")

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def seen(self) -> dict[str, list[str]]:
        """The headers that the upstream saw, by lower-case name."""
        found: dict[str, list[str]] = {}
        for name, value in self.json["headers"]:
            found.setdefault(name.lower(), []).append(value)
        return found


class Line:
    """One connection of a client, kept for as many requests as wanted."""

    def __init__(self, address: Address, source: str | None = None) -> None:
        self.socket = socket.create_connection(
            address, timeout=DEADLINE_S, source_address=(source, 0) if source else None
        )

    def send(self, raw: bytes) -> Self:
        """Send bytes, and don't wait for an answer."""
        self.socket.sendall(raw)
        return self

    def reply(self, method: str = "GET") -> Reply:
        """Wait for the next answer, to a request of this method."""
        response = http.client.HTTPResponse(self.socket, method=method)
        response.begin()
        return Reply(response.status, tuple(response.getheaders()), response.read())

    def get(self, host: str, target: str = "/") -> Reply:
        """GET on this connection."""
        return self.send(spell("GET", target, host)).reply()

    def is_closed(self) -> bool:
        """Wait until the other side closes; False if it has something to say first."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def receive(self, count: int) -> bytes:
        """Exactly so many bytes."""
        received = b""
        while len(received) < count:
            received += self.socket.recv(count - len(received))
        return received

    def has_answer(self) -> bool:
        """Whether something has come that isn't read yet."""
        return bool(select.select([self.socket], [], [], 0)[0])

    def finish(self) -> None:
        """Say that nothing more will be sent."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def wait_for_end(self) -> bytes:
        """All that comes until the other side closes too."""
        received = b""
        with suppress(ConnectionError):
            while more := self.socket.recv(65_536):
                received += more
        return received

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def spell(method: str, target: str, host: str, *headers: str, body: bytes | None = None) -> bytes:
    """A request's bytes; a body is given its length."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def spell_chunked(method: str, target: str, host: str, *headers: str, chunks: tuple[bytes, ...]) -> bytes:
    """A request whose body's length isn't stated."""
    head = spell(method, target, host, *headers, "Transfer-Encoding: chunked")
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def ask(
    address: Address,
    host: str,
    *headers: str,
    method: str = "GET",
    target: str = "/",
    body: bytes | None = None,
    source: str | None = None,
) -> Reply:
    """One request on a connection of its own, from a local address if one is given."""
    return send(address, spell(method, target, host, *headers, body=body), method=method, source=source)


def send(address: Address, raw: bytes, *, method: str = "GET", source: str | None = None) -> Reply:
    """These bytes on a connection of their own."""
    with Line(address, source) as line:
        return line.send(raw).reply(method)
