"""The console served on a loopback port, over a platform that isn't there."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from socket import socket

import uvicorn
from starlette.applications import Starlette

from fakes.incident_pages import FakeDesk, FakePromises, FakeWork
from fakes.live import FakeLive
from fakes.live_commands import FakeOperations, FakeTokens
from holdfast.adapters.api.server import bind_port
from holdfast.adapters.console.app import close_console, make_console, mount_console
from holdfast.adapters.console.incident_port import IncidentDesk


@dataclass(frozen=True)
class ServedConsole:
    """A console at `url`, and what it shows."""

    url: str
    live: FakeLive
    operations: FakeOperations
    tokens: FakeTokens
    app: Starlette
    loop: asyncio.AbstractEventLoop

    def close_streams(self) -> None:
        """End every page's stream, as control does when it stops."""
        self.loop.call_soon_threadsafe(close_console, self.app.state.inner)


def mount_fake(live: FakeLive, operations: FakeOperations, tokens: FakeTokens, tick_s: float = 0.1) -> Starlette:
    """The console below /console, as control serves it."""
    app = Starlette()
    incidents = FakeDesk(live)
    desk = IncidentDesk(incidents, FakePromises(live), FakeWork(live), incidents)
    console = make_console(live, operations, live.messages, desk, tokens, live.clock, tick_s)
    mount_console(app, console)
    app.state.inner = console
    return app


@contextmanager
def serve_console(live: FakeLive, tick_s: float = 0.25) -> Iterator[ServedConsole]:
    """A server in a thread, until its orderly end."""
    operations, tokens = FakeOperations(live), FakeTokens()
    app = mount_fake(live, operations, tokens, tick_s)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
    started: Future[asyncio.AbstractEventLoop] = Future()

    async def run(listener: socket) -> None:
        started.set_result(asyncio.get_running_loop())
        await server.serve(sockets=[listener])

    with bind_port("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=asyncio.run, args=(run(listener),))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/console"
        served = ServedConsole(url, live, operations, tokens, app, started.result(60))
        try:
            yield served
        finally:
            served.close_streams()
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive()
