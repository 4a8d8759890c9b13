"""A real mail server and a real webhook, on this machine."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from edge.upstream import free_port
from fakes.loop import abort_connections

PASSWORD = "correct horse"


@dataclass
class Mailbox:
    """What was mailed; `answers` are given before any is taken."""

    answers: list[str] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    peers: set[Any] = field(default_factory=set)
    """Connections that brought some."""
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.envelopes.append(envelope)
        self.peers.add(session.peer)
        return "250 OK"


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False)


@contextmanager
def receive_mail(tls: ssl.SSLContext | None = None, port: int | None = None) -> Iterator[Mailbox]:
    """A mail server; with `tls` it wants STARTTLS and a password."""
    mailbox = Mailbox(port=port or free_port())
    more: dict[str, Any] = {}
    if tls:
        more = {"tls_context": tls, "require_starttls": True, "authenticator": _authenticate, "auth_required": True}
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, **more)
    controller.start()
    try:
        yield mailbox
    finally:
        asyncio.run_coroutine_threadsafe(abort_connections(), controller.loop).result(60)
        controller.stop()


@dataclass
class Hook:
    """What was posted, and how it is answered: with 200, unless another status is next."""

    statuses: list[int] = field(default_factory=list)
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0


@contextmanager
def receive_posts(
    tls: ssl.SSLContext | None = None,
    refuse: Callable[[dict[str, str]], bool] = lambda _headers: False,
    answer: Callable[[bytes], bytes] = lambda _body: b"",
) -> Iterator[Hook]:
    """A webhook's server; it answers 503 to what has headers that it is to refuse, and says `answer` of the body."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {key.lower(): value for key, value in self.headers.items()}
            hook.posted.append((self.path, headers, body))
            status = 503 if refuse(headers) else hook.statuses.pop(0) if hook.statuses else 200
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", f"http://127.0.0.1:{hook.port}/elsewhere")
            with suppress(ConnectionError):  # whoever asked may have been killed
                self.end_headers()
                self.wfile.write(answer(body))

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
