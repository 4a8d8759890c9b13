import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.upstream import free_port
from fakes.listening import listen
from holdfast.incidents.heartbeat import find_beat, find_break, find_proved, list_beats
from holdfast.model.letter import LetterState, LetterStatus
from holdfast.model.paging import Heartbeat
from holdfast.runtime.incidents.paging.heartbeat import HeartbeatKeeper
from paging.book import AT, TEXT, FixedBook
from paging.outbox import FakeOutbox

BEATING = TEXT + 'heartbeat: {to: {webhook: "https://beat.example"}, every: 1m, overdue_after: 3m%s}\n'


@dataclass
class Clock:
    now: float = AT

    def __call__(self) -> float:
        return self.now


class Scene:
    """A keeper of heartbeats, and what becomes of what it sends."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.clock = Clock()
        self.outbox = FakeOutbox(self.clock)
        self.book = FixedBook.of(BEATING % more)
        self.path = folder / "heartbeat.json"
        self.start_again()

    def start_again(self) -> None:
        self.keeper = HeartbeatKeeper(self.book, self.outbox, self.path, self.clock)

    async def play(self, seconds: float, *, taken: bool) -> None:
        """Let time go on; beats are taken, or nothing comes of them."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            await self.keeper.look()
            for key, state in list(self.outbox.states.items()):
                if taken and key.startswith("beat/") and state.status is LetterStatus.WAITING:
                    self.outbox.settle(key)
            self.clock.now += 10.0
        await self.keeper.look()

    @property
    def alarms(self) -> list[str]:
        return [key.split("/", 2)[2] for key in self.outbox.letters if key.startswith("beat-broken/")]


def test_a_beat_is_sent_each_time_and_proved_by_being_taken(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    asyncio.run(scene.play(600.0, taken=True))
    assert len(scene.outbox.letters) == 11
    assert scene.keeper.standing.proved_at == pytest.approx(scene.clock.now, abs=70)
    assert scene.alarms == []


def test_people_are_told_once_another_way_when_none_is_proved(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    asyncio.run(scene.play(200.0, taken=False))
    assert scene.alarms == ["1/ann/mail"], "heartbeats go by webhook, so this doesn't"
    asyncio.run(scene.play(100.0, taken=False))
    assert len(scene.alarms) == 1
    assert scene.keeper.standing.broken_since == AT


def test_the_next_person_is_told_while_it_lasts_and_by_any_channel_if_there_is_no_other(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    asyncio.run(scene.play(380.0, taken=False))
    assert scene.alarms == ["1/ann/mail", "2/bob/chat"]
    asyncio.run(scene.play(36_000.0, taken=False))
    assert len(scene.alarms) == 5, "people are told so often at most"


def test_a_control_that_starts_again_tells_nobody_twice(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    asyncio.run(scene.play(200.0, taken=False))
    scene.start_again()
    asyncio.run(scene.play(30.0, taken=False))
    assert len(scene.alarms) == 1
    assert scene.keeper.standing.broken_since == AT


def test_it_recovers_quietly_and_tells_people_of_another_break(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    asyncio.run(scene.play(200.0, taken=False))
    asyncio.run(scene.play(100.0, taken=True))
    assert scene.keeper.standing.broken_since is None
    assert len(scene.alarms) == 1
    asyncio.run(scene.play(300.0, taken=False))
    assert len(scene.alarms) == 2


def test_a_control_that_was_off_for_long_waits_before_it_tells_people(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    asyncio.run(scene.play(100.0, taken=True))
    scene.clock.now += 86_400.0
    scene.start_again()
    asyncio.run(scene.play(170.0, taken=False))
    assert scene.alarms == []


def test_an_outbox_that_fails_is_said_and_a_break_like_any_other(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.outbox.broken = True
    asyncio.run(scene.play(200.0, taken=False))
    assert "the disk is full" in scene.keeper.standing.problem
    scene.outbox.broken = False
    asyncio.run(scene.play(10.0, taken=False))
    assert scene.alarms == ["1/ann/mail"]


Answer = Callable[[str], bytes]


async def with_site(answer: Answer, story: Callable[[str], Awaitable[None]]) -> None:
    """A site that answers GETs, for as long as the story lasts."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = answer(head.split()[1].decode())
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async with listen(serve) as port:
        await story(f"http://127.0.0.1:{port}")


def test_with_a_confirmation_it_is_proved_only_when_that_names_the_beat(tmp_path: Path) -> None:
    shown = [b"nothing yet"]

    async def story(url: str) -> None:
        scene = Scene(tmp_path, f', confirm: "{url}/latest"')
        await scene.play(60.0, taken=True)
        assert scene.keeper.standing.proved_at is None
        shown[0] = b"came in: " + max(scene.outbox.letters).encode()
        await scene.play(20.0, taken=True)
        assert scene.keeper.standing.proved_at is not None

    asyncio.run(with_site(lambda _: shown[0], story))


def test_a_confirmation_that_cant_be_asked_is_said_without_its_address(tmp_path: Path) -> None:
    scene = Scene(tmp_path, f', confirm: "http://127.0.0.1:{free_port()}/s3cret"')
    asyncio.run(scene.play(30.0, taken=True))
    assert "can't be asked" in scene.keeper.standing.problem
    assert "s3cret" not in scene.keeper.standing.problem


def test_whoever_watches_over_control_is_told_that_it_is_alive(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(path: str) -> bytes:
        asked.append(path)
        return b""

    async def story(url: str) -> None:
        scene = Scene(tmp_path, f', alive_url: "{url}/alive", alive_every: 1s')
        running = asyncio.create_task(scene.keeper.run())
        async with asyncio.timeout(10):
            while scene.keeper.standing.alive_at is None:
                await asyncio.to_thread(lambda: None)
        running.cancel()
        assert asked[0] == "/alive"

    asyncio.run(with_site(answer, story))


beats = st.builds(
    lambda every, ratio: Heartbeat(every=every, overdue_after=every * ratio), st.floats(1, 3_600), st.floats(1.5, 20)
)


@given(beats, st.floats(1e9, 2e9))
def test_every_moment_has_one_beat_which_is_the_newest_that_can_be_proved(heartbeat: Heartbeat, now: float) -> None:
    beat = find_beat(heartbeat, now)
    assert 0 <= now - beat.at < heartbeat.every * 1.001
    assert list_beats(heartbeat, now)[0] == beat
    assert len({each.key for each in list_beats(heartbeat, now)}) == len(list_beats(heartbeat, now))


def test_a_beat_isnt_proved_by_the_name_of_another_that_begins_alike() -> None:
    heartbeat = Heartbeat(every=60.0, overdue_after=180.0)
    listed = list_beats(heartbeat, 600.0)
    states = [LetterState(beat.key, LetterStatus.SENT, 1, beat.at, beat.at) for beat in listed]
    assert find_proved(listed, states, f"{listed[0].key}7") is None
    assert find_proved(listed, states, f"{listed[1].key} {listed[0].key}7") == listed[1].at


@given(beats, st.floats(0, 1e6))
def test_a_break_begins_after_the_stated_time_and_has_bounded_rounds(heartbeat: Heartbeat, age_s: float) -> None:
    broken = find_break(heartbeat, 0.0, age_s)
    assert (broken is None) is (age_s < heartbeat.overdue_after)
    assert broken is None or 1 <= broken.round <= 5
