import math
import time
from dataclasses import dataclass, field
from typing import cast

import pytest

from holdfast.drills.stage.control_api import ClockOffset, ControlApi
from holdfast.drills.stage.history import History
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.mitigation import Kill
from holdfast.views.edges import Reach
from holdfast.views.findings import FindingDocument, FindingsDocument, FindingState
from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument, MitigationsDocument


@dataclass
class Telling:
    """Control's API, telling what a test puts here."""

    open: list[FindingDocument] = field(default_factory=list)
    closed: list[FindingDocument] = field(default_factory=list)
    active: list[MitigationDocument] = field(default_factory=list)
    ended: list[EndedMitigationDocument] = field(default_factory=list)
    asked: int = 0

    def read_findings(self) -> FindingsDocument:
        self.asked += 1
        return FindingsDocument(open=tuple(self.open), closed=tuple(self.closed))

    def read_mitigations(self) -> MitigationsDocument:
        return MitigationsDocument(active=tuple(self.active), ended=tuple(self.ended))


def make_history() -> tuple[Telling, History]:
    telling = Telling()
    return telling, History(cast("ControlApi", telling), time.monotonic_ns())


def find(id_: str, service: str, tier: Tier = Tier.HARMFUL) -> FindingDocument:
    finding = Finding(
        kind=FindingKind.SURGE, tier=tier, service=service, began_at=0, seen_at=0, evidence=Evidence(now=9, usual=1)
    )
    return FindingDocument(id=id_, finding=finding, state=FindingState.OPEN, since=0, mitigations=())


def kill(id_: str, started_at: float) -> MitigationDocument:
    reach = Reach(edges=1, programmed=1)
    return MitigationDocument(
        id=id_,
        measure=Kill(service="a"),
        reason="r",
        author="holdfast",
        started_at=started_at,
        expires_at=started_at + 60,
        remaining_s=60,
        recorded=True,
        reach=reach,
        observed_only=False,
        warnings=(),
    )


def end(told: MitigationDocument, ended_at: float) -> EndedMitigationDocument:
    return EndedMitigationDocument(
        id=told.id,
        measure=told.measure,
        reason=told.reason,
        author=told.author,
        started_at=told.started_at,
        ended_at=ended_at,
        ended_by="holdfast",
        why="over",
        recorded=True,
    )


def test_a_finding_is_seen_when_it_was_first_to_be_had() -> None:
    telling, history = make_history()
    history.look_at_findings()
    telling.open.append(find("f-1", "a"))
    history.look_at_findings()
    (seen,) = history.list_sightings(0, math.inf)
    history.look_at_findings()
    assert history.list_sightings(0, math.inf) == [seen]
    assert seen.finding.service == "a"
    assert history.list_sightings(0, seen.seen_s) == []


def test_what_is_only_unusual_does_not_count_until_it_harms() -> None:
    telling, history = make_history()
    telling.open.append(find("f-1", "a", Tier.UNUSUAL))
    history.look_at_findings()
    assert history.list_sightings(0, math.inf) == []
    telling.open[0] = find("f-1", "a")
    history.look_at_findings()
    assert len(history.list_sightings(0, math.inf)) == 1


def test_what_control_has_dropped_is_remembered() -> None:
    telling, history = make_history()
    telling.open.append(find("f-1", "a"))
    telling.active.append(kill("m-1", time.time()))
    history.follow(0.01, lambda: True)
    telling.open.clear()
    telling.active.clear()
    history.follow(0.01, lambda: True)
    assert len(history.list_sightings(0, math.inf)) == len(history.mitigations) == 1


def test_a_mitigation_has_its_times_on_the_generators_clock() -> None:
    telling, history = make_history()
    now = time.time()
    telling.active.append(kill("m-1", now + 2))
    history.look_at_mitigations()
    (going_on,) = history.list_started(1, 3)
    assert going_on.started_s == pytest.approx(2, abs=0.5)
    assert going_on.overlaps(100, 200)
    telling.ended.append(end(telling.active.pop(), now + 5))
    history.look_at_mitigations()
    over = history.mitigations["m-1"]
    assert over.ended_s - over.started_s == pytest.approx(3)
    assert over.why_ended == "over"
    assert not over.overlaps(100, 200)


def test_control_is_asked_seldom_unless_something_is_awaited() -> None:
    often, history = make_history()
    history.follow(0.3, lambda: True)
    seldom, history = make_history()
    history.follow(0.3, lambda: False)
    assert often.asked > seldom.asked >= 2


def test_unix_times_become_moments_of_the_monotonic_clock() -> None:
    clock = ClockOffset(1_000.0)
    assert clock.to_ns(1_002.5) == 2_500_000_000
