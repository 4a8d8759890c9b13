"""Incidents that open by themselves on a real control: what is found goes in, and what people are told comes out."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from fakes.control import Bench, until
from fakes.incidents import Newsroom, in_newsroom, make_sighting
from holdfast.engine.command import EndMitigation, Mitigate, NoteChange, OpenFinding
from holdfast.engine.incident_command import ChangeIncident, OpenIncident, PublishPost, SetMaintenance
from holdfast.model.finding import FindingKind
from holdfast.model.incident import Impact, Occasion, Phase, PostStatus
from holdfast.model.maintenance import MaintenancePhase
from holdfast.model.mitigation import FailOver, Kill, Limit
from holdfast.model.note import NoteKind
from holdfast.model.token import SYSTEM
from holdfast.runtime.incidents.opening import opener
from holdfast.runtime.incidents.opening.opener import IncidentOpener
from holdfast.runtime.incidents.opening.scene import LEARNING_S, read_forecasts

LIMIT = Limit(service="shop", requests_per_s=50.0)


@in_newsroom()
async def test_a_finding_becomes_an_incident_and_a_first_word(room: Newsroom) -> None:
    finding = await room.find(FindingKind.ERRORS, "shop")
    (incident,) = room.incidents()
    assert (incident.title, incident.occasion) == ("errors of shop", Occasion.FINDING)
    assert (incident.impact, incident.components, incident.services) == (Impact.MAJOR, ("web",), ("shop",))
    assert (incident.findings, incident.began_at) == ((finding,), room.bench.now - 2.0)
    assert incident.public_title == "Errors: Web shop"
    (word,) = room.published()
    assert (word.author, word.phase) == (SYSTEM, Phase.INVESTIGATING)
    assert word.text == (
        "Web shop has been affected since 1970-01-01 00:16:38 UTC. We don't know yet which regions are affected. "
        "Many requests fail. The cause is not known yet. We will tell more as soon as we know it."
    )


@in_newsroom()
async def test_it_goes_its_course_and_the_public_hears_of_each_step(room: Newsroom) -> None:
    finding = await room.find(FindingKind.SURGE, "shop", "fra", 900.0)
    assert room.phase() is Phase.IDENTIFIED
    await room.do(Mitigate(SYSTEM, LIMIT, 120.0, "it is contained", finding=finding))
    await room.close(finding)
    await room.pass_time(25.0)
    assert room.phase() is Phase.IDENTIFIED
    await room.pass_time(40.0)
    assert room.phase() is Phase.MONITORING
    await room.pass_time(400.0)
    assert room.phase() is Phase.RESOLVED
    words = room.published()
    assert [word.phase for word in words] == [Phase.IDENTIFIED, Phase.MONITORING, Phase.RESOLVED]
    assert "in Europe; other regions are not known to be affected" in words[0].text
    assert "It lasted from 1970-01-01 00:16:38 UTC to" in words[-1].text


@in_newsroom()
async def test_what_comes_back_is_identified_again_and_words_come_ever_more_seldom(room: Newsroom) -> None:
    for _ in range(10):
        finding = await room.find(FindingKind.SURGE, "shop")
        await room.pass_time(40.0)
        await room.close(finding)
        await room.pass_time(40.0)
    assert len(room.incidents()) == 1
    assert len(room.published()) <= 5
    assert len(room.record().incident.findings) == 10


@in_newsroom()
async def test_what_belongs_together_is_one_incident(room: Newsroom) -> None:
    await room.find(FindingKind.SATURATION, None, "fra")
    room.bench.now += 30.0
    await room.find(FindingKind.SURGE, "shop", "fra")
    await room.find(FindingKind.ERRORS, "mail")
    (incident,) = room.incidents()
    assert incident.findings == ("f-1", "f-2", "f-3")
    assert incident.services == ("shop", "mail")
    assert incident.regions == ("europe",)
    room.bench.now += 700.0
    await room.find(FindingKind.SLOWNESS, "cart")
    assert [each.findings for each in room.incidents()[1:]] == [("f-4",)]


@in_newsroom()
async def test_others_are_incidents_of_their_own(room: Newsroom) -> None:
    await room.find(FindingKind.SURGE, "mail")
    await room.find(FindingKind.SURGE, "shop")
    await room.find(FindingKind.SLOWNESS, "cart")
    assert [each.services for each in room.incidents()] == [("mail",), ("shop", "cart")]


@in_newsroom()
async def test_after_a_restart_nothing_is_opened_or_said_twice(room: Newsroom) -> None:
    await room.find(FindingKind.SURGE, "shop")
    bench = room.bench
    again = Bench(journal=bench.journal, fleet=bench.fleet, check=bench.check, now=bench.now + 5.0)
    async with again.run():
        await IncidentOpener(again.control).look()
        (record,) = again.control.state.incidents.values()
        assert len(record.posts) == 1


@in_newsroom("approve")
async def test_with_approval_nothing_is_published_and_somebody_is_reminded(room: Newsroom) -> None:
    finding = await room.find(FindingKind.SURGE, "shop")
    await room.pass_time(305.0)
    assert not room.published()
    assert [(post.number, post.status) for post in room.record().posts] == [(1, PostStatus.DRAFT)]
    notes = [note.text for note in room.record().notes]
    assert notes == ["reminder: draft 1 of i-1 waits to be published for 5 minutes"]
    await room.do(PublishPost("ann", "i-1", 1))
    assert room.record().incident.led_by is None
    await room.close(finding)
    await room.pass_time(900.0)
    assert room.phase() is Phase.MONITORING
    draft = room.record().posts[-1]
    assert (draft.phase, draft.status) == (Phase.RESOLVED, PostStatus.DRAFT)
    await room.do(PublishPost("ann", "i-1", draft.number))
    assert room.phase() is Phase.RESOLVED


@in_newsroom("approve")
async def test_what_was_never_published_ends_without_a_word(room: Newsroom) -> None:
    await room.close(await room.find(FindingKind.SURGE, "shop"))
    await room.pass_time(400.0)
    assert room.phase() is Phase.RESOLVED
    assert not room.published()


@in_newsroom()
async def test_people_take_over_and_holdfast_adds_facts_only(room: Newsroom) -> None:
    finding = await room.find(FindingKind.SURGE, "shop")
    await room.do(ChangeIncident("ann", "i-1", "it is over I think", phase=Phase.MONITORING))
    await room.find(FindingKind.ERRORS, "shop")
    assert room.record().incident.findings == (finding, "f-2")
    await room.pass_time(2_000.0)
    assert (room.phase(), room.record().incident.led_by) == (Phase.MONITORING, "ann")
    assert len(room.published()) == 1
    assert [note.text for note in room.record().notes] == [
        "reminder: the public heard nothing new of i-1 for 30 minutes"
    ]


@in_newsroom()
async def test_a_long_one_is_told_of_again(room: Newsroom) -> None:
    await room.find(FindingKind.SURGE, "shop")
    await room.pass_time(3_700.0)
    assert len(room.published()) == 3
    assert "is still affected," in room.published()[-1].text
    assert not room.record().notes


@in_newsroom()
async def test_that_it_reaches_further_is_news(room: Newsroom) -> None:
    await room.find(FindingKind.SURGE, "shop", "fra")
    await room.pass_time(30.0)
    await room.find(FindingKind.ERRORS, "shop", "iad")
    await room.pass_time(25.0)
    assert len(room.published()) == 1
    await room.pass_time(10.0)
    words = room.published()
    assert len(words) == 2
    assert "in all regions" in words[-1].text


@in_newsroom()
async def test_a_failover_by_hand_is_one_for_as_long_as_users_notice_it(room: Newsroom) -> None:
    await room.do(Mitigate("ann", Kill(service="mail"), 60.0, "this alone is none"))
    await room.opener.look()
    assert not room.incidents()
    await room.do(Mitigate("ann", FailOver(service="cart", read_only=True), 86_400.0, "we move"))
    await room.opener.look()
    (incident,) = room.incidents()
    assert (incident.occasion, incident.mitigations, incident.services) == (Occasion.FAILOVER, ("m-2",), ("cart",))
    assert (incident.title, incident.impact) == ("failover of cart", Impact.MINOR)
    await room.pass_time(4_000.0)
    assert room.phase() is Phase.MONITORING
    assert "changes aren't accepted there" in room.published()[0].text
    await room.do(EndMitigation("ann", "m-2", "back"))
    await room.pass_time(400.0)
    assert room.phase() is Phase.RESOLVED
    assert len(room.incidents()) == 1


@in_newsroom()
async def test_a_failover_from_before_anybody_looked_opens_nothing(room: Newsroom) -> None:
    await room.do(Mitigate("ann", FailOver(service="cart"), 86_400.0, "we move"))
    room.bench.now += 3_600.0
    await room.opener.look()
    assert not room.incidents()


@in_newsroom()
async def test_a_drill_is_marked_and_not_published(room: Newsroom) -> None:
    await room.do(NoteChange("ann", NoteKind.DRILL, "a game day", ("shop",)))
    await room.find(FindingKind.SURGE, "shop")
    assert [each.drill for each in room.incidents()] == [True]
    assert not room.record().posts
    room.bench.now += 20.0
    await room.find(FindingKind.SURGE, "mail")
    assert [each.drill for each in room.incidents()] == [True, False]


@in_newsroom()
async def test_what_begins_after_a_drill_is_over_is_none(room: Newsroom) -> None:
    await room.do(NoteChange("ann", NoteKind.DRILL, "a game day", ("shop",), 7_200.0))
    number = room.bench.control.recent[-1].sequence
    room.bench.now += 5_400.0
    await room.find(FindingKind.SURGE, "shop")
    assert [each.drill for each in room.incidents()] == [True]
    await room.do(NoteChange("ann", NoteKind.DRILL, "it is over", ("shop",), ends=number))
    room.bench.now += 60.0
    await room.find(FindingKind.ERRORS, "shop")
    assert [each.drill for each in room.incidents()] == [True, False]


@in_newsroom()
async def test_announced_work_is_not_told_of_as_trouble(room: Newsroom) -> None:
    now = room.bench.now
    window = SetMaintenance("ann", title="Database", components=("web",), begins_at=now + 1.0, ends_at=now + 600.0)
    await room.do(window)
    await room.do(SetMaintenance("ann", "w-1", phase=MaintenancePhase.IN_PROGRESS))
    room.bench.now += 5.0
    await room.find(FindingKind.SURGE, "shop")
    assert not room.record().posts
    await room.find(FindingKind.SATURATION, None, "fra")
    assert len(room.published()) == 1


@in_newsroom()
async def test_a_storm_opens_few_incidents(room: Newsroom) -> None:
    for second in range(100):
        room.bench.now += 1.0
        await room.find(FindingKind.SURGE, ("shop", "cart", "mail")[second % 3])
        if second % 3 == 2:
            await room.close(*list(room.control.state.findings))
    assert len(room.incidents()) == 2


@in_newsroom()
async def test_it_is_told_at_once(room: Newsroom) -> None:
    room.bench.real_time = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opener, "LOOK_S", 600.0)
        running = asyncio.create_task(room.opener.run())
        await room.do(OpenFinding(make_sighting(FindingKind.SURGE, "shop", room.bench.tell_time())))
        await until(lambda: room.incidents() and room.published())
    running.cancel()
    await asyncio.wait([running])


@in_newsroom()
async def test_what_another_system_says_waits_until_holdfast_sees_it_too(room: Newsroom) -> None:
    raised = OpenIncident("pager", "down", "Errors", Impact.MAJOR, Occasion.ALERT, services=("shop",), alert="0123")
    await room.do(replace(raised, components=("web",)))
    await room.opener.look()
    assert [post.status for post in room.record().posts] == [PostStatus.DRAFT]
    await room.find(FindingKind.ERRORS, "shop")
    assert [(post.number, post.status) for post in room.record().posts] == [(1, PostStatus.PUBLISHED)]
    assert len(room.incidents()) == 1


@in_newsroom()
async def test_capacity_that_is_reached_soon_pages_and_is_told_to_nobody_outside(room: Newsroom) -> None:
    look, soon = SimpleNamespace(at=0.0), make_sighting(FindingKind.HEADROOM, None, room.bench.now, "fra")
    watcher = SimpleNamespace(findings=(soon,), look=look, since=0.0)
    room.opener = IncidentOpener(room.control, read_forecasts(watcher))  # type: ignore[arg-type]
    await room.opener.look()
    (incident,) = room.incidents()
    assert (incident.title, incident.impact) == ("fra reaches its capacity soon", Impact.NONE)
    watcher.findings = ()
    await room.pass_time(3_600.0)
    assert room.phase() is Phase.IDENTIFIED, "the watch may not know yet"
    look.at = LEARNING_S
    await room.opener.look()
    assert room.phase() is Phase.RESOLVED
    assert not room.record().posts
