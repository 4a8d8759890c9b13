"""What people see of incidents on a running control, and what was measured of them."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from fakes.incidents import Newsroom, in_newsroom
from holdfast.engine.command import NoteChange
from holdfast.engine.incident_command import ChangeIncident
from holdfast.model.downtime import Standing, Stretch
from holdfast.model.finding import FindingKind
from holdfast.model.incident import Phase
from holdfast.model.note import NoteKind
from holdfast.model.ports import JournalUnavailable
from holdfast.runtime.incidents import incident_operations
from holdfast.runtime.incidents.incident_operations import IncidentOperations
from holdfast.runtime.incidents.opening.measure import IncidentMeasure
from holdfast.runtime.ledger import Ledger
from holdfast.views.incidents import IncidentDocument


def operate(room: Newsroom) -> IncidentOperations:
    return IncidentOperations(room.control, Ledger(room.control))


async def show(room: Newsroom) -> IncidentDocument:
    document = await operate(room).show("i-1")
    assert document is not None
    return document


@in_newsroom()
async def test_findings_are_shown_with_what_is_suspected(room: Newsroom) -> None:
    await room.do(NoteChange("ann", NoteKind.DEPLOY, "version 7 of the shop", ("shop",)))
    room.bench.now += 5.0
    await room.find(FindingKind.ERRORS, "shop")
    (found,) = (await show(room)).findings
    assert ("ann", "version 7 of the shop") in [(each.author, each.why) for each in found.suspects]


@in_newsroom()
async def test_whoever_leads_sees_what_holdfast_would_say(room: Newsroom) -> None:
    await room.find(FindingKind.SURGE, "shop")
    assert (await show(room)).suggested is None
    await room.do(ChangeIncident("ann", "i-1", "I think it is over", phase=Phase.MONITORING))
    document = await show(room)
    assert (document.suggested, document.suggested_why) == (Phase.IDENTIFIED, "surge of shop is named")


@in_newsroom()
async def test_a_timeline_reaches_further_back_than_control_remembers(room: Newsroom) -> None:
    await room.find(FindingKind.SURGE, "shop")
    remembered = list(room.control.recent)
    room.control.recent = deque(remembered[-1:], 10)
    timeline = await operate(room).show_timeline("i-1", everything=False)
    assert timeline is not None
    assert timeline.whole
    assert [entry.title for entry in timeline.entries][:2] == ["found: surge of shop", "opened: surge of shop"]


@in_newsroom()
async def test_a_timeline_says_where_it_is_not_whole(room: Newsroom) -> None:
    await room.find(FindingKind.SURGE, "shop")
    room.control.recent = deque(list(room.control.recent)[-2:], 10)

    def fail(_after: int = 0) -> None:
        raise JournalUnavailable("the disk is gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room.bench.journal, "read", fail)
        timeline = await operate(room).show_timeline("i-1", everything=False)
    assert timeline is not None
    assert (timeline.whole, len(timeline.entries)) == (False, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(incident_operations, "READ_MAX", 1)
        timeline = await operate(room).show_timeline("i-1", everything=False)
    assert timeline is not None
    assert (timeline.whole, len(timeline.entries)) == (False, 3)


@dataclass
class FakeAccounts:
    """Only what is asked of them here."""

    down_s: dict[str | None, float] = field(default_factory=dict)

    def list_stretches(
        self, services: Sequence[str], region: str | None, began_at: float, ended_at: float
    ) -> Sequence[Stretch]:
        assert (services, began_at < ended_at) == (("shop",), True)
        down_s = self.down_s.get(region, 0.0)
        return [Stretch(began_at, began_at + down_s, Standing.DOWN, 10.0, 9.0)] if down_s else []


@in_newsroom()
async def test_of_regions_the_one_that_was_hit_worst_is_told(room: Newsroom) -> None:
    await room.find(FindingKind.SURGE, "shop", "fra")
    incident = room.record().incident
    assert IncidentMeasure(room.control, lambda: None)(incident, room.bench.now) is None
    accounts = FakeAccounts({"europe": 60.0, "america": 300.0})
    measure = IncidentMeasure(room.control, lambda: accounts)  # type: ignore[arg-type,return-value]
    both = incident.model_copy(update={"regions": ("europe", "america")})
    stretches = measure(both, incident.began_at + 600.0)
    assert stretches is not None
    assert [each.ended_at - each.began_at for each in stretches] == [300.0]
