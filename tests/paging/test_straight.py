import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from fakes.control import until
from holdfast.adapters.notify import DeliveryFailed
from holdfast.model.letter import Channel, ChannelKind, Letter, LetterStatus, OutboxFull
from holdfast.runtime.incidents.paging import straight as paging_straight
from holdfast.runtime.incidents.paging.straight import StraightOutbox
from paging.outbox import FakeOutbox


def write(key: str) -> Letter:
    return Letter(key, Channel(ChannelKind.WEBHOOK, SecretStr("https://ann.example")), "it fails", "it fails")


class Scene:
    """An outbox whose disk is full, and what is sent without it."""

    def __init__(self) -> None:
        self.kept = FakeOutbox(lambda: 1_000.0, broken=True)
        self.sent: list[str] = []
        self.failures: list[DeliveryFailed] = []
        self.straight = StraightOutbox(self.kept, self.send, lambda: 1_000.0)

    async def send(self, letter: Letter) -> None:
        self.sent.append(letter.key)
        if self.failures:
            raise self.failures.pop()

    async def find(self, key: str) -> tuple[LetterStatus, str | None] | None:
        states = await self.straight.look_up([key])
        return (states[0].status, states[0].error) if states else None


@asynccontextmanager
async def make_scene() -> AsyncIterator[Scene]:
    scene = Scene()
    yield scene
    scene.straight.close()


@pytest.fixture(autouse=True)
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging_straight, "PAUSE_S", 0.01)


def test_what_cant_be_kept_is_sent_once_all_the_same_and_that_is_said() -> None:
    async def story() -> None:
        async with make_scene() as scene:
            for _ in range(3):
                await scene.straight.put([write("a")])
            await until(lambda: scene.sent)
            assert await scene.find("a") == (LetterStatus.SENT, None)
            assert scene.sent == ["a"]
            assert "the disk is full" in scene.straight.problem

    asyncio.run(story())


def test_what_isnt_taken_is_tried_again_and_what_is_refused_isnt() -> None:
    async def story() -> None:
        async with make_scene() as scene:
            scene.failures = [DeliveryFailed("refused", passing=False), DeliveryFailed("busy", passing=True)]
            await scene.straight.put([write("a")])
            await until(lambda: len(scene.sent) == 2)
            assert await scene.find("a") == (LetterStatus.FAILED, "refused")

    asyncio.run(story())


def test_what_was_kept_before_isnt_sent_again() -> None:
    async def story() -> None:
        async with make_scene() as scene:
            scene.kept.broken = False
            await scene.straight.put([write("a")])
            assert await scene.find("a") == (LetterStatus.WAITING, None)
            scene.kept.broken = True
            await scene.straight.put([write("a"), write("b")])
            await until(lambda: scene.sent)
            assert scene.sent == ["b"]
            assert await scene.find("a") == (LetterStatus.WAITING, None)

    asyncio.run(story())


def test_once_the_disk_has_room_everything_is_kept_again() -> None:
    async def story() -> None:
        async with make_scene() as scene:
            await scene.straight.put([write("a")])
            scene.kept.broken = False
            await scene.straight.put([write("b")])
            assert list(scene.kept.letters) == ["b"]
            assert scene.straight.problem == ""

    asyncio.run(story())


def test_an_acknowledgement_gives_up_what_waits() -> None:
    async def story() -> None:
        async with make_scene() as scene:
            scene.failures = [DeliveryFailed("busy", passing=True) for _ in range(1_000)]
            await scene.straight.put([write("page/i-1/a")])
            await scene.straight.cancel("page/i-1/")
            assert await scene.find("page/i-1/a") == (LetterStatus.FAILED, "cancelled")

    asyncio.run(story())


def test_what_is_remembered_is_bounded() -> None:
    async def story() -> None:
        async with make_scene() as scene:
            with pytest.raises(OutboxFull):
                await scene.straight.put([write(str(number)) for number in range(1_001)])

    asyncio.run(story())
