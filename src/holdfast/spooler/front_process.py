"""The spooler's front as a process: started, told what it must know, answered, and started again when it dies."""

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, Final

from holdfast.spooler.keeping import Keeping
from holdfast.spooler.link import (
    FROM_FRONT,
    Configure,
    Done,
    Link,
    NotYet,
    Offer,
    Question,
    Told,
    Verdict,
    Word,
)
from holdfast.spooler.settings import SpoolSettings

_log = logging.getLogger("holdfast.spooler")
FINISH_S: Final = 6.0
"""How long it may take to answer what was asked before it ends: a little more than it gives itself."""
STEADY_S: Final = 5.0
PAUSE_S: Final = 0.5
"""How long nothing is started after a front that didn't live for `STEADY_S`."""


class FrontLink:
    """The spooler's end of the link with one front."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._link = Link[Word | Told | Configure | Done, Offer | Question](FROM_FRONT, self._hear)
        self._working: set[asyncio.Task[None]] = set()

    @property
    def gone(self) -> "asyncio.Future[None]":
        """Done when the front is gone."""
        return self._link.gone

    async def connect(self, end: socket.socket) -> None:
        """Answer on this socket from now on."""
        await asyncio.get_running_loop().create_unix_connection(lambda: self._link, sock=end)

    def close(self) -> None:
        """Let go of what isn't answered yet."""
        self._link.close()
        for task in self._working:
            task.cancel()

    def configure(self, settings: SpoolSettings) -> None:
        """Have the front go by other settings."""
        self._link.say(Configure(settings.model_dump_json().encode()))

    def _hear(self, frame: Sequence[Offer | Question]) -> None:
        self._begin(self._answer(frame))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return task

    async def _answer(self, frame: Sequence[Offer | Question]) -> None:
        """Offers go to the store first; all questions follow at once, as each would wait for a commit of its own."""
        offers = [said for said in frame if isinstance(said, Offer)]
        looking = [self._begin(self._look_up(said)) for said in frame if isinstance(said, Question)]
        try:
            if offers:
                await self._keep(offers)
            if looking:
                await asyncio.wait(looking)
        finally:
            self._link.say(Done())

    async def _keep(self, offers: Sequence[Offer]) -> None:
        await self._keeping.keep(
            [offer.draft for offer in offers], lambda place, verdict: self._tell(offers[place].number, verdict)
        )

    async def _look_up(self, question: Question) -> None:
        found = await self._keeping.look_up(question.id)
        if isinstance(found, NotYet):
            self._link.say(Told(question.number, why=found))
        else:
            self._link.say(Told(question.number, found))

    def _tell(self, number: int, verdict: Verdict) -> None:
        if isinstance(verdict, str):
            self._link.say(Word(number, why=verdict))
        else:
            self._link.say(Word(number, verdict.id, verdict.idempotency_key))


class FrontProcess:
    """There is one as long as `run` runs, but for the moment after it died. `listening` stays: who connects, waits."""

    def __init__(self, listening: socket.socket, keeping: Keeping, settings: SpoolSettings) -> None:
        self._listening = listening
        self._keeping = keeping
        self._settings = settings
        self._link: FrontLink | None = None

    def take_settings(self, settings: SpoolSettings) -> None:
        """Hold to other settings from now on."""
        self._settings = settings
        self._keeping.hold_max_s = settings.hold_max_s
        if self._link is not None:
            self._link.configure(settings)

    async def run(self) -> None:
        """Run until cancelled; then what was asked before is answered first."""
        while True:
            began = monotonic()
            try:
                await self._run_one()
                _log.error("the front has died; it is started again")
            except OSError as error:
                _log.error("the front can't be started: %s", error)
            if monotonic() - began < STEADY_S:
                await asyncio.sleep(PAUSE_S)

    async def _run_one(self) -> None:
        ours, theirs = socket.socketpair()
        with ours:
            process = await self._start(theirs)
            try:
                await self._serve(ours, process)
            finally:
                self._link = None
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    async def _start(self, theirs: socket.socket) -> asyncio.subprocess.Process:
        with theirs:
            files = (theirs.fileno(), self._listening.fileno())
            command = (sys.executable, "-m", "holdfast.spooler.front", *map(str, files))
            return await asyncio.create_subprocess_exec(*command, stdin=subprocess.DEVNULL, pass_fds=files)

    async def _serve(self, ours: socket.socket, process: asyncio.subprocess.Process) -> None:
        link = FrontLink(self._keeping)
        await link.connect(ours)
        link.configure(self._settings)
        self._link = link
        try:
            await asyncio.shield(link.gone)
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                process.terminate()
            await asyncio.wait({link.gone}, timeout=FINISH_S)
            raise
        finally:
            link.close()
