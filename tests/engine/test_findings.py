"""What the watch found, what Holdfast would do about it, who was told, and what is switched off."""

import pytest

from fakes.engine import Play, make_facts, make_finding
from holdfast.engine import components, findings
from holdfast.engine.command import (
    CloseFinding,
    Mitigate,
    NoteTenantTold,
    OpenFinding,
    SuggestMitigation,
    SwitchComponent,
    UpdateFinding,
)
from holdfast.engine.maxima import CLOSED_KEPT_MAX, TOLD_KEPT_MAX
from holdfast.model.event import FindingClosed, FindingOpened
from holdfast.model.finding import FindingKind
from holdfast.model.mitigation import Kill, Limit
from holdfast.model.refusal import RefusalCode

SUGGESTION = SuggestMitigation("f-1", Limit(service="shop", requests_per_s=5.0), 60.0, "it would be contained")


@pytest.fixture
def play() -> Play:
    play = Play()
    play.put_in_force("a", make_facts("shop", "mail"))
    return play


def test_a_finding_is_opened_known_better_and_closed(play: Play) -> None:
    (opened,) = play.do(OpenFinding(make_finding()))
    assert isinstance(opened, FindingOpened)
    assert (opened.id, opened.author, play.effects) == ("f-1", "holdfast", [])
    better = make_finding(now=950.0)
    play.do(UpdateFinding("f-1", better))
    assert play.state.findings == {"f-1": better}
    (closed,) = play.do(CloseFinding("f-1", " as usual again "))
    assert isinstance(closed, FindingClosed)
    assert not play.state.findings
    assert [(c.id, c.finding, c.closed_at, c.why) for c in play.state.closed] == [
        ("f-1", better, 1_000.0, "as usual again")
    ]


def test_one_of_a_kind_and_subject_is_open_at_a_time(play: Play) -> None:
    play.do(OpenFinding(make_finding()))
    assert play.refuse(OpenFinding(make_finding(now=1_000.0))) is RefusalCode.FINDING_ALREADY_OPEN
    assert play.message == "surge of shop is finding f-1 already"
    play.do(OpenFinding(make_finding("mail")))
    play.do(OpenFinding(make_finding("shop", FindingKind.ERRORS)))
    play.do(CloseFinding("f-1", "over"))
    (opened,) = play.do(OpenFinding(make_finding()))
    assert isinstance(opened, FindingOpened)
    assert opened.id == "f-4"


def test_an_update_is_of_the_same_finding(play: Play) -> None:
    play.do(OpenFinding(make_finding()))
    assert play.refuse(UpdateFinding("f-1", make_finding())) is RefusalCode.UNCHANGED
    assert play.refuse(UpdateFinding("f-1", make_finding("mail"))) is RefusalCode.FINDING_OF_ANOTHER_KIND
    assert play.refuse(UpdateFinding("f-2", make_finding())) is RefusalCode.FINDING_UNKNOWN
    play.do(CloseFinding("f-1", "over"))
    assert play.refuse(UpdateFinding("f-1", make_finding(now=1.0))) is RefusalCode.FINDING_CLOSED
    assert play.refuse(CloseFinding("f-1", "over")) is RefusalCode.FINDING_CLOSED
    assert play.refuse(CloseFinding("f-2", "over")) is RefusalCode.FINDING_UNKNOWN


def test_there_is_a_most_of_findings(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "FINDINGS_MAX", 1)
    play.do(OpenFinding(make_finding()))
    assert play.refuse(OpenFinding(make_finding("mail"))) is RefusalCode.FINDINGS_FULL


def test_the_oldest_closed_ones_are_forgotten(play: Play) -> None:
    for number in range(1, CLOSED_KEPT_MAX + 3):
        play.do(OpenFinding(make_finding()))
        play.do(CloseFinding(f"f-{number}", "over"))
    assert len(play.state.closed) == CLOSED_KEPT_MAX
    assert play.state.closed[0].id == "f-3"


def test_a_suggestion_is_for_an_open_finding_and_the_latest_counts(play: Play) -> None:
    assert play.refuse(SUGGESTION) is RefusalCode.FINDING_UNKNOWN
    play.do(OpenFinding(make_finding()))
    play.do(SUGGESTION)
    assert play.effects == []
    assert play.refuse(SUGGESTION) is RefusalCode.UNCHANGED
    play.do(SuggestMitigation("f-1", Limit(service="shop", requests_per_s=3.0), 60.0, "it was not enough"))
    assert play.state.suggestions["f-1"].measure == Limit(service="shop", requests_per_s=3.0)
    play.do(CloseFinding("f-1", "over"))
    assert not play.state.suggestions


def test_a_suggestion_is_gone_when_its_finding_is_answered(play: Play) -> None:
    play.do(OpenFinding(make_finding()))
    play.do(SUGGESTION)
    play.do(Mitigate("ann", Kill(service="mail"), 60.0, "something else"))
    assert set(play.state.suggestions) == {"f-1"}
    play.do(Mitigate("ann", SUGGESTION.measure, 60.0, "as suggested", finding="f-1"))
    assert not play.state.suggestions


def test_what_can_not_be_done_is_not_suggested(play: Play) -> None:
    play.do(OpenFinding(make_finding()))
    assert play.refuse(SuggestMitigation("f-1", Kill(service="x"), 60.0, "why")) is RefusalCode.SERVICE_UNKNOWN
    assert play.refuse(SuggestMitigation("f-1", Kill(service="shop"), 0.0, "why")) is RefusalCode.DURATION_OUT_OF_BOUNDS
    assert play.refuse(SuggestMitigation("f-1", Kill(service="shop"), 9.0, "")) is RefusalCode.REASON_MALFORMED
    edges = SuggestMitigation("f-1", Kill(service="shop"), 9.0, "why", edges=("e9",))
    assert play.refuse(edges) is RefusalCode.EDGE_UNKNOWN


def test_closing_a_finding_leaves_its_mitigations_in_force(play: Play) -> None:
    play.do(OpenFinding(make_finding()))
    play.do(Mitigate("holdfast", Kill(service="shop"), 60.0, "flood", finding="f-1"))
    play.do(CloseFinding("f-1", "over"))
    assert play.state.mitigations["m-1"].finding == "f-1"


def test_who_was_told(play: Play) -> None:
    told = NoteTenantTold("t-shop", "m-1", "ops@shop.example", error="no answer")
    assert play.refuse(told) is RefusalCode.MITIGATION_UNKNOWN
    play.do(Mitigate("holdfast", Kill(service="shop"), 60.0, "flood"))
    for _ in range(TOLD_KEPT_MAX + 1):
        play.do(told)
    assert len(play.state.told) == TOLD_KEPT_MAX
    assert (play.state.told[0].contact, play.state.told[0].error) == ("ops@shop.example", "no answer")


def test_components_are_switched(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "COMPONENTS_MAX", 1)
    off = SwitchComponent("analyser", on=False, why="it spun")
    play.do(off)
    assert play.refuse(off) is RefusalCode.UNCHANGED
    play.do(SwitchComponent("analyser", on=True, why="the one before", version="1", author="ann"))
    switched = play.state.components["analyser"]
    assert (switched.on, switched.version, switched.author, switched.why) == (True, "1", "ann", "the one before")
    assert play.refuse(SwitchComponent("watch", on=False, why="it spun")) is RefusalCode.COMPONENTS_FULL
    assert play.refuse(SwitchComponent("analyser", on=True, why="")) is RefusalCode.REASON_MALFORMED
