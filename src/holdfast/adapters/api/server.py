"""Serves an app on a loopback port and on a UNIX socket, in the loop that control runs in."""

import contextlib
import socket
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

CONNECTIONS_MAX: Final = 256
"""Open at one time; more are answered 503."""
BACKLOG: Final = 128
STOP_S: Final = 3
"""How long requests under way may take when the server stops."""


class AddressInUse(Exception):
    """Something else listens there."""


class _Server(uvicorn.Server):
    """Leaves the signals to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class ApiServer:
    """An app on sockets that are already bound, so that a port in use is known before anything else is begun."""

    def __init__(self, app: FastAPI, sockets: Sequence[socket.socket]) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            limit_concurrency=CONNECTIONS_MAX,
            timeout_graceful_shutdown=STOP_S,
            server_header=False,
        )
        self._server = _Server(config)
        self._sockets = list(sockets)

    async def serve(self) -> None:
        """Serve until `stop`."""
        await self._server.serve(sockets=self._sockets)

    def stop(self) -> None:
        """Answer what is under way, then have `serve` return."""
        self._server.should_exit = True


def bind_port(host: str, port: int) -> socket.socket:
    """A listening socket; AddressInUse if the address can't be had, port 0 for any that is free."""
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    # asyncio only spares a socket the wait for the other side's acknowledgements if TCP is stated: 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressInUse(f"can't listen on {host}:{port}: {error.strerror}") from error
    return listener


def bind_socket(path: Path) -> socket.socket:
    """A listening UNIX socket of mode 0600 in place of a dead one; whoever calls holds the directory's lock."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(0o600)
    except OSError as error:
        listener.close()
        raise AddressInUse(f"can't listen on {path}: {error}") from error
    listener.listen(BACKLOG)
    return listener
