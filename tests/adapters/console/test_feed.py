"""The stream of changes: rendered once for all, never queued, bounded."""

import asyncio
import json
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import pytest

from holdfast.adapters.console import feed as feeds
from holdfast.adapters.console.feed import Feed, FeedFull, Gone, View, compress


@dataclass
class Painter:
    """Renders numbers that count up, and one part that stays the same."""

    times: int = 0
    gone: bool = False
    broken: bool = False
    seen: list[bytes] = field(default_factory=list)

    def render(self) -> dict[str, str]:
        if self.gone:
            raise Gone
        if self.broken:
            raise RuntimeError("broken")
        self.times += 1
        return {"count": f"<b>{self.times}</b>", "still": "<p>calm</p>"}

    def view(self, key: str = "a") -> View:
        return View(key, self.render)


def run(test: Callable[[Feed], Awaitable[None]], tick_s: float = 0.01) -> None:
    async def live() -> None:
        async with asyncio.timeout(20):
            await test(Feed(tick_s))

    asyncio.run(live())


def read(event: bytes) -> dict[str, Any]:
    assert event.startswith(b"event: regions\ndata: ")
    assert event.endswith(b"\n\n")
    regions: dict[str, Any] = json.loads(event.removeprefix(b"event: regions\ndata: "))
    return regions


def test_first_comes_everything_then_what_changed() -> None:
    async def look(feed: Feed) -> None:
        async with aclosing(feed.follow(Painter().view(), lambda: True)) as events:
            assert read(await anext(events)).keys() == {"count", "still"}
            for _ in range(3):
                assert read(await anext(events)).keys() == {"count"}

    run(look)


def test_one_rendering_serves_all_who_look_at_the_same() -> None:
    async def look(feed: Feed) -> None:
        painter = Painter()
        streams = [feed.follow(painter.view(), lambda: True) for _ in range(20)]
        for stream in streams:
            await anext(stream)
        assert painter.times == 1
        seen = [read(await anext(stream))["count"] for stream in streams]
        assert len(set(seen)) == 1
        assert painter.times <= 3
        for stream in streams:
            await stream.aclose()

    run(look, tick_s=0.2)


def test_who_is_slow_gets_the_newest_as_a_whole() -> None:
    async def look(feed: Feed) -> None:
        painter = Painter()
        quick, slow = feed.follow(painter.view(), lambda: True), feed.follow(painter.view(), lambda: True)
        await anext(quick)
        await anext(slow)
        for _ in range(5):
            await anext(quick)
        late = read(await anext(slow))
        assert late.keys() == {"count", "still"}
        assert late["count"] == f"<b>{painter.times}</b>"
        await quick.aclose()
        await slow.aclose()

    run(look)


def test_nobody_looking_costs_nothing() -> None:
    async def look(feed: Feed) -> None:
        painter = Painter()
        async with aclosing(feed.follow(painter.view(), lambda: True)) as events:
            await anext(events)
        assert feed.viewers == 0
        rendered = painter.times
        other = Painter()
        async with aclosing(feed.follow(other.view("b"), lambda: True)) as events:
            for _ in range(4):
                await anext(events)
        assert painter.times == rendered

    run(look)


def test_a_stream_ends_with_its_session() -> None:
    async def look(feed: Feed) -> None:
        allowed = True
        events = feed.follow(Painter().view(), lambda: allowed)
        await anext(events)
        allowed = False
        assert [event async for event in events] == [feeds._OVER]
        assert feed.viewers == 0

    run(look)


def test_a_stream_ends_with_what_it_shows() -> None:
    async def look(feed: Feed) -> None:
        painter = Painter()
        events = feed.follow(painter.view(), lambda: True)
        await anext(events)
        painter.gone = True
        assert [event async for event in events][-1] == feeds._OVER

    run(look)


def test_a_page_that_fails_for_a_while_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    async def look(feed: Feed) -> None:
        painter = Painter()
        async with aclosing(feed.follow(painter.view(), lambda: True)) as events:
            await anext(events)
            painter.broken = True
            assert await anext(events) == feeds._BEAT
            painter.broken = False
            async for event in events:
                if event != feeds._BEAT:
                    assert read(event).keys() == {"count"}
                    break

    run(look)
    assert "can't be rendered" in caplog.text


def test_viewers_and_views_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "VIEWERS_MAX", 3)
    monkeypatch.setattr(feeds, "VIEWS_MAX", 2)

    async def look(feed: Feed) -> None:
        painter = Painter()
        streams = [feed.follow(painter.view(key), lambda: True) for key in ("a", "b")]
        for stream in streams:
            await anext(stream)
        with pytest.raises(FeedFull):
            feed.check_room(painter.view("c"))
        third = feed.follow(painter.view("a"), lambda: True)
        await anext(third)
        with pytest.raises(FeedFull):
            feed.check_room(painter.view("a"))
        await third.aclose()
        feed.check_room(painter.view("a"))
        for stream in streams:
            await stream.aclose()

    run(look)


def test_closing_ends_every_stream_and_lets_nobody_in() -> None:
    async def look(feed: Feed) -> None:
        events = feed.follow(Painter().view(), lambda: True)
        await anext(events)
        feed.close()
        assert [event async for event in events] == [feeds._OVER]
        with pytest.raises(FeedFull):
            feed.check_room(Painter().view())

    run(look)


def test_compressed_events_can_be_read_as_they_come_and_repetition_is_cheap() -> None:
    async def look(_: Feed) -> None:
        text = "".join(f"<td>{i * 7919 % 1000}</td>" for i in range(2_000))
        events = [f"event: regions\ndata: {i}{text}\n\n".encode() for i in range(4)]

        async def feed_events() -> AsyncGenerator[bytes]:
            for event in events:
                yield event

        expand = zlib.decompressobj(31)
        sizes = []
        expected = iter(events)
        async for part in compress(feed_events()):
            assert expand.decompress(part) == next(expected)
            sizes.append(len(part))
        assert max(sizes[1:]) < sizes[0] / 5

    run(look)
