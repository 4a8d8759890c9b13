"""Reads a feed of endpoints, from a file or over HTTP; the same again costs next to nothing."""

import asyncio
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from holdfast.adapters.endpoints.reading import FeedUnreadable, read_endpoints
from holdfast.model.recovery import Endpoint, EndpointFeed

SIZE_MAX: Final = 1_048_576
TIMEOUT_S: Final = 5.0
"""For each step of a request."""
WHOLE_S: Final = 10.0
TAG_LENGTH_MAX: Final = 1_024

__all__ = ["FeedReader", "FeedUnreadable"]


@dataclass(frozen=True, slots=True)
class _Read:
    """How a feed was when it was read last: an entity tag, or a file's identity."""

    mark: object
    endpoints: tuple[Endpoint, ...]


class FeedReader:
    """Reads feeds and remembers what each said, by what the other side calls the same. Used in one event loop."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False)
        self._read: dict[EndpointFeed, _Read] = {}

    async def __aenter__(self) -> Self:
        """For as long as the block lasts."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes its connections."""
        await self._client.aclose()

    def forget_others(self, feeds: frozenset[EndpointFeed]) -> None:
        """Keep nothing of feeds that aren't among these."""
        self._read = {feed: read for feed, read in self._read.items() if feed in feeds}

    async def read(self, feed: EndpointFeed) -> tuple[Endpoint, ...]:
        """What a feed says now. FeedUnreadable, with everything that is wrong with it, if it can't be used."""
        before = self._read.get(feed)
        if feed.file is not None:
            read = await asyncio.to_thread(_read_file, Path(feed.file), before)
        elif feed.url is not None:
            read = await self._ask(feed.url, before)
        else:
            raise FeedUnreadable("it has neither file nor URL")
        self._read[feed] = read
        return read.endpoints

    async def _ask(self, url: str, before: _Read | None) -> _Read:
        headers = {"Accept": "application/json, application/yaml", "User-Agent": "holdfast"}
        if before is not None and isinstance(before.mark, str):
            headers["If-None-Match"] = before.mark
        try:
            async with asyncio.timeout(WHOLE_S), self._client.stream("GET", url, headers=headers) as answer:
                if answer.status_code == httpx.codes.NOT_MODIFIED and before is not None:
                    return before
                if answer.status_code != httpx.codes.OK:
                    raise FeedUnreadable(f"it answers {answer.status_code}")
                data = await _read_bounded(answer)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise FeedUnreadable(f"it can't be reached: {type(error).__name__}") from None
        tag = answer.headers.get("etag", "")
        return _Read(tag if 0 < len(tag) <= TAG_LENGTH_MAX else None, read_endpoints(data))


async def _read_bounded(answer: httpx.Response) -> bytes:
    data = bytearray()
    async for part in answer.aiter_bytes():
        data += part
        if len(data) > SIZE_MAX:
            raise FeedUnreadable(f"it has more than {SIZE_MAX:,} bytes")
    return bytes(data)


def _read_file(path: Path, before: _Read | None) -> _Read:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123 - a FIFO
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise FeedUnreadable("it is no file")
            mark = (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)
            if before is not None and before.mark == mark:
                return before
            data = file.read(SIZE_MAX + 1)
    except OSError as error:
        raise FeedUnreadable(f"it can't be read: {error.strerror}") from None
    if len(data) > SIZE_MAX:
        raise FeedUnreadable(f"it has more than {SIZE_MAX:,} bytes")
    return _Read(mark, read_endpoints(data))
