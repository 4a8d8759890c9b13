"""The parts of a spooler together."""

import asyncio
import logging
import socket
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Final

from holdfast.adapters.spool import SqlSpool
from holdfast.model.spool import SpoolFigures, SpoolUnavailable
from holdfast.spooler.answering import Answering
from holdfast.spooler.conversation import Conversation
from holdfast.spooler.delivery import Delivery
from holdfast.spooler.downtime import Heartbeat
from holdfast.spooler.front_process import FrontProcess
from holdfast.spooler.keeping import Keeping
from holdfast.spooler.private_socket import bind_private
from holdfast.spooler.settings import (
    ACCEPT_BACKLOG,
    SpoolSettings,
    accept_socket,
    control_socket,
    open_services_file,
    store_file,
)
from holdfast.spooler.switches import OpenServices, Switches

_log = logging.getLogger("holdfast.spooler")
TIDY_S: Final = 60.0
BEAT_S: Final = 1.0


class Spooler:
    """A running spooler: its store, its switches, its delivery and its front, and the settings that they share."""

    def __init__(self, folder: Path, settings: SpoolSettings, store: SqlSpool, listening: socket.socket) -> None:
        self.folder = folder
        self.settings = settings
        self.store = store
        self.switches = Switches(store, OpenServices(open_services_file(folder)))
        self.delivery = Delivery(store, self.switches)
        self.delivery.configure(settings)
        self.answering = Answering(store, folder)
        self.heartbeat = Heartbeat(folder / "heartbeat")
        self.answering.settings = settings
        keeping = Keeping(store, self.switches, settings.hold_max_s)
        self.front = FrontProcess(listening, keeping, settings)

    def take_settings(self, settings: SpoolSettings) -> None:
        """Hold to other settings from now on, and after a restart. OSError if they can't be written down."""
        settings.save(self.folder)
        self.settings = settings
        self.store.set_bounds(settings.bounds, settings.disk_free_min)
        self.front.take_settings(settings)
        self.answering.settings = settings
        self.delivery.configure(settings)

    async def run(self) -> None:
        """Accept and deliver until cancelled."""
        figures = await self.store.figures()
        self.switches.resume({backlog.service: backlog for backlog in figures.backlogs})
        await self._give_back_downtime(figures)
        _log.info("%d messages wait", sum(backlog.waiting for backlog in figures.backlogs))
        conversation = Conversation(self.store, self.delivery, self.switches, self.answering, self.take_settings)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.front.run())
            tasks.create_task(self.delivery.run())
            tasks.create_task(conversation.run(control_socket(self.folder)))
            tasks.create_task(self._tidy())
            tasks.create_task(self._beat())

    async def _give_back_downtime(self, figures: SpoolFigures) -> None:
        """What waited while nobody was here to deliver it isn't any older for that."""
        gap_s = self.heartbeat.read_gap_s()
        for backlog in figures.backlogs:
            if gap_s and backlog.waiting:
                with suppress(SpoolUnavailable):
                    await self.store.postpone_expiry(backlog.service, gap_s)
        self.heartbeat.beat()

    async def _beat(self) -> None:
        while True:
            self.heartbeat.beat()
            await asyncio.sleep(BEAT_S)

    async def _tidy(self) -> None:
        """Forget receipts that are older than they are kept, as soon as there is a disk to forget them on."""
        while True:
            with suppress(SpoolUnavailable):
                await self.store.forget(time() - self.settings.receipts_kept_s)
            await asyncio.sleep(TIDY_S)


async def run_spooler(folder: Path) -> None:
    """Run until cancelled. SpoolCorrupt or SpoolUnavailable if its store can't be opened."""
    settings = SpoolSettings.load(folder)
    store = SqlSpool(store_file(folder), settings.bounds, settings.disk_free_min)
    try:
        with bind_private(accept_socket(folder)) as listening:
            listening.listen(ACCEPT_BACKLOG)
            await Spooler(folder, settings, store, listening).run()
    finally:
        accept_socket(folder).unlink(missing_ok=True)
        await store.close()
