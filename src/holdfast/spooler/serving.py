"""The socket that edges speak to."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from holdfast.spooler.front import Front

BACKLOG: Final = 512
FINISH_S: Final = 5.0


@asynccontextmanager
async def serve_front(front: Front, socket: Path) -> AsyncIterator[None]:
    """Take connections on a socket that only its owner may use; at the end, answer what was asked before."""
    _remove(socket)
    before = os.umask(0o177)
    try:
        server = await asyncio.get_running_loop().create_unix_server(front.connect, str(socket), backlog=BACKLOG)
    finally:
        os.umask(before)
    sweeping = asyncio.ensure_future(front.sweep())
    try:
        yield
    finally:
        sweeping.cancel()
        server.close()
        await front.finish(FINISH_S)
        await server.wait_closed()
        _remove(socket)


def _remove(socket: Path) -> None:
    socket.unlink(missing_ok=True)
