"""Live pages: what is looked at is rendered again once a second, once for all who look at it.

Nothing is queued. A viewer who was sent the version before gets what has changed; whoever is slower gets all of the
newest version. Rendering takes at most a tenth of the event loop's time: where it would be more, it comes less often.
"""

import asyncio
import json
import logging
import zlib
from collections.abc import AsyncGenerator, Callable, Hashable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

LOG: Final = logging.getLogger(__name__)
TICK_S: Final = 1.0
VIEWERS_MAX: Final = 100
VIEWS_MAX: Final = 32
"""Different things that are looked at."""
_SHARE_MAX: Final = 0.1
_COMPRESSION: Final = 5
_GZIP_BITS: Final = 31
_BEAT: Final = b": still here\n\n"
_OVER: Final = b"event: over\ndata: {}\n\n"

Regions = Mapping[str, str]
"""Parts of a page that change, by id: their HTML."""


class Gone(Exception):
    """What somebody looked at isn't there any more."""


class FeedFull(Exception):
    """There are as many viewers, or views, as there may be."""


@dataclass(frozen=True, slots=True)
class View:
    """Something to look at. Views of the same key show the same to everybody."""

    key: Hashable
    render: Callable[[], Regions]


@dataclass(slots=True)
class _Shown:
    view: View
    viewers: int = 0
    version: int = 0
    regions: Regions = field(default_factory=dict)
    change: bytes = b""
    """The event that leads from the version before to this one."""
    gone: bool = False

    def refresh(self) -> None:
        try:
            regions = self.view.render()
        except Gone:
            self.gone = True
            return
        except Exception:
            LOG.exception("a page can't be rendered")
            return
        changed = {name: html for name, html in regions.items() if self.regions.get(name) != html}
        self.change = _encode(changed) if changed else _BEAT
        self.regions = regions
        self.version += 1

    def event_after(self, version: int) -> bytes:
        if version == self.version:
            return _BEAT
        return self.change if version == self.version - 1 else _encode(self.regions)


class Feed:
    """The one producer of events, at work while somebody looks. Belongs to one event loop."""

    def __init__(self, tick_s: float = TICK_S) -> None:
        self._tick_s = tick_s
        self._shown: dict[Hashable, _Shown] = {}
        self._ticked = asyncio.Event()
        self._producer: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def viewers(self) -> int:
        """How many look at something."""
        return sum(shown.viewers for shown in tuple(self._shown.values()))

    def check_room(self, view: View) -> None:
        """FeedFull if one more can't look at this."""
        if self._closed or self.viewers >= VIEWERS_MAX:
            raise FeedFull
        if view.key not in self._shown and len(self._shown) >= VIEWS_MAX:
            raise FeedFull

    async def follow(self, view: View, may_go_on: Callable[[], bool]) -> AsyncGenerator[bytes]:
        """Server-sent events of a view, while the viewer may go on and it is there; FeedFull if there is no room."""
        self.check_room(view)
        shown = self._shown.setdefault(view.key, _Shown(view))
        shown.viewers += 1
        try:
            if not shown.version:
                shown.refresh()
            self._ensure_producer()
            version = -1
            while not (self._closed or shown.gone) and may_go_on():
                ticked = self._ticked
                event, version = shown.event_after(version), shown.version
                yield event
                await ticked.wait()
            yield _OVER
        finally:
            shown.viewers -= 1
            if not shown.viewers:
                self._shown.pop(view.key, None)

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        self._announce()

    def _ensure_producer(self) -> None:
        if self._producer is None or self._producer.done():
            self._producer = asyncio.get_running_loop().create_task(self._produce())

    async def _produce(self) -> None:
        loop = asyncio.get_running_loop()
        rest_s = self._tick_s
        while True:
            await asyncio.sleep(rest_s)
            if self._closed or not self._shown:
                return
            spent_s = 0.0
            for shown in tuple(self._shown.values()):
                begun = loop.time()
                shown.refresh()
                spent_s += loop.time() - begun
                await asyncio.sleep(0)
            self._announce()
            rest_s = max(self._tick_s - spent_s, spent_s * (1 / _SHARE_MAX - 1))

    def _announce(self) -> None:
        self._ticked.set()
        self._ticked = asyncio.Event()


async def compress(events: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The same as gzip, flushed after each event: what repeats the one before costs next to nothing."""
    squeeze = zlib.compressobj(_COMPRESSION, wbits=_GZIP_BITS)
    async with aclosing(events):
        async for event in events:
            yield squeeze.compress(event) + squeeze.flush(zlib.Z_SYNC_FLUSH)


def _encode(regions: Regions) -> bytes:
    """JSON has no raw line breaks, so one line of data holds it all."""
    return f"event: regions\ndata: {json.dumps(regions, ensure_ascii=False)}\n\n".encode(errors="replace")
