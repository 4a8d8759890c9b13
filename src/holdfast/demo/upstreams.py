"""Sample upstreams: one small HTTP server that answers as every loopback endpoint of a platform file."""

import asyncio
import html
import socket
from collections.abc import Mapping

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from holdfast.model.platform import Platform

_PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{service}</title><style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui;margin:3rem auto;
max-width:40rem;padding:0 1rem}}td{{padding:.1rem 1rem .1rem 0}}</style>
<h1>{service}</h1><p>A sample upstream on port {port}, reached through an edge of Holdfast.</p>
<table>{rows}</table>"""
_SHOWN = ("host", "x-forwarded-for", "x-request-id", "user-agent")


def loopback_endpoints(platform: Platform) -> Mapping[int, str]:
    """Ports on 127.0.0.1 that the file sends requests to, with the service that they belong to."""
    endpoints = {}
    for tenant in platform.tenants.values():
        for name, service in tenant.services.items():
            for address in (endpoint for _, backend in service.each_backend() for endpoint in backend.addresses):
                host, _, port = address.rpartition(":")
                if host in ("127.0.0.1", "localhost"):
                    endpoints[int(port)] = name
    return endpoints


async def serve_upstreams(endpoints: Mapping[int, str], stopped: asyncio.Event) -> None:
    """Serve every endpoint until `stopped`; OSError if a port can't be had."""
    sockets = [_listen(port) for port in endpoints]
    server = _Server(uvicorn.Config(_make_app(endpoints), log_level="warning", access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=sockets))
    await stopped.wait()
    server.should_exit = True
    await serving


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    def install_signal_handlers(self) -> None:
        """Nothing: the demo has its own."""


def _listen(port: int) -> socket.socket:
    # asyncio only spares a socket the wait for the other side's acknowledgements if TCP is stated: 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def _make_app(endpoints: Mapping[int, str]) -> Starlette:
    async def answer(request: Request) -> Response:
        port = request.scope["server"][1]
        service = endpoints.get(port, "?")
        if request.method not in ("GET", "HEAD"):
            return JSONResponse({"service": service, "received_bytes": len(await request.body())})
        cells = ((name, request.headers.get(name, "")) for name in _SHOWN)
        rows = "".join(f"<tr><td>{html.escape(k)}<td>{html.escape(v)}" for k, v in cells)
        return HTMLResponse(_PAGE.format(service=html.escape(service), port=port, rows=rows))

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok")

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(routes=[Route("/healthz", healthz), Route("/{path:path}", answer, methods=methods)])
