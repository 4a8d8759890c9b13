"""From nothing to a running control, and back."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from socket import socket as Socket  # noqa: N812 - it is a class
from typing import Final

from holdfast import compile as compiler
from holdfast.adapters.api.app import CONSOLE, PUBLIC, make_app
from holdfast.adapters.api.server import ApiServer, bind_port, bind_socket
from holdfast.adapters.api.tokens import TokenStore, ensure_admin
from holdfast.adapters.console.app import close_console, make_console, mount_console
from holdfast.adapters.console.incident_port import IncidentDesk
from holdfast.adapters.endpoints import load_endpoints
from holdfast.adapters.journal.sql_journal import SqlJournal
from holdfast.adapters.notify import Notifier, NotifySettings
from holdfast.adapters.subscribers.pages import make_public_pages
from holdfast.model.ports import Clock
from holdfast.model.revision import RevisionNumber
from holdfast.model.state import State
from holdfast.runtime.assembly import Outside, open_outside
from holdfast.runtime.compiler import Compiler
from holdfast.runtime.control import Control, World
from holdfast.runtime.incidents.tellers import TellSettings
from holdfast.runtime.kept import KeptSnapshots
from holdfast.runtime.operations import Operations
from holdfast.runtime.parts import Parts, Work, make_parts
from holdfast.runtime.reading import PlatformReader
from holdfast.runtime.recovery.assets import stop_store
from holdfast.runtime.state_dir import StateDir

LOG: Final = logging.getLogger(__name__)
REVIVE_S: Final = 1.0
LOOK_S: Final = 1.0
"""Between two looks whether every agent still runs."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where control keeps its state and listens (port 0: any that is free), and what it is made of."""

    state: Path
    host: str
    port: int
    open_outside: Callable[[Path], Outside] = open_outside
    compiler: Compiler = compiler
    clock: Clock = time.time
    notify: NotifySettings = field(default_factory=NotifySettings)
    """How tenants' contacts are told."""
    telling: TellSettings = field(default_factory=TellSettings)
    """Who is told of incidents."""
    watching: bool = True
    """Look at what the edges report, and act on it; without, limits and walls hold all the same."""
    keep_edges: bool = False
    """Leave agents and edges as they are when control stops."""


@dataclass(frozen=True, slots=True)
class Running:
    """A control at work. `ended` returns when any part of it has, which none should by itself."""

    control: Control
    operations: Operations
    address: str
    ended: asyncio.Task[None]


@asynccontextmanager
async def run_control(settings: Settings) -> AsyncIterator[Running]:
    """Start everything, in an order in which whatever can't be had is known before anything is begun; stop it after.

    Raises StateDirInUse, StateDirUnusable, AddressInUse, JournalCorrupt, JournalFromNewerVersion, JournalUnavailable,
    TokensUnreadable, NoEnvoy, RevisionUnreadable, or OSError where a file can't be written.
    """
    places = StateDir(settings.state)
    async with AsyncExitStack() as stack:
        stack.callback(os.close, places.lock())
        port = stack.enter_context(bind_port(settings.host, settings.port))
        socket = stack.enter_context(bind_socket(places.socket))
        journal = SqlJournal(places.journal)
        stack.callback(journal.close)
        tokens = TokenStore(places.tokens, settings.clock)
        ensure_admin(tokens, places.admin_token)
        outside = settings.open_outside(places.path)
        stack.push_async_callback(outside.stop, keep_edges=settings.keep_edges)
        if not settings.keep_edges:
            stack.callback(stop_store, places.assets)
        await outside.start()
        reader = PlatformReader()
        world = World(
            journal,
            outside.fleet,
            outside.canary,
            settings.compiler,
            reader,
            settings.clock,
            KeptSnapshots(places.kept),
            load_endpoints(places.discovered),
        )
        control = Control(world)
        control.resume()
        notifier = Notifier(settings.notify)
        stack.callback(notifier.close)
        parts = make_parts(control, outside, places, notifier, settings.telling, watching=settings.watching)
        stack.callback(parts.close)
        app = make_app(parts.behind, tokens)
        behind = parts.behind
        desk = IncidentDesk(behind.incidents, behind.follow_ups, behind.maintenance, behind.postmortems)
        console = make_console(parts.live, parts.operations, behind.spool, desk, tokens)
        mount_console(app, console, CONSOLE)
        app.mount(PUBLIC, make_public_pages(parts.subscriptions, time.monotonic))
        server = ApiServer(app, [port, socket])
        ended = asyncio.create_task(_run_all(control, server, outside, parts))
        try:
            yield Running(control, parts.operations, _show_address(port), ended)
        finally:
            close_console(console)
            server.stop()
            ended.cancel()
            await asyncio.wait([ended])


async def _run_all(control: Control, server: ApiServer, outside: Outside, parts: Parts) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(control.run())
        group.create_task(server.serve())
        group.create_task(_tend_edges(control, outside))
        for work in parts.work:
            group.create_task(_outlive(work))


async def _outlive(work: Work) -> None:
    """Whatever looks on from beside is begun again when it fails, and never takes control with it."""
    while True:
        try:
            await work()
        except Exception:
            LOG.exception("a part beside control failed, and is begun again")
        await asyncio.sleep(REVIVE_S)


async def _tend_edges(control: Control, outside: Outside) -> None:
    tended = None
    while True:
        in_force, intent = control.state.in_force, control.intent
        if intent is not None:
            tend = outside.revive_agents if in_force == tended else outside.tend_edges
            await _try(tend(intent.platform))
        tended = in_force
        await control.until(partial(_is_other, tended), LOOK_S)


async def _try(tending: Awaitable[None]) -> None:
    """An edge that can't be started is seen to be missing; the others, and the kill switch, go on."""
    try:
        await tending
    except (OSError, ValueError):
        LOG.exception("not every edge can be started")


def _is_other(tended: RevisionNumber | None, state: State) -> bool:
    return state.in_force != tended


def _show_address(port: Socket) -> str:
    host, number = port.getsockname()[:2]
    return f"http://[{host}]:{number}" if ":" in host else f"http://{host}:{number}"
