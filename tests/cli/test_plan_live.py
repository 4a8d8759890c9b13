"""What real edges recorded is what a plan tries, and an `apply` waits for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from fakes.process import Installation, until
from fakes.running import short_directory
from holdfast.cli.exit_codes import ExitCode

ROUTES = (
    "{name: files, match: {path: {prefix: /files}}, rewrite: {prefix: /inner, host: inner.example}}",
    '{name: orders, match: {path: {regex: "/orders/[1-9][0-9]*"}}}',
)


class Answerer(BaseHTTPRequestHandler):
    """An upstream that has everything."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called there
        pass


@pytest.fixture
def upstream() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answerer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def installation() -> Iterator[Installation]:
    with short_directory() as directory:
        yield Installation(directory / "state")


@contextmanager
def speak_to(installation: Installation) -> Iterator[httpx.Client]:
    secret = installation.state.admin_token.read_text().strip()
    transport = httpx.HTTPTransport(uds=str(installation.state.socket))
    headers = {"authorization": f"Bearer {secret}"}
    with httpx.Client(base_url="http://control", transport=transport, headers=headers, timeout=60) as client:
        yield client


def write_routes(installation: Installation, upstream: str, *routes: str) -> None:
    service = f'hosts: [shop.example], upstream: {{endpoints: ["{upstream}"]}}, routes: [{", ".join(routes)}]'
    installation.file.write_text(
        "holdfast: 1\nname: small\nclients: {trusted_proxies: []}\nlocations:\n"
        f'  here: {{edges: [{{name: edge-1, listen: "127.0.0.1:{installation.port}"}}], '
        f"capacity: {{in_flight: 100, requests: 1000/s}}}}\ntenants: {{t: {{services: {{shop: {{{service}}}}}}}}}\n"
    )


def test_requests_that_edges_saw_hold_up_a_change_that_would_lose_them(
    installation: Installation, upstream: str
) -> None:
    write_routes(installation, upstream, *ROUTES)
    with installation.up(str(installation.file)) as up, speak_to(installation) as control:
        write_routes(installation, upstream, ROUTES[1])

        def plan() -> dict[str, Any]:
            answer = control.post("/v1/plan", json={"text": installation.file.read_text()})
            found: dict[str, Any] = answer.raise_for_status().json()
            return found

        def ask() -> bool:
            for path in ("/files/a.png?key=secret", "/orders/12345678"):
                headers = {"host": "shop.example", "cookie": "session=secret", "authorization": "Bearer secret"}
                httpx.get(f"http://127.0.0.1:{installation.port}{path}", headers=headers).raise_for_status()
            return bool(plan()["asked"] == 2)

        until(ask, "both requests are recorded")
        found = plan()
        assert "secret" not in json.dumps(found)
        (difference,) = found["differences"]
        assert difference["loses"]
        assert difference["request"]["host"] == "shop.example"
        assert difference["request"]["path"] == "/files/a.png?key=x"
        assert "requests-lost" in installation.run("apply", str(installation.file), code=ExitCode.UNCONFIRMED)
        assert control.get("/v1/status").json()["in_force"]["number"] == 1
        up.stop()
