"""The socket that edges speak to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from holdfast.spooler.front.http import Front
from holdfast.spooler.settings import ACCEPT_BACKLOG

FINISH_S: Final = 5.0


@asynccontextmanager
async def serve_front(front: Front, listening: socket.socket) -> AsyncIterator[None]:
    """Take connections on a socket; at the end, answer what was asked before."""
    loop = asyncio.get_running_loop()
    create = loop.create_unix_server if listening.family == socket.AF_UNIX else loop.create_server
    server = await create(front.connect, sock=listening, backlog=ACCEPT_BACKLOG)
    sweeping = asyncio.ensure_future(front.sweep())
    try:
        yield
    finally:
        sweeping.cancel()
        server.close()
        await front.finish(FINISH_S)
        await server.wait_closed()
