"""The keeper of one edge's access log: rotates it, compresses and removes old files, finds requests in them.

All of it happens in threads of the lowest priority: requests, telemetry and configuration go before.
"""

import asyncio
import json
import logging
import os
import re
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

from holdfast.adapters.access_log.files import LogFiles, LogMaxima
from holdfast.adapters.access_log.lines import SearchBudget, find_lines
from holdfast.adapters.access_log.reading import read_line
from holdfast.model.logged_request import LoggedRequest

_log = logging.getLogger(__name__)
LOOK_S: Final = 1.0
"""Between two looks at the files; an edge writes so long beyond a file's maximum at most."""
SEARCH_S_MAX: Final = 2.0
SEARCH_BYTES_MAX: Final = 8 * 1024**3
"""Of lines, decompressed."""
WRITTEN_S: Final = 0.3
"""How long Envoy is given to write what it keeps; it isn't made to more often than that."""
NEWEST: Final = 2
"""Files that may have got lines since: the current one, and the one before if it was renamed just now."""
SEARCHES_MAX: Final = 4
"""Searches that may wait for each other; more find nothing."""
LINES_MAX: Final = 1_000
"""Lines of one file that are parsed because the id is somewhere in them."""
FOUND_MAX: Final = 20
"""Requests of one id: clients of trusted proxies may give an id more than once."""
LOWEST: Final = 19
_REQUEST_ID: Final = re.compile(r"[!-~]{1,128}")
Reopen = Callable[[], Awaitable[None]]
"""Asks Envoy to open its logs anew (`POST /reopen_logs`); ConnectionError if it doesn't answer."""


class AccessLog:
    """The access log of one edge, at `path`, written by its Envoy in lines of JSON or the combined format."""

    def __init__(self, path: Path, edge: str, reopen: Reopen, maxima: LogMaxima | None = None) -> None:
        self._files = LogFiles(path, maxima or LogMaxima())
        self._edge = edge
        self._reopen = reopen
        self._keeping = ThreadPoolExecutor(1, "access-log", initializer=_go_last)
        self._searching = ThreadPoolExecutor(1, "access-log-search", initializer=_go_last)
        self._searches = 0
        self._written_at = float("-inf")
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why requests aren't written down now, or files not kept within bounds; nothing if all is well."""
        return self._files.stopped or self._trouble

    async def run(self) -> None:
        """Keep the files within their maxima until cancelled."""
        try:
            while True:
                await self.tend()
                await asyncio.sleep(LOOK_S)
        finally:
            self._keeping.shutdown(wait=False, cancel_futures=True)
            self._searching.shutdown(wait=False, cancel_futures=True)

    async def tend(self) -> None:
        """Look after the files once. Whatever fails is said in `trouble`, and tried again the next time."""
        loop = asyncio.get_running_loop()
        stopped = self._files.stopped
        try:
            await loop.run_in_executor(self._keeping, self._files.tend, time.time())
            if self._files.reopen_due:
                await self._reopen()
                self._files.reopen_due = False
            await loop.run_in_executor(self._keeping, self._files.compress_earlier)
            self._trouble = ""
        except OSError as error:  # a ConnectionError too
            self._trouble = f"the access log can't be looked after: {error}"
        if self._files.stopped != stopped:
            _log.warning("%s", self._files.stopped or "the access log is written again")

    async def find(self, request_id: str, deadline_s: float = SEARCH_S_MAX) -> Sequence[LoggedRequest]:
        """What the log says of a request, newest first: at most `FOUND_MAX` lines of the newest file that has any.

        Envoy keeps lines to itself for some seconds; so where nothing is found, it is made to write, and what it wrote
        is looked through. Nothing if there is no such request, or if it isn't found within `deadline_s`, which is
        `SEARCH_S_MAX` at most.
        """
        if not _REQUEST_ID.fullmatch(request_id) or self._searches >= SEARCHES_MAX:
            return ()
        deadline = time.monotonic() + min(deadline_s, SEARCH_S_MAX)
        self._searches += 1
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._searching, self._find, request_id, deadline, None)
            if not found and time.monotonic() + WRITTEN_S < deadline:
                await self._have_written()
                found = await loop.run_in_executor(self._searching, self._find, request_id, deadline, NEWEST)
            return found
        finally:
            self._searches -= 1

    async def _have_written(self) -> None:
        """Have Envoy write what it keeps, which it does whenever it opens its files anew."""
        now = time.monotonic()
        if now - self._written_at >= WRITTEN_S:
            self._written_at = now
            with suppress(ConnectionError):
                await self._reopen()
        await asyncio.sleep(WRITTEN_S)

    def _find(self, request_id: str, deadline: float, files_max: int | None) -> Sequence[LoggedRequest]:
        budget = SearchBudget(time.monotonic, deadline, SEARCH_BYTES_MAX)
        while True:
            paths = self._files.searchable()
            found = self._find_in(paths[:files_max], request_id, budget)
            if found or not budget.spend(0) or len(self._files.searchable()) <= len(paths):
                return found

    def _find_in(self, paths: Sequence[Path], request_id: str, budget: SearchBudget) -> Sequence[LoggedRequest]:
        wanted = json.dumps(request_id)[1:-1].encode()
        for path in paths:
            lines = islice(find_lines((path,), wanted, budget), LINES_MAX)
            read = (read_line(line, self._edge) for line in lines)
            found = [each for each in read if each is not None and each.request_id == request_id]
            if found or not budget.spend(0):
                return found[:FOUND_MAX]
        return ()


def _go_last() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST)
