"""Mitigations that change while they are in force, or hold on some edges only."""

from typing import Any

import pytest

from fakes.engine import Play, make_facts, make_finding
from holdfast.engine import measures
from holdfast.engine.command import AdjustMitigation, EndMitigation, Mitigate, OpenFinding
from holdfast.engine.maxima import MITIGATION_S_MAX
from holdfast.engine.react import PublishMitigations, WakeAt
from holdfast.model.event import MitigationAdjusted, MitigationStarted
from holdfast.model.mitigation import Deny, Kill, Limit, Measure
from holdfast.model.prediction import Prediction, Verdict
from holdfast.model.refusal import RefusalCode
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule

FOR_EVER_S = MITIGATION_S_MAX * 2
CURL = SourceRule(matches=(SourceMatch(dimension=Dimension.USER_AGENT_FAMILY, values=("curl",)),))
PREDICTION = Prediction(
    verdict=Verdict.HARMFUL, why="it refuses nearly everybody", samples=9, refused_share=0.9,
    normal_refused_share=0.9, clients_refused=8, clients=9, refused_per_s=7.0,
)  # fmt: skip


@pytest.fixture
def play() -> Play:
    play = Play()
    play.put_in_force("a", make_facts("shop", "mail"))
    return play


def begin(play: Play, measure: Measure, **more: Any) -> str:
    (started,) = play.do(Mitigate("holdfast", measure, 60.0, "flood", **more))
    assert isinstance(started, MitigationStarted)
    return started.mitigation.id


def adjust(measure: Measure, **more: Any) -> AdjustMitigation:
    return AdjustMitigation(**{"author": "holdfast", "id": "m-1", "measure": measure, "why": "it helped", **more})


def test_what_is_known_of_a_mitigation_is_kept(play: Play) -> None:
    play.do(OpenFinding(make_finding("shop")))
    begin(play, Deny(service="shop", source=CURL), finding="f-1", edges=("e1",), prediction=PREDICTION, forced=True)
    mitigation = play.state.mitigations["m-1"]
    assert (mitigation.finding, mitigation.edges, mitigation.forced) == ("f-1", ("e1",), True)
    assert mitigation.prediction == PREDICTION


def test_a_denial_begins_on_one_edge_and_then_holds_on_all(play: Play) -> None:
    begin(play, Deny(service="shop", source=CURL), edges=("e1",))
    (adjusted,) = play.do(adjust(Deny(service="shop", source=CURL), for_s=300.0))
    assert isinstance(adjusted, MitigationAdjusted)
    assert play.effects == [PublishMitigations(), WakeAt(1_300.0)]
    mitigation = play.state.mitigations["m-1"]
    assert (mitigation.edges, mitigation.expires_at, mitigation.reason) == (None, 1_300.0, "flood")


def test_an_expiry_stays_unless_another_is_given(play: Play) -> None:
    begin(play, Limit(service="shop", requests_per_s=5.0))
    play.now = 1_030.0
    play.do(adjust(Limit(service="shop", requests_per_s=10.0)))
    assert play.state.mitigations["m-1"].expires_at == 1_060.0
    assert play.effects[-1] == WakeAt(1_060.0)


@pytest.mark.parametrize(
    ("measure", "more", "code"),
    [
        (Limit(service="shop", requests_per_s=5.0), {}, RefusalCode.UNCHANGED),
        (Limit(service="shop"), {}, RefusalCode.MEASURE_EMPTY),
        (Limit(service="shop", client_prefix=24), {}, RefusalCode.MEASURE_EMPTY),
        (Limit(service="mail", requests_per_s=5.0), {}, RefusalCode.MEASURE_OF_ANOTHER_KIND),
        (Kill(service="shop"), {}, RefusalCode.MEASURE_OF_ANOTHER_KIND),
        (Limit(service="shop", requests_per_s=9.0), {"edges": ("e1", "e9")}, RefusalCode.EDGE_UNKNOWN),
        (Limit(service="shop", requests_per_s=9.0), {"edges": ()}, RefusalCode.MEASURE_EMPTY),
        (Limit(service="shop", requests_per_s=9.0), {"for_s": 0.0}, RefusalCode.DURATION_OUT_OF_BOUNDS),
        (Limit(service="shop", requests_per_s=9.0), {"for_s": FOR_EVER_S}, RefusalCode.DURATION_OUT_OF_BOUNDS),
        (Limit(service="shop", requests_per_s=9.0), {"why": "\n"}, RefusalCode.REASON_MALFORMED),
        (Limit(service="shop", requests_per_s=9.0), {"id": "m-2"}, RefusalCode.MITIGATION_UNKNOWN),
    ],
)  # fmt: skip
def test_what_is_refused(play: Play, measure: Measure, more: dict[str, Any], code: RefusalCode) -> None:
    begin(play, Limit(service="shop", requests_per_s=5.0))
    assert play.refuse(adjust(measure, **more)) is code


def test_what_has_ended_stays_as_it_was(play: Play) -> None:
    begin(play, Limit(service="shop", requests_per_s=5.0))
    play.do(EndMitigation("holdfast", "m-1", "bystanders suffered"))
    assert play.state.ended[0].why == "bystanders suffered"
    assert play.refuse(adjust(Limit(service="shop", requests_per_s=9.0))) is RefusalCode.MITIGATION_ENDED


def test_values_of_denials_count_with_networks(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "NETWORKS_MAX", 3)
    two = SourceRule(matches=(SourceMatch(dimension=Dimension.PATH, values=("/a", "/b")),))
    begin(play, Deny(service="shop", source=two))
    assert play.refuse(Mitigate("ann", Deny(service="mail", source=two), 60.0, "x")) is RefusalCode.NETWORKS_FULL
    begin(play, Deny(service="mail", source=CURL))
    assert play.refuse(adjust(Deny(service="mail", source=two), id="m-2")) is RefusalCode.NETWORKS_FULL
    play.do(adjust(Deny(service="shop", source=CURL)))


def test_what_answers_a_finding_needs_one_that_is_open(play: Play) -> None:
    command = Mitigate("ann", Kill(service="shop"), 60.0, "flood", finding="f-1")
    assert play.refuse(command) is RefusalCode.FINDING_UNKNOWN
    play.do(OpenFinding(make_finding("shop")))
    play.do(command)


def test_what_holds_on_no_edge_of_the_platform_is_refused(play: Play) -> None:
    command = Mitigate("ann", Kill(service="shop"), 60.0, "flood", edges=("e9",))
    assert play.refuse(command) is RefusalCode.EDGE_UNKNOWN
