"""Whoever is paged in a drill: webhooks on a port of their own that note what arrives, or fail as they are told to."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

BODY_BYTES_MAX: Final = 262_144


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came to one pager at a Unix time, in seconds; `key` is the letter's own, the same for every try."""

    pager: str
    at: float
    key: str
    body: dict[str, Any]
    taken: bool
    """Whether it was answered 200; a pager that is dead answers 503."""


class Pagers:
    """All pagers of a drill, as a context manager. `dead` are those that fail for now; a challenge is answered with
    itself, as by a webhook that subscribes.
    """

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self._arrivals: list[Arrival] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def locate(self, pager: str) -> str:
        """The URL of a pager."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{pager}"

    def list_arrivals(self) -> list[Arrival]:
        """All that came so far, in order."""
        return list(self._arrivals)

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _note(self, pager: str, key: str, body: bytes) -> Arrival:
        taken = pager not in self.dead
        try:
            told = json.loads(body)
        except ValueError:
            told = {"raw": body.decode(errors="replace")}
        arrival = Arrival(pager, time.time(), key, told, taken)
        self._arrivals.append(arrival)
        return arrival

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        note = self._note

        class Handler(BaseHTTPRequestHandler):
            """Answers as the pager that its path names."""

            def do_POST(self) -> None:
                size = min(int(self.headers.get("Content-Length") or 0), BODY_BYTES_MAX)
                key = self.headers.get("Idempotency-Key") or ""
                arrival = note(self.path.strip("/"), key, self.rfile.read(size))
                answer = str(arrival.body.get("challenge", "")).encode()
                self.send_response(HTTPStatus.OK if arrival.taken else HTTPStatus.SERVICE_UNAVAILABLE)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
                """Say nothing: what came is noted."""

        return Handler
