"""Control's side of what it says to the spooler."""

import asyncio
import itertools
import logging
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from holdfast.spooler.protocol import FROM_SPOOLER, LINE_BYTES_MAX, Answer, Ask, Configure, Positions, Question, Stand
from holdfast.spooler.protocol import write_line as write
from holdfast.views.spool import SpoolDocument

LOG: Final = logging.getLogger(__name__)
ANSWER_S: Final = 10.0
ASKING_MAX: Final = 100


class SpoolerGone(Exception):
    """The spooler doesn't answer; whether it did what it was asked for isn't known."""


class SpoolerLink:
    """A connection to the spooler, made again when it is lost. All of it belongs to one event loop.

    `heard` is set whenever it has told how it stands, or is gone.
    """

    def __init__(self, socket: Path) -> None:
        self._stand: Stand | None = None
        self.heard = asyncio.Event()
        self._socket = socket
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answer]] = {}

    @property
    def standing(self) -> SpoolDocument | None:
        """How the spooler stands; None if that isn't known."""
        return self._stand.spool if self._stand else None

    @property
    def is_up(self) -> bool:
        """Whether there is a connection."""
        return self._writer is not None

    async def connect(self) -> bool:
        """Try to connect; whether there is a connection now."""
        if self._writer is not None:
            return True
        try:
            reader, self._writer = await asyncio.open_unix_connection(self._socket, limit=LINE_BYTES_MAX)
        except OSError:
            return False
        self._listening = asyncio.create_task(self._listen(reader, self._writer))
        return True

    async def say(self, said: Configure | Positions) -> None:
        """Say something; if the spooler is gone, it hears it when it is back and says what it wants."""
        if self._writer is None or self._writer.is_closing():
            return
        try:
            self._writer.write(write(said))
            await self._writer.drain()
        except (OSError, RuntimeError) as error:  # uvloop's word for a connection that was closed just now
            LOG.info("the spooler went away: %s", error)

    async def ask(self, question: Question) -> Answer:
        """The answer to a question; SpoolerGone if there is none in time."""
        if self._writer is None or self._writer.is_closing() or len(self._asked) >= ASKING_MAX:
            raise SpoolerGone("the spooler doesn't run, or is asked too much already")
        number = next(self._numbers)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[number] = answered
        try:
            self._writer.write(write(Ask(ask=number, question=question)))
            async with asyncio.timeout(ANSWER_S):
                return await answered
        except (OSError, RuntimeError, TimeoutError) as error:
            raise SpoolerGone("the spooler doesn't answer") from error
        finally:
            self._asked.pop(number, None)

    async def close(self) -> None:
        """Hang up."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                self._take(FROM_SPOOLER.validate_json(line))
        except (OSError, ValueError, ValidationError) as error:
            LOG.warning("the spooler isn't understood: %s", error)
        finally:
            writer.close()
            self._writer, self._stand = None, None
            for answered in self._asked.values():
                if not answered.done():
                    answered.set_exception(SpoolerGone("the spooler went away"))
            self.heard.set()

    def _take(self, said: Answer | Stand) -> None:
        match said:
            case Stand():
                self._stand = said
                self.heard.set()
            case Answer(ask=number):
                answered = self._asked.get(number)
                if answered is not None and not answered.done():
                    answered.set_result(said)
