"""A server in a test's own loop, gone with all its connections when its block ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from fakes.loop import take_turns

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listen(handle: Handle) -> AsyncIterator[int]:
    """The port that it listens on; every connection is given to `handle`.

    A connection that is open when its loop ends is warned of when it is collected, which whatever test runs then is
    blamed for.
    """
    handling: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handling[asyncio.current_task()] = writer
        await handle(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await take_turns(4)  # who was just accepted is a connection only some turns later
        for task, writer in handling.items():
            if task:
                task.cancel()
            writer.transport.abort()
        for writer in handling.values():
            with suppress(OSError):
                await writer.wait_closed()
