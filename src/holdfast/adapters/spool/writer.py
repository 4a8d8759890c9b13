"""The one thread that touches the database, and commits together whatever was asked for meanwhile."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeVar

import apsw

from holdfast.adapters.spool.accepting import accept_drafts
from holdfast.adapters.spool.schema import translate_errors
from holdfast.adapters.spool.tables import Tables
from holdfast.model.spool import Accepted, Draft, Refusal, Refused, SpoolUnavailable

_log = logging.getLogger("holdfast.spool")
_Answer = TypeVar("_Answer")
BATCH_MAX: Final = 1_024
"""How much is committed together at most: a client that waits shouldn't wait for everybody's."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Something to be done with the tables, and who waits for it. `writes`: it belongs into a commit."""

    do: Callable[[Tables], Any]
    writes: bool
    future: "asyncio.Future[Any]"


@dataclass(frozen=True, slots=True)
class Offered:
    """Drafts to be accepted, and who waits for them."""

    drafts: Sequence[Draft]
    future: "asyncio.Future[Any]"


_Job = Asked | Offered
_Result = tuple["asyncio.Future[Any]", Any, BaseException | None]


class Writer:
    """Takes jobs from the event loop, and gives it their results when what they wrote is durable."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._broken_by: Exception | None = None
        """What a commit failed of that couldn't be taken back yet: the tables show what may never be durable."""
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="spool-writer", daemon=True)
        self._thread.start()

    def offer(self, drafts: Sequence[Draft]) -> "asyncio.Future[Sequence[Accepted | Refused]]":
        """Accept drafts with the next commit."""
        future = self._loop.create_future()
        self._jobs.put(Offered(drafts, future))
        return future

    def ask(self, do: Callable[[Tables], _Answer], *, writes: bool) -> "asyncio.Future[_Answer]":
        """Do something with the next commit, or after it if it only reads."""
        future = self._loop.create_future()
        self._jobs.put(Asked(do, writes, future))
        return future

    async def stop(self) -> None:
        """Finish what was asked for before, and let the thread end."""
        self._jobs.put(None)
        await self._loop.run_in_executor(None, self._thread.join)

    def _run(self) -> None:
        running = True
        while running:
            jobs, running = self._take_jobs()
            results = self._do(jobs)
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_tell, results)

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
        if self._broken_by is not None and not self._take_back(self._broken_by):
            return [(job.future, None, SpoolUnavailable("a commit failed, and can't be taken back")) for job in jobs]
        writes = [job for job in jobs if isinstance(job, Offered) or job.writes]
        reads = [job for job in jobs if isinstance(job, Asked) and not job.writes]
        return [*self._write(writes), *(self._try(job) for job in reads)]

    def _write(self, jobs: Sequence[_Job]) -> list[_Result]:
        if not jobs:
            return []
        try:
            with translate_errors():
                self._tables.begin()
                results = self._write_all(jobs)
                self._tables.keep()
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits is told
            return self._fail(jobs, error)
        return results

    def _write_all(self, jobs: Sequence[_Job]) -> list[_Result]:
        results: list[_Result] = []
        offered: list[Offered] = []
        for job in jobs:
            if isinstance(job, Offered):
                offered.append(job)
            else:
                results += self._accept(offered)
                offered = []
                results.append(self._try(job))
        return results + self._accept(offered)

    def _accept(self, offered: Sequence[Offered]) -> list[_Result]:
        answers = iter(accept_drafts(self._tables, [draft for job in offered for draft in job.drafts]))
        return [(job.future, list(islice(answers, len(job.drafts))), None) for job in offered]

    def _try(self, job: Asked) -> _Result:
        try:
            with translate_errors():
                return job.future, job.do(self._tables), None
        except SpoolUnavailable as error:
            if job.writes:
                raise
            return job.future, None, error
        except Exception as error:  # noqa: BLE001 - it is told to whoever asked
            return job.future, None, error

    def _fail(self, jobs: Sequence[_Job], error: Exception) -> list[_Result]:
        """Nothing of the commit holds, so nobody is told that it does."""
        _log.error("nothing could be written: %s", error)
        self._take_back(error)
        full = isinstance(error.__cause__, apsw.FullError)
        if full:
            self._tables.room.is_exhausted()
        return [
            (job.future, [Refused(Refusal.DISK_FULL)] * len(job.drafts), None)
            if full and isinstance(job, Offered)
            else (job.future, None, error)
            for job in jobs
        ]

    def _take_back(self, error: Exception) -> bool:
        """Whether the commit that failed is undone; if not, that is tried again before anything else is done."""
        try:
            with translate_errors():
                self._tables.take_back()
        except Exception:  # noqa: BLE001 - whatever it is, it is tried again
            _log.exception("what couldn't be written can't be taken back")
            self._broken_by = error
            return False
        self._broken_by = None
        return True


def _tell(results: Sequence[_Result]) -> None:
    for future, answer, error in results:
        if future.done():
            continue
        if error is None:
            future.set_result(answer)
        else:
            future.set_exception(error)
