"""What is outside is read when it is due, each by itself: a source that is slow keeps no other waiting."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable, Mapping
from typing import Any, Final, Generic, TypeVar

from holdfast.model.ports import Clock

READ_AT_ONCE_MAX: Final = 16
Source = TypeVar("Source", bound=Hashable)
Reading = TypeVar("Reading")
Read = Callable[[Source], Coroutine[Any, Any, Reading]]


class DueReadings(Generic[Source, Reading]):
    """Begins readings, and hands over those that ended. Belongs to one event loop.

    `find_pause` says how long a source isn't read again after it was, in seconds.
    """

    def __init__(self, clock: Clock, find_pause: Callable[[Source], float]) -> None:
        self._clock = clock
        self._find_pause = find_pause
        self._due: dict[Source, float] = {}
        self._reading: dict[Source, asyncio.Task[Reading]] = {}
        self._room = asyncio.Semaphore(READ_AT_ONCE_MAX)

    async def look(
        self, sources: Iterable[Source], read: Read[Source, Reading], wait_s: float
    ) -> Mapping[Source, Reading]:
        """Read those of the sources that are due; what was read by now, after so many seconds at most."""
        now = self._clock()
        self._due = {source: self._due.get(source, now) for source in sources}
        for source, due_at in self._due.items():
            if due_at <= now and source not in self._reading:
                self._reading[source] = asyncio.create_task(self._read(source, read))
        if self._reading:
            await asyncio.wait(self._reading.values(), timeout=wait_s)
        done = [source for source, task in self._reading.items() if task.done()]
        return {source: self._reading.pop(source).result() for source in done}

    def end(self) -> None:
        """Give up what is being read."""
        for reading in self._reading.values():
            reading.cancel()
        self._reading.clear()

    async def _read(self, source: Source, read: Read[Source, Reading]) -> Reading:
        async with self._room:
            found = await read(source)
        self._due[source] = self._clock() + self._find_pause(source)
        return found
