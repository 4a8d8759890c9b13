"""Postmortems and the console's sight of incidents, over a real control with its journal."""

from collections import deque

import pytest

from fakes.incidents import Newsroom, in_newsroom
from fakes.postmortems import FakeAccounts
from holdfast.engine.command import Mitigate, NoteChange
from holdfast.engine.incident_command import ChangeIncident, NotePage
from holdfast.model.downtime import Standing
from holdfast.model.finding import FindingKind
from holdfast.model.incident import Phase
from holdfast.model.mitigation import Kill
from holdfast.model.note import NoteKind
from holdfast.model.postmortem import Postmortem, PostmortemFormat
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.runtime.incidents.incident_operations import IncidentOperations
from holdfast.runtime.incidents.postmortems import Postmortems
from holdfast.runtime.incidents.promise_operations import FollowUpOperations, MaintenanceOperations
from holdfast.runtime.ledger import Ledger
from holdfast.runtime.live.incidents import IncidentParts, LiveIncidents
from holdfast.views.paging import OnCallDocument


class NoPaging:
    def show(self) -> OnCallDocument:
        return OnCallDocument(now=0.0)


async def play(room: Newsroom) -> float:
    """A deploy of the shop and one of mail; the shop fails, is killed, recovers; when it began."""
    await room.do(NoteChange("ci", NoteKind.DEPLOY, "mail 7", ("mail",)))
    await room.pass_time(30)
    await room.do(NoteChange("ci", NoteKind.DEPLOY, "shop 2.4.1", ("shop",)))
    await room.pass_time(5)
    began_at = room.bench.now - 2.0
    found = await room.find(FindingKind.ERRORS, "shop")
    await room.do(NotePage("i-1", "ann", "sms", 1))
    await room.pass_time(20)
    await room.do(Mitigate("ann", Kill(service="shop"), 600.0, "it answers nonsense", finding=found))
    await room.pass_time(60)
    await room.close(found)
    await room.do(ChangeIncident("ann", "i-1", "all is well", phase=Phase.RESOLVED))
    return began_at


def make_postmortems(room: Newsroom, accounts: FakeAccounts | None = None) -> Postmortems:
    return Postmortems(room.control, Ledger(room.control), lambda: accounts)


def forget(room: Newsroom, kept: int) -> None:
    """Control remembers no more events than these; the journal has them all."""
    room.control.recent = deque(list(room.control.recent)[-kept:], 2_000)


@in_newsroom()
async def test_it_is_gathered_from_all_that_control_knows(room: Newsroom) -> None:
    began_at = await play(room)
    stretches = ((began_at, began_at + 30.0, Standing.DOWN),)
    accounts = FakeAccounts(stretches=stretches, suffering=frozenset({"shop"}))
    made = await make_postmortems(room, accounts).make("i-1")
    assert isinstance(made, Postmortem)
    assert {each.name: each.after_s for each in made.moments if each.after_s is not None}.keys() == {
        "detect",
        "page",
        "tell",
        "mitigate",
        "contain",
        "resolve",
    }
    assert [(each.component, each.down_s) for each in made.measured.places or ()] == [("Web shop", 30.0)]
    assert made.measured.services == ("shop",)
    assert {each.why for each in made.suspects} == {"a test", "shop 2.4.1"}
    assert sum(each.weight or 0.0 for each in made.suspects) < 1.0
    ruled_out = {each.why: each.evidence for each in made.ruled_out}
    assert ruled_out["mail 7"] == ("it never reached shop",)
    assert [each.label for each in made.chart.spans] == ["m-1: kill shop"]
    told = [each.title for each in made.timeline]
    assert "deploy of shop" in " ".join(told)
    assert "deploy of mail" not in " ".join(told)
    assert [each.at for each in made.timeline] == sorted(each.at for each in made.timeline)


@in_newsroom()
async def test_what_control_forgot_is_read_from_the_journal(room: Newsroom) -> None:
    await play(room)
    before = await make_postmortems(room).make("i-1")
    forget(room, 3)
    after = await make_postmortems(room).make("i-1")
    assert isinstance(before, Postmortem)
    assert isinstance(after, Postmortem)
    assert after.timeline == before.timeline
    assert after.chart == before.chart


@in_newsroom()
async def test_the_public_one_names_nobody_and_both_are_documents(room: Newsroom) -> None:
    await play(room)
    postmortems = make_postmortems(room)
    public = await postmortems.render("i-1", PostmortemFormat.MARKDOWN, public=True)
    internal = await postmortems.render("i-1", PostmortemFormat.HTML)
    assert isinstance(public, str)
    assert isinstance(internal, str)
    assert [word for word in ("shop 2", "kill shop", "ann", "m-1", "f-1", "sms") if word in public] == []
    assert "deploy of shop" in internal
    unknown = await postmortems.render("i-9", PostmortemFormat.HTML)
    assert isinstance(unknown, Refusal)
    assert unknown.code is RefusalCode.INCIDENT_UNKNOWN


@in_newsroom()
async def test_the_console_completes_a_timeline_once_the_journal_has_answered(room: Newsroom) -> None:
    await play(room)
    operations = IncidentOperations(room.control, Ledger(room.control))
    parts = IncidentParts(operations, FollowUpOperations(room.control), MaintenanceOperations(room.control), NoPaging())
    live = LiveIncidents(room.control, parts)
    whole = live.incident("i-1")
    assert whole
    assert whole.timeline.whole
    forget(room, 3)
    first = live.incident("i-1")
    assert first
    assert not first.timeline.whole
    assert len(first.timeline.entries) < len(whole.timeline.entries)
    for task in tuple(live._reading):
        await task
    completed = live.incident("i-1")
    assert completed
    assert completed.timeline == whole.timeline
    await room.do(ChangeIncident("ann", "i-1", "it is back", phase=Phase.IDENTIFIED))
    grown = live.incident("i-1")
    assert grown
    assert grown.timeline.entries[:-1] == whole.timeline.entries
    assert grown.document.row.incident.phase is Phase.IDENTIFIED
    assert live.incident("i-9") is None
    assert live.public_places().components.keys() == {"web", "mail"}
    assert live.on_call().file is None


@pytest.mark.parametrize("kept", [1, 4])
def test_events_that_scrolled_by_unread_are_read_again(kept: int) -> None:
    @in_newsroom()
    async def play_on(room: Newsroom) -> None:
        await play(room)
        operations = IncidentOperations(room.control, Ledger(room.control))
        parts = IncidentParts(
            operations, FollowUpOperations(room.control), MaintenanceOperations(room.control), NoPaging()
        )
        live = LiveIncidents(room.control, parts)
        forget(room, kept)
        live.incident("i-1")
        for task in tuple(live._reading):
            await task
        for number in range(kept + 3):
            phase = (Phase.IDENTIFIED, Phase.MONITORING)[number % 2]
            await room.do(ChangeIncident("ann", "i-1", f"look {number}", phase=phase))
        forget(room, kept)
        live.incident("i-1")
        for task in tuple(live._reading):
            await task
        page = live.incident("i-1")
        assert page
        sequences = [each.sequence for each in page.timeline.entries]
        told = await operations.show_timeline("i-1", everything=False)
        assert told
        assert sequences == [each.sequence for each in told.entries]

    play_on()
