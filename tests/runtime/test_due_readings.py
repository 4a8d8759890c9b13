"""Sources are read when they are due, and one that hangs keeps no other waiting."""

import asyncio
from collections.abc import Callable

import pytest

from holdfast.runtime.due_readings import READ_AT_ONCE_MAX, DueReadings

WAIT_S = 0.05


class Sources:
    """Sources by name, the time, and which of them hang."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.read: list[str] = []
        self.hangs: dict[str, asyncio.Event] = {}
        self.readings = DueReadings[str, int](lambda: self.now, lambda name: 10.0 if name == "slow" else 1.0)

    async def look(self, *names: str, wait_s: float = WAIT_S) -> dict[str, int]:
        return dict(await self.readings.look(names, self._read, wait_s))

    async def _read(self, name: str) -> int:
        self.read.append(name)
        if name in self.hangs:
            await self.hangs[name].wait()
        if name == "broken":
            raise ValueError(name)
        return len(self.read)


def play(story: Callable[[Sources], object]) -> None:
    async def tell() -> None:
        told = story(Sources())
        assert asyncio.iscoroutine(told)
        await told

    asyncio.run(tell())


def test_each_is_read_at_once_and_then_after_its_pause() -> None:
    async def story(sources: Sources) -> None:
        assert await sources.look("a", "slow") == {"a": 1, "slow": 2}
        assert await sources.look("a", "slow") == {}
        sources.now += 1.0
        assert await sources.look("a", "slow", "new") == {"a": 3, "new": 4}
        sources.now += 9.0
        assert set(await sources.look("slow")) == {"slow"}

    play(story)


def test_one_that_hangs_is_read_once_and_handed_over_when_it_ends() -> None:
    async def story(sources: Sources) -> None:
        sources.hangs["stuck"] = asyncio.Event()
        assert set(await sources.look("a", "stuck")) == {"a"}
        sources.now += 5.0
        assert set(await sources.look("a", "stuck")) == {"a"}
        assert sources.read.count("stuck") == 1
        sources.hangs["stuck"].set()
        assert "stuck" in await sources.look("stuck", wait_s=10.0)
        assert await sources.look("stuck") == {}

    play(story)


def test_so_many_are_read_at_a_time() -> None:
    async def story(sources: Sources) -> None:
        names = [f"s-{number}" for number in range(READ_AT_ONCE_MAX + 4)]
        sources.hangs = {name: asyncio.Event() for name in names}
        assert await sources.look(*names) == {}
        assert len(sources.read) == READ_AT_ONCE_MAX
        sources.readings.end()
        assert await sources.look() == {}

    play(story)


def test_a_mistake_in_reading_is_the_callers() -> None:
    async def story(sources: Sources) -> None:
        with pytest.raises(ValueError, match="broken"):
            await sources.look("broken")

    play(story)
