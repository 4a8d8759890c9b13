"""The driver on a real control, with time and the outbox in the test's hands."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fakes.control import Bench
from holdfast.engine.incident_command import (
    AcknowledgeIncident,
    ChangeIncident,
    Incidents,
    NoteIncident,
    OpenIncident,
    SetMaintenance,
)
from holdfast.model.incident import Impact, Page, Phase
from holdfast.model.maintenance import MaintenancePhase
from holdfast.runtime.incidents.paging.pager import Pager
from paging.book import AT, TEXT, FixedBook
from paging.outbox import FakeOutbox


@dataclass
class Scene:
    """A control, its pager, and what it put."""

    text: str = TEXT
    bench: Bench = field(default_factory=lambda: Bench(now=AT))

    def __post_init__(self) -> None:
        self.outbox = FakeOutbox(self.bench.tell_time)

    @asynccontextmanager
    async def run(self) -> AsyncIterator["Scene"]:
        async with self.bench.run():
            self.start_again()
            yield self

    def start_again(self) -> None:
        """Another pager, as after control's end: what it knows is in the state and in the outbox."""
        self.pager = Pager(self.bench.control, FixedBook.of(self.text), self.outbox, make_link)

    async def submit(self, command: Incidents) -> None:
        ticket = await self.bench.control.submit(command)
        assert ticket.refusal is None, ticket.refusal

    async def open(self, impact: Impact = Impact.MAJOR, *, drill: bool = False, services: tuple[str, ...] = ()) -> None:
        await self.submit(OpenIncident("ann", "it fails", "Errors", impact, services=services, drill=drill))
        await self.pager.look()

    async def look_after(self, seconds: float) -> float:
        self.bench.now += seconds
        return await self.pager.look()

    @property
    def put(self) -> list[str]:
        return [key.removeprefix("page/i-1/") for key in self.outbox.letters]

    @property
    def pages(self) -> tuple[Page, ...]:
        return self.bench.control.state.incidents["i-1"].pages


def make_link(incident: str, person: str) -> str:
    return f"https://x/{incident}/{person}"


def play(story: Callable[[Scene], Awaitable[None]], text: str = TEXT) -> None:
    async def tell() -> None:
        async with Scene(text).run() as scene:
            await story(scene)

    asyncio.run(tell())


def test_a_page_is_put_and_noted_once_it_was_taken() -> None:
    async def story(scene: Scene) -> None:
        await scene.open()
        assert scene.put == ["first/1/ann/chat"]
        assert not scene.pages
        scene.outbox.settle("page/i-1/first/1/ann/chat")
        for _ in range(3):
            await scene.look_after(1.0)
        assert [(p.person, p.channel, p.step, p.error) for p in scene.pages] == [("ann", "chat", 1, None)]
        letter = scene.outbox.letters["page/i-1/first/1/ann/chat"]
        assert letter.subject == "[major] i-1 it fails"
        assert "https://x/i-1/ann" in letter.text

    play(story)


def test_what_was_put_before_control_ended_is_neither_put_nor_noted_again() -> None:
    async def story(scene: Scene) -> None:
        await scene.open()
        scene.outbox.settle("page/i-1/first/1/ann/chat")
        await scene.look_after(1.0)
        scene.start_again()
        await scene.look_after(1.0)
        assert scene.put == ["first/1/ann/chat"]
        assert len(scene.pages) == 1

    play(story)


def test_what_was_taken_while_nobody_looked_is_noted_by_the_next_control() -> None:
    async def story(scene: Scene) -> None:
        await scene.open()
        scene.outbox.settle("page/i-1/first/1/ann/chat", "it refuses")
        scene.start_again()
        await scene.look_after(1.0)
        assert [(each.channel, each.error) for each in scene.pages] == [("chat", "it refuses")]
        assert scene.put == ["first/1/ann/chat", "first/1/ann/mail"]

    play(story)


def test_an_acknowledgement_gives_up_what_waits_and_stops_everything() -> None:
    async def story(scene: Scene) -> None:
        await scene.open()
        await scene.submit(AcknowledgeIncident("ann", "i-1"))
        await scene.look_after(600.0)
        assert scene.put == ["first/1/ann/chat"]
        assert scene.outbox.cancelled == ["page/i-1/first/"]
        assert not scene.pages, "what nobody got is no page"

    play(story)


def test_a_forgotten_incident_is_paged_for_again_and_a_word_ends_it() -> None:
    async def story(scene: Scene) -> None:
        await scene.open()
        await scene.submit(AcknowledgeIncident("ann", "i-1"))
        await scene.look_after(3_601.0)
        assert len(scene.put) == 2
        assert scene.put[1].startswith("again-")
        await scene.submit(NoteIncident("ann", "i-1", "still at it"))
        await scene.look_after(3_500.0)
        assert len(scene.put) == 2
        assert scene.outbox.cancelled[-1].startswith("page/i-1/again-")
        scene.start_again()
        await scene.look_after(200.0)
        assert len(scene.put) == 3

    play(story)


def test_a_resolved_incident_wakes_nobody() -> None:
    async def story(scene: Scene) -> None:
        await scene.open()
        await scene.submit(ChangeIncident("ann", "i-1", "it is over", phase=Phase.RESOLVED))
        await scene.look_after(600.0)
        await scene.look_after(600.0)
        assert scene.put == ["first/1/ann/chat"]
        assert set(scene.outbox.cancelled) == {"page/i-1/"}

    play(story)


def test_one_that_is_opened_again_is_paged_for_from_the_first_step_on() -> None:
    async def story(scene: Scene) -> None:
        await scene.open()
        scene.outbox.settle("page/i-1/first/1/ann/chat")
        await scene.look_after(1.0)
        await scene.submit(AcknowledgeIncident("bob", "i-1"))
        await scene.submit(ChangeIncident("bob", "i-1", "it is over", phase=Phase.RESOLVED))
        await scene.look_after(60.0)
        await scene.submit(ChangeIncident("ann", "i-1", "it is back", phase=Phase.INVESTIGATING))
        await scene.look_after(1.0)
        assert len(scene.put) == 2
        assert scene.put[1].startswith("reopened-")
        assert scene.put[1].endswith("/1/ann/chat")
        assert "Nobody works on it yet." in scene.outbox.letters[f"page/i-1/{scene.put[1]}"].text
        scene.outbox.settle(f"page/i-1/{scene.put[1]}")
        scene.start_again()
        await scene.look_after(1.0)
        await scene.look_after(1.0)
        assert len(scene.put) == 2
        assert [(each.person, each.step) for each in scene.pages] == [("ann", 1), ("ann", 1)]
        await scene.submit(AcknowledgeIncident("ann", "i-1"))
        await scene.look_after(1_000.0)
        assert len(scene.put) == 2

    play(story)


def test_who_opens_again_what_they_worked_on_is_not_paged_for_it() -> None:
    async def story(scene: Scene) -> None:
        await scene.open()
        await scene.submit(AcknowledgeIncident("bob", "i-1"))
        await scene.submit(ChangeIncident("bob", "i-1", "it is over", phase=Phase.RESOLVED))
        await scene.look_after(5_000.0)
        await scene.submit(ChangeIncident("bob", "i-1", "it isn't", phase=Phase.IDENTIFIED))
        await scene.look_after(600.0)
        assert scene.put == ["first/1/ann/chat"]
        await scene.look_after(3_001.0)
        assert len(scene.put) == 2, "forgotten like any other"

    play(story)


def test_the_team_of_a_service_is_paged_and_otherwise_the_default_team() -> None:
    async def story(scene: Scene) -> None:
        await scene.open(services=("shop",))
        assert scene.put == ["first/1/cat/chat"]

    play(story)


def test_what_harms_nobody_is_told_by_mail_only() -> None:
    async def story(scene: Scene) -> None:
        await scene.open(Impact.NONE)
        assert scene.put == ["first/1/ann/mail"]
        await scene.submit(ChangeIncident("ann", "i-1", "it is worse", impact=Impact.MAJOR))
        await scene.look_after(1.0)
        assert scene.put == ["first/1/ann/mail", "first/1/ann/chat"]

    play(story)


def test_drills_wake_nobody_unless_the_paging_file_says_so() -> None:
    async def quiet(scene: Scene) -> None:
        await scene.open(drill=True)
        assert scene.put == []

    async def loud(scene: Scene) -> None:
        await scene.open(drill=True)
        assert "Drill: " in scene.outbox.letters["page/i-1/first/1/ann/chat"].subject

    play(quiet)
    play(loud, TEXT + "drills: true\n")


def test_announced_work_wakes_nobody_until_it_is_over() -> None:
    async def story(scene: Scene) -> None:
        window = SetMaintenance("ann", title="A new disk", begins_at=AT + 10, ends_at=AT + 600)
        await scene.submit(window)
        scene.bench.now += 20
        await scene.submit(SetMaintenance("ann", "w-1", phase=MaintenancePhase.IN_PROGRESS))
        await scene.open()
        assert scene.put == []
        await scene.look_after(600.0)
        assert scene.put == ["first/1/ann/chat"]

    play(story)


def test_an_outbox_that_cant_be_written_is_said_and_tried_again() -> None:
    async def story(scene: Scene) -> None:
        scene.outbox.broken = True
        await scene.open()
        assert "the disk is full" in scene.pager.standing.problem
        scene.outbox.broken = False
        wait_s = await scene.look_after(1.0)
        assert scene.put == ["first/1/ann/chat"]
        assert scene.pager.standing.problem == ""
        assert wait_s <= 1.0

    play(story)


def test_a_mistake_about_one_incident_keeps_no_other_from_being_paged_for() -> None:
    async def story(scene: Scene) -> None:
        scene.pager._make_link = break_for_the_first
        await scene.open()
        await scene.open()
        assert list(scene.outbox.letters) == ["page/i-2/first/1/ann/chat"]
        assert "i-1" in scene.pager.standing.problem

    def break_for_the_first(incident: str, _person: str) -> str:
        if incident == "i-1":
            raise RuntimeError("a bug")
        return "https://x"

    play(story)


def test_everybody_was_paged_as_often_as_may_be() -> None:
    async def story(scene: Scene) -> None:
        await scene.open()
        for _ in range(200):
            for key in scene.outbox.letters:
                scene.outbox.settle(key)
            await scene.look_after(30.0)
        assert len(scene.put) == 4
        assert scene.pager.standing.exhausted == ("i-1",)
        assert [page.step for page in scene.pages] == [1, 2, 3, 4]

    play(story)


def test_a_running_pager_pages_as_soon_as_an_incident_opens() -> None:
    async def story(scene: Scene) -> None:
        running = asyncio.create_task(scene.pager.run())
        try:
            await asyncio.to_thread(lambda: None)
            await scene.submit(OpenIncident("ann", "it fails", "Errors", Impact.MAJOR))
            async with asyncio.timeout(0.9):
                while not scene.put:
                    await asyncio.to_thread(lambda: None)
        finally:
            running.cancel()

    play(story)
