"""A small server of assets behind the edge: it says of each what tests want, and validates by ETag."""

from __future__ import annotations

import hashlib
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HELD_S_MAX = 30.0


@dataclass
class Asset:
    """What is answered for one path. `cut` announces more than it sends; `chunked` announces nothing."""

    body: bytes = b"asset"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    chunked: bool = False
    by_encoding: bool = False
    answered: threading.Event | None = None
    """What it waits for before it answers."""

    @property
    def tag(self) -> str:
        """Its ETag."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        asset = self.server.assets.get(self.path.partition("?")[0], Asset(status=404, body=b"no"))
        if asset.answered is not None:
            asset.answered.wait(HELD_S_MAX)
        matches = asset.status == 200 and self.headers.get("if-none-match") == asset.tag
        body = self._body(asset)
        self.send_response(304 if matches else asset.status)
        for name, value in {"ETag": asset.tag, **asset.headers}.items():
            self.send_header(name, value)
        if asset.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif not matches:
            self.send_header("Content-Length", str(len(body) + (100 if asset.cut else 0)))
        self.end_headers()
        if matches or self.command == "HEAD":
            return
        self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if asset.chunked else body)
        self.close_connection = asset.cut

    def do_HEAD(self) -> None:
        self.do_GET()

    def _body(self, asset: Asset) -> bytes:
        return self.headers.get("accept-encoding", "none").encode() if asset.by_encoding else asset.body

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.assets: dict[str, Asset] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.lines: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.lines.add(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is no news."""


class Origin:
    """One endpoint of a service that has assets."""

    def __init__(self) -> None:
        self._server = _Server(0)
        self.port: int = self._server.server_address[1]
        self.address = f"127.0.0.1:{self.port}"
        self._start()

    @property
    def assets(self) -> dict[str, Asset]:
        """What it has, by path."""
        return self._server.assets

    def seen(self, path: str) -> list[dict[str, str]]:
        """The headers of each request for a path."""
        return [headers for target, headers in self._server.seen if target == path]

    def die(self) -> None:
        """Stop listening and hang up on everybody."""
        self._server.shutdown()
        self._server.server_close()
        for line in self._server.lines:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def revive(self) -> None:
        """Listen again, on the same port, with the same assets."""
        before = self._server
        self._server = _Server(self.port)
        self._server.assets, self._server.seen = before.assets, before.seen
        self._start()

    def _start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
