"""The spooler's side of what it says to control, over a private socket."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from holdfast.model.spool import Backlog, SpoolStore
from holdfast.spool.switching import Switch
from holdfast.spooler.answering import Answering
from holdfast.spooler.delivery import Delivery
from holdfast.spooler.private_socket import bind_private
from holdfast.spooler.protocol import FROM_CONTROL, LINE_BYTES_MAX, Ask, Configure, Positions, Stand, write_line
from holdfast.spooler.settings import SpoolSettings
from holdfast.spooler.switches import Switches
from holdfast.views.spool import SpoolDocument, SpooledServiceDocument

LOG: Final = logging.getLogger(__name__)
TELL_S: Final = 0.5
"""How often it is told how the spooler stands, at least."""


class Conversation:
    """Serves control on a socket. The latest that connects is control; what came before it is closed."""

    def __init__(
        self,
        store: SpoolStore,
        delivery: Delivery,
        switches: Switches,
        answering: Answering,
        configure: Callable[[SpoolSettings], None],
    ) -> None:
        self._store = store
        self._delivery = delivery
        self._switches = switches
        self._answering = answering
        self._configure = configure
        self._changed = asyncio.Event()
        self._current: asyncio.StreamWriter | None = None
        switches.on_change = self._changed.set

    async def run(self, path: Path) -> None:
        """Serve until cancelled; OSError if the socket can't be had."""
        with bind_private(path) as bound:
            server = await asyncio.start_unix_server(self._serve, sock=bound, limit=LINE_BYTES_MAX)
            async with server:
                await self._tell_always()

    async def show(self) -> SpoolDocument:
        """How the spooler stands."""
        figures = await self._store.figures()
        backlogs = {backlog.service: backlog for backlog in figures.backlogs}
        switches = self._switches.all
        names = sorted({*backlogs, *(name for name, switch in switches.items() if switch.turn)})
        services = tuple(self._show_service(name, backlogs.get(name), switches.get(name, Switch())) for name in names)
        return SpoolDocument(
            running=True, services=services, disk_bytes=figures.disk_bytes, free_bytes=figures.free_bytes
        )

    def _show_service(self, name: str, backlog: Backlog | None, switch: Switch) -> SpooledServiceDocument:
        lane = self._delivery.lanes.get(name)
        configured = self._answering.settings.services.get(name)
        return SpooledServiceDocument(
            service=name,
            tenant=backlog.tenant if backlog else configured.tenant if configured else "",
            phase=switch.phase,
            turn=switch.turn,
            wants_open=switch.wants_open,
            pinned=switch.pinned,
            waiting=backlog.waiting if backlog else 0,
            waiting_bytes=backlog.waiting_bytes if backlog else 0,
            ordered=backlog.ordered if backlog else 0,
            delivering=lane.in_flight if lane else 0,
            dead=backlog.dead if backlog else 0,
            dead_bytes=backlog.dead_bytes if backlog else 0,
            oldest_at=backlog.oldest_at if backlog else None,
            delivered=lane.delivered if lane else 0,
            failing=bool(lane and lane.ramp.failures),
            held_up=bool(lane and lane.held_up),
            at_once=lane.ramp.slots if lane else 0,
        )

    async def _tell_always(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TELL_S):
                    await self._changed.wait()
            self._changed.clear()
            if self._current is not None:
                line = write_line(Stand(spool=await self.show()))
                await self._say(self._current, line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        before, self._current = self._current, writer
        if before is not None:
            before.close()
        self._switches.forget_positions()
        self._changed.set()
        try:
            await self._listen(reader, writer)
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            LOG.warning("control is no longer understood, so it is hung up on: %s", error)
        finally:
            if self._current is writer:
                self._current = None
                self._switches.forget_positions()
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asking = set[asyncio.Task[None]]()
        while line := await reader.readline():
            try:
                said = FROM_CONTROL.validate_json(line)
            except ValidationError as error:
                raise ValueError(f"{error.error_count()} mistakes in a line") from error
            match said:
                case Configure(settings=settings):
                    self._configure(settings)
                case Positions(services=services):
                    for name, stand in services.items():
                        self._switches.take_position(name, stand.position, stand.turn, pinned=stand.pinned)
                case Ask():
                    task = asyncio.create_task(self._answer(writer, said))
                    asking.add(task)
                    task.add_done_callback(asking.discard)

    async def _answer(self, writer: asyncio.StreamWriter, asked: Ask) -> None:
        await self._say(writer, write_line(await self._answering.answer(asked)))

    async def _say(self, writer: asyncio.StreamWriter | None, line: bytes) -> None:
        """Say something, to whoever may have gone away meanwhile."""
        if writer is None or writer.is_closing():
            return
        try:
            writer.write(line)
            await writer.drain()
        except (OSError, RuntimeError) as error:  # uvloop's word for a connection that was closed just now
            LOG.info("control went away: %s", error)
