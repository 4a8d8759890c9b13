"""The one thread that touches an outbox's file, and commits together whatever was asked for meanwhile."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from holdfast.adapters.notify.letters.tables import open_connection
from holdfast.model.letter import OutboxFull, OutboxUnavailable

LOG: Final = logging.getLogger(__name__)
BATCH_MAX: Final = 256
"""How much is committed together at most."""
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class _Job:
    do: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"


_Result = tuple[_Job, Any, Exception | None]


class OutboxWriter:
    """Takes jobs from an event loop, and gives it their results when what they wrote is durable.

    The file is opened with the first job, and again with the next one after it couldn't be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._connection: Connection | None = None

    def ask(self, do: Callable[[Connection], _Answer]) -> "asyncio.Future[_Answer]":
        """Do something with the next commit; OutboxUnavailable if nothing of it holds.

        What raises OutboxFull must not have written anything before.
        """
        if self._thread is None:
            self._thread = Thread(target=self._run, name="outbox-writer", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._jobs.put(_Job(do, loop, future))
        return future

    def close(self) -> None:
        """Finish what was asked for before, and let go of the file."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        running = True
        while running:
            jobs, running = self._take_jobs()
            for job, answer, error in self._do(jobs):
                with suppress(RuntimeError):  # a loop that is closed waits for nothing
                    job.loop.call_soon_threadsafe(_tell, job.future, answer, error)
        self._disconnect()

    def _take_jobs(self) -> tuple[list[_Job], bool]:
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == BATCH_MAX or self._jobs.empty():
                break
            job = self._jobs.get()
        return jobs, job is not None

    def _do(self, jobs: Sequence[_Job]) -> list[_Result]:
        if not jobs:
            return []
        try:
            if self._connection is None:
                self._connection = open_connection(self._path)
            connection = self._connection
            with connection.begin():
                return [_try(job, connection) for job in jobs]
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits is told
            self._disconnect()
            unavailable = _translate(error)
            LOG.error("nothing can be written to %s: %s", self._path.name, unavailable)  # noqa: TRY400 - said whole
            return [(job, None, unavailable) for job in jobs]

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()


def _try(job: _Job, connection: Connection) -> _Result:
    try:
        return job, job.do(connection), None
    except OutboxFull as error:
        return job, None, error


def _translate(error: Exception) -> OutboxUnavailable:
    """SQLAlchemy's own words would hold what the statement was about; the database's don't."""
    if isinstance(error, OutboxUnavailable):
        return error
    return OutboxUnavailable(str(getattr(error, "orig", type(error).__name__)))


def _tell(future: "asyncio.Future[Any]", answer: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(answer)
    else:
        future.set_exception(error)
