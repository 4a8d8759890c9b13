"""Fetches calendars, from a file or over HTTP; what hasn't changed isn't sent again."""

import asyncio
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from holdfast.adapters.calendars.reading import CalendarUnreadable
from holdfast.model.paging import CalendarFeed

SIZE_MAX: Final = 2 * 1_048_576
TIMEOUT_S: Final = 5.0
"""For each step of a request."""
WHOLE_S: Final = 20.0
REDIRECTS_MAX: Final = 5
TAG_LENGTH_MAX: Final = 1_024


class CalendarReader:
    """Fetches calendars and remembers their entity tags. Used in one event loop."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT_S, trust_env=False, follow_redirects=True, max_redirects=REDIRECTS_MAX
        )
        self._tags: dict[CalendarFeed, str] = {}

    async def __aenter__(self) -> Self:
        """For as long as the block lasts."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes its connections."""
        await self._client.aclose()

    def forget(self, feed: CalendarFeed) -> None:
        """Fetch it whole the next time."""
        self._tags.pop(feed, None)

    async def fetch(self, feed: CalendarFeed) -> bytes | None:
        """What a feed holds now; None if it is the same as the last time. CalendarUnreadable if it can't be had."""
        if feed.file is not None:
            return await asyncio.to_thread(_read_file, Path(feed.file))
        if feed.url is None:
            raise CalendarUnreadable("it has neither file nor URL")
        return await self._ask(feed, feed.url.get_secret_value())

    async def _ask(self, feed: CalendarFeed, url: str) -> bytes | None:
        headers = {"Accept": "text/calendar", "User-Agent": "holdfast"}
        if feed in self._tags:
            headers["If-None-Match"] = self._tags[feed]
        try:
            async with asyncio.timeout(WHOLE_S), self._client.stream("GET", url, headers=headers) as answer:
                if answer.status_code == httpx.codes.NOT_MODIFIED and feed in self._tags:
                    return None
                if answer.status_code != httpx.codes.OK:
                    raise CalendarUnreadable(f"it answers {answer.status_code}")
                data = await _read_bounded(answer)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise CalendarUnreadable(f"it can't be reached: {type(error).__name__}") from None
        tag = answer.headers.get("etag", "")
        if 0 < len(tag) <= TAG_LENGTH_MAX:
            self._tags[feed] = tag
        else:
            self._tags.pop(feed, None)
        return data


async def _read_bounded(answer: httpx.Response) -> bytes:
    data = bytearray()
    async for part in answer.aiter_bytes():
        data += part
        if len(data) > SIZE_MAX:
            raise CalendarUnreadable(f"it has more than {SIZE_MAX:,} bytes")
    return bytes(data)


def _read_file(path: Path) -> bytes:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123 - a FIFO
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CalendarUnreadable("it is no file")
            data = file.read(SIZE_MAX + 1)
    except OSError as error:
        raise CalendarUnreadable(f"it can't be read: {error.strerror}") from None
    if len(data) > SIZE_MAX:
        raise CalendarUnreadable(f"it has more than {SIZE_MAX:,} bytes")
    return data
