"""What opens incidents, and what belongs together."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.impact import suggest_impact
from holdfast.incidents.opening import belonging as opening
from holdfast.incidents.opening.belonging import (
    FORECASTS_MAX,
    LINGER_S,
    NEAR_S,
    OWN_OPEN_MAX,
    SIGNS_MAX,
    STORM_MAX,
    TOGETHER_S,
    plan_opening,
)
from holdfast.incidents.opening.signs import FRESH_S, WARN_AGAIN_S, Exercise, show_finding
from holdfast.incidents.opening.steps import Attach, Open
from holdfast.model.finding import Finding, FindingKind
from holdfast.model.incident import Impact, Occasion, Phase
from holdfast.model.intent import Intent
from holdfast.model.mitigation import REVERTED, Block, FailOver, Measure, Mitigation, Spool
from holdfast.model.revision import Revision, RevisionStatus
from holdfast.model.state import ComponentState, EndedMitigation, RevisionEntry
from holdfast.model.token import SYSTEM
from incidents.scenes import NOW, make_finding, make_incident, make_platform, make_scene, make_state

MANY = tuple(f"s{n}" for n in range(300))


def take_back(number: int, since: float) -> RevisionEntry:
    revision = Revision(number=number, content="a" * 64, author="ann", reason="x", proposed_at=since - 9.0)
    return RevisionEntry(revision, RevisionStatus.ROLLED_BACK, since, "it harms")


def mitigate(measure: Measure) -> Mitigation:
    return Mitigation(id="m-1", measure=measure, reason="x", author="ann", started_at=NOW - 5.0, expires_at=NOW + 600.0)


def test_a_mitigation_that_did_harm_opens_one_and_one_that_ends_doesnt() -> None:
    block = mitigate(Block(service="shop", networks=(ip_network("192.0.2.0/24"),)))
    harmful = EndedMitigation(block, NOW, SYSTEM, f"{REVERTED}bystanders were refused")
    (opened,) = plan_opening(make_scene(replace(make_state(), ended=(harmful,))))
    assert isinstance(opened, Open)
    assert (opened.title, opened.occasion) == ("m-1 did harm and was taken back", Occasion.MITIGATION)
    assert (opened.services, opened.mitigations, opened.impact) == (("shop",), ("m-1",), Impact.MINOR)
    for end in (replace(harmful, author="ann"), replace(harmful, why="released")):
        assert plan_opening(make_scene(replace(make_state(), ended=(end,)))) == ()
    known = make_incident(services=("shop",)).model_copy(update={"mitigations": ("m-1",)})
    assert plan_opening(make_scene(replace(make_state(known), ended=(harmful,)))) == ()


def test_what_is_kept_for_later_opens_one_that_nobody_outside_hears_of() -> None:
    state = replace(make_state(), mitigations={"m-1": mitigate(Spool(service="mail"))})
    (opened,) = plan_opening(make_scene(state))
    assert isinstance(opened, Open)
    assert (opened.title, opened.impact) == ("what mail may defer is kept", Impact.NONE)


def test_what_is_kept_for_many_services_at_once_is_one() -> None:
    kept = {
        f"m-{number}": mitigate(Spool(service=service)).model_copy(update={"id": f"m-{number}"})
        for number, service in enumerate(("mail", "shop"), 1)
    }
    (opened,) = plan_opening(make_scene(replace(make_state(), mitigations=kept)))
    assert isinstance(opened, Open)
    assert (opened.services, opened.mitigations) == (("mail", "shop"), ("m-1", "m-2"))
    later = kept["m-2"].model_copy(update={"started_at": NOW + TOGETHER_S})
    state = replace(make_state(), mitigations=kept | {"m-2": later})
    assert len(plan_opening(make_scene(state, now=NOW + TOGETHER_S))) == 2


def test_a_part_that_holdfast_switched_off_is_an_incident_of_its_own() -> None:
    off = ComponentState(False, "2", NOW, SYSTEM, "it was late")
    state = replace(make_state(findings={"f-1": make_finding()}), components={"analyser": off})
    opened, surge = plan_opening(make_scene(state))
    assert isinstance(surge, Open)
    assert isinstance(opened, Open)
    assert (opened.title, opened.impact) == ("analyser was switched off", Impact.NONE)
    known = make_incident().model_copy(update={"alert": opened.alert, "occasion": Occasion.COMPONENT})
    assert plan_opening(make_scene(replace(make_state(known), components={"analyser": off}))) == ()
    by_hand = replace(off, author="ann")
    assert plan_opening(make_scene(replace(make_state(), components={"analyser": by_hand}))) == ()


def test_a_site_that_is_lost_is_one_incident_with_its_services() -> None:
    state = make_state(findings={"f-1": make_finding(FindingKind.LOSS, None, site="us")})
    (opened,) = plan_opening(make_scene(state))
    assert isinstance(opened, Open)
    assert (opened.title, opened.services, opened.impact) == ("loss of us", ("cart", "mail", "shop"), Impact.CRITICAL)


def test_findings_of_one_component_belong_together_for_a_while() -> None:
    incident = make_incident(services=("shop",), components=("web",), findings=("f-1",))
    found = {"f-1": make_finding(), "f-2": make_finding(service="cart", began_at=NOW + NEAR_S)}
    (step,) = plan_opening(make_scene(make_state(incident, findings=found), now=NOW + NEAR_S))
    assert isinstance(step, Attach)
    assert (step.findings, step.services) == (("f-1", "f-2"), ("shop", "cart"))
    found["f-2"] = make_finding(service="cart", began_at=NOW + NEAR_S + 1.0)
    (step,) = plan_opening(make_scene(make_state(incident, findings=found), now=NOW + 2 * NEAR_S))
    assert isinstance(step, Open)


def test_components_that_are_no_more_keep_nothing_from_being_added() -> None:
    incident = make_incident(services=("shop",), components=("gone",), regions=("gone",), findings=("f-1",))
    found = {"f-1": make_finding(), "f-2": make_finding(FindingKind.ERRORS, location="fra")}
    (step,) = plan_opening(make_scene(make_state(incident, findings=found)))
    assert isinstance(step, Attach)
    assert (step.components, step.regions) == (("web",), ("europe",))


def test_one_that_began_before_moves_the_beginning() -> None:
    incident = make_incident(services=("shop",), findings=("f-1",))
    found = {"f-1": make_finding(), "f-2": make_finding(FindingKind.ERRORS, began_at=NOW - 40.0)}
    (step,) = plan_opening(make_scene(make_state(incident, findings=found)))
    assert isinstance(step, Attach)
    assert (step.began_at, step.impact) == (NOW - 40.0, None)


def test_a_revision_that_was_taken_back_belongs_to_what_it_did() -> None:
    incident = make_incident(services=("shop",), findings=("f-1",))
    state = replace(make_state(incident, findings={"f-1": make_finding()}), revisions={7: take_back(7, NOW + 9.0)})
    (step,) = plan_opening(make_scene(state, now=NOW + 9.0))
    assert isinstance(step, Attach)
    assert step.revision == 7
    known = replace(make_state(incident.model_copy(update={"revision": 7})), revisions={8: take_back(8, NOW)})
    (other,) = plan_opening(make_scene(known))
    assert isinstance(other, Open)
    assert (other.revision, other.occasion, other.impact) == (8, Occasion.ROLLOUT, Impact.NONE)


def test_what_was_long_ago_opens_nothing() -> None:
    moved = Mitigation(
        id="m-1",
        measure=FailOver(service="shop"),
        reason="x",
        author="ann",
        started_at=NOW - FRESH_S - 1.0,
        expires_at=NOW + 60.0,
    )
    state = replace(
        make_state(findings={"f-1": make_finding()}, closed_at=NOW - FRESH_S - 1.0),
        revisions={7: take_back(7, NOW - FRESH_S - 1.0)},
        mitigations={"m-1": moved},
    )
    assert plan_opening(make_scene(state)) == ()
    recent = replace(state, mitigations={"m-1": moved.model_copy(update={"started_at": NOW})})
    assert len(plan_opening(make_scene(recent))) == 1


def test_what_goes_on_opens_one_however_long_it_does() -> None:
    state = make_state(findings={"f-1": make_finding(began_at=0.0)})
    assert len(plan_opening(make_scene(state))) == 1


def test_one_that_was_resolved_is_not_opened_for_the_same_finding() -> None:
    incident = make_incident(services=("shop",), findings=("f-1",), phase=Phase.RESOLVED, resolved_at=NOW)
    assert plan_opening(make_scene(make_state(incident, findings={"f-1": make_finding()}))) == ()


def test_what_one_left_behind_opens_another_only_if_it_goes_on() -> None:
    incident = make_incident(services=("shop",), components=("web",), findings=("f-1",))
    resolved = incident.model_copy(update={"phase": Phase.RESOLVED, "resolved_at": NOW + 9.0})
    slow = make_finding(FindingKind.SLOWNESS, "cart", began_at=NOW + 8.0)
    state = make_state(resolved, findings={"f-1": make_finding(), "f-2": slow})
    assert plan_opening(make_scene(state, now=NOW + 10.0)) == ()
    (opened,) = plan_opening(make_scene(state, now=NOW + 9.0 + LINGER_S))
    assert isinstance(opened, Open)
    assert opened.findings == ("f-2",)
    over = make_state(resolved, findings={"f-2": slow}, closed_at=NOW + 30.0)
    assert plan_opening(make_scene(over, now=NOW + 9.0 + LINGER_S)) == ()


def test_what_is_worse_than_what_was_resolved_is_another_at_once() -> None:
    incident = make_incident(services=("shop",), findings=("f-1",), phase=Phase.RESOLVED, resolved_at=NOW)
    full = make_finding(FindingKind.SATURATION, None, "fra", began_at=NOW - 1.0, share=1.2)
    found = {"f-1": make_finding(location="fra"), "f-2": full}
    (opened,) = plan_opening(make_scene(make_state(incident, findings=found), now=NOW + 1.0))
    assert isinstance(opened, Open)
    worst = make_state(incident.model_copy(update={"impact": Impact.CRITICAL}), findings=found)
    assert plan_opening(make_scene(worst, now=NOW + 1.0)) == ()


def test_what_begins_after_one_was_resolved_or_elsewhere_is_another_at_once() -> None:
    incident = make_incident(services=("shop",), components=("web",), phase=Phase.RESOLVED, resolved_at=NOW)
    later, elsewhere = make_finding(began_at=NOW + 1.0), make_finding(service="mail", began_at=NOW - 1.0)
    for finding in (later, elsewhere):
        (opened,) = plan_opening(make_scene(make_state(incident, findings={"f-2": finding}), now=NOW + 2.0))
        assert isinstance(opened, Open)


def test_drills_are_apart_from_the_rest() -> None:
    exercise = Exercise(NOW - 5.0, NOW + 3_600.0, frozenset({"mail"}))
    drill = make_incident(services=("mail",), components=("mail",), findings=("f-1",), drill=True)
    more = make_finding(FindingKind.ERRORS, "mail")
    (step,) = plan_opening(make_scene(make_state(drill, findings={"f-2": more}), exercises=[exercise]))
    assert isinstance(step, Attach)
    for real in (make_finding(service="shop"), make_finding(FindingKind.SATURATION, None, "fra")):
        (step,) = plan_opening(make_scene(make_state(drill, findings={"f-2": real}), exercises=[exercise]))
        assert isinstance(step, Open)
        assert not step.drill
    (late,) = plan_opening(make_scene(make_state(drill, findings={"f-2": more}), exercises=[]))
    assert isinstance(late, Open)
    assert not late.drill
    everything = [Exercise(NOW, NOW + 3_600.0)]
    (whole,) = plan_opening(
        make_scene(
            make_state(findings={"f-2": make_finding(FindingKind.SATURATION, None, "fra")}), exercises=everything
        )
    )
    assert isinstance(whole, Open)
    assert whole.drill


def test_what_gets_worse_is_called_so() -> None:
    incident = make_incident(services=("shop",), components=("web",), findings=("f-1",), title="surge of shop")
    found = {"f-1": make_finding(), "f-2": make_finding(FindingKind.SATURATION, None, "fra")}
    (step,) = plan_opening(make_scene(make_state(incident, findings=found)))
    assert isinstance(step, Attach)
    assert (step.impact, step.title) == (Impact.MAJOR, "surge of shop; saturation of fra")
    assert step.public_title == "Degraded service: Web and Mail (Europe)"
    led = incident.model_copy(update={"led_by": "ann"})
    (step,) = plan_opening(make_scene(make_state(led, findings=found)))
    assert isinstance(step, Attach)
    assert (step.impact, step.title, step.components) == (None, None, ("web", "mail"))


def test_a_forecast_is_an_incident_nobody_suffers_from() -> None:
    forecast = make_finding(FindingKind.HEADROOM, None, "fra")
    (step,) = plan_opening(make_scene(make_state(), warnings=[forecast]))
    assert isinstance(step, Open)
    assert (step.impact, step.alert, step.findings, step.components) == (Impact.NONE, "headroom:fra", (), ())
    known = make_incident(alert="headroom:fra")
    assert plan_opening(make_scene(make_state(known), warnings=[forecast])) == ()
    over = known.model_copy(update={"phase": Phase.RESOLVED, "resolved_at": NOW})
    assert plan_opening(make_scene(make_state(over), warnings=[forecast])) == ()
    later = make_scene(make_state(over), now=NOW + WARN_AGAIN_S, warnings=[forecast])
    assert len(plan_opening(later)) == 1
    found = {"f-1": make_finding(FindingKind.SATURATION, None, "fra")}
    (other,) = plan_opening(make_scene(make_state(known, findings=found), warnings=[forecast]))
    assert isinstance(other, Open)


def test_only_so_many_forecasts_are_open_and_locations_come_first() -> None:
    growing = [make_finding(FindingKind.HEADROOM, name) for name in MANY]
    here = make_finding(FindingKind.HEADROOM, None, "fra")
    steps = plan_opening(make_scene(make_state(), warnings=[*growing, here]))
    assert len(steps) == FORECASTS_MAX
    assert isinstance(steps[0], Open)
    assert steps[0].alert == "headroom:fra"
    many = range(1, FORECASTS_MAX + 1)
    known = [make_incident(id=f"i-{n}", alert=f"headroom:s{n}", services=(f"s{n}",)) for n in many]
    (opened,) = plan_opening(make_scene(make_state(*known), warnings=[*growing, here]))
    assert isinstance(opened, Open)
    assert opened.alert == "headroom:fra"
    places = [make_incident(id=f"i-{n}", alert=f"headroom:place-{n}") for n in many]
    assert plan_opening(make_scene(make_state(*places), warnings=[*growing, here])) == ()


def test_a_storm_of_unlike_findings_opens_few() -> None:
    platform = make_platform(MANY, {name: (name,) for name in MANY})
    found = {f"f-{n}": make_finding(service=name) for n, name in enumerate(MANY, 1)}
    steps = plan_opening(make_scene(make_state(findings=found), platform))
    assert len(steps) == STORM_MAX
    assert sum(len(step.findings or ()) for step in steps) == len(MANY)


def test_only_so_many_are_open_by_itself() -> None:
    platform = make_platform(MANY, {name: (name,) for name in MANY})
    known = [
        make_incident(id=f"i-{n}", services=(MANY[n],), opened_at=NOW - 5_000.0) for n in range(1, OWN_OPEN_MAX + 1)
    ]
    found = {"f-1": make_finding(service="s0"), "f-2": make_finding(service="s299")}
    (step,) = plan_opening(make_scene(make_state(*known, findings=found), platform))
    assert isinstance(step, Attach)
    assert step.id == f"i-{OWN_OPEN_MAX}"


def test_an_incident_names_so_many_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "SERVICES_MAX", 4)
    platform = make_platform(MANY, {"web": ("s0",)})
    lost = {"f-1": make_finding(FindingKind.LOSS, None, site="us")}
    (opened,) = plan_opening(make_scene(make_state(findings=lost), platform))
    assert opened.services == ("s0", "s1", "s10", "s100")
    incident = make_incident(services=("s5", "s6", "s7"), findings=("f-9",))
    (step,) = plan_opening(make_scene(make_state(incident, findings=lost), platform))
    assert isinstance(step, Attach)
    assert step.services == ("s5", "s6", "s7", "s0")


def test_an_incident_has_a_most_of_findings() -> None:
    full = make_incident(services=("shop",), findings=tuple(f"f-{n}" for n in range(1, SIGNS_MAX + 1)))
    (step,) = plan_opening(make_scene(make_state(full, findings={"f-9999": make_finding()})))
    assert isinstance(step, Open)


@pytest.mark.parametrize(
    ("finding", "impact"),
    [
        (make_finding(FindingKind.SURGE), Impact.MINOR),
        (make_finding(FindingKind.SLOWNESS), Impact.MINOR),
        (make_finding(FindingKind.ERRORS, "mail"), Impact.MINOR),
        (make_finding(FindingKind.ERRORS, "shop", share=0.3), Impact.MAJOR),
        (make_finding(FindingKind.ERRORS, "shop", share=0.6), Impact.CRITICAL),
        (make_finding(FindingKind.SATURATION, None, "fra"), Impact.MAJOR),
        (make_finding(FindingKind.BLINDNESS, None, "fra"), Impact.NONE),
    ],
)
def test_impact_is_of_whom_it_hits_and_how_much(finding: Finding, impact: Impact) -> None:
    platform = make_platform(critical=frozenset({"shop"}))
    assert suggest_impact([show_finding("f-1", finding, None, Intent(platform))], Intent(platform)) is impact


def test_more_than_half_of_all_services_make_it_worse() -> None:
    intent = Intent(make_platform(("a", "b", "c", "d"), {"web": ("a",)}))
    signs = [show_finding(n, make_finding(service=n), None, intent) for n in "abc"]
    assert suggest_impact(signs[:2], intent) is Impact.MINOR
    assert suggest_impact(signs, intent) is Impact.MAJOR


KINDS = st.sampled_from([FindingKind.SURGE, FindingKind.ERRORS, FindingKind.SATURATION, FindingKind.SLOWNESS])
FOUND = st.lists(
    st.tuples(KINDS, st.sampled_from(["shop", "cart", "mail"]), st.floats(NOW - 2_000.0, NOW)), min_size=1, max_size=30
)


@given(FOUND)
def test_every_finding_is_in_one_incident_and_only_one(drawn: list[tuple[FindingKind, str, float]]) -> None:
    found = {
        f"f-{n}": make_finding(kind, None if kind is FindingKind.SATURATION else service, "fra", began_at=began_at)
        for n, (kind, service, began_at) in enumerate(drawn, 1)
    }
    steps = plan_opening(make_scene(make_state(findings=found)))
    taken = [id_ for step in steps for id_ in step.findings or ()]
    assert sorted(taken) == sorted(found)
    opened = [make_incident(id=f"i-{n}", findings=step.findings) for n, step in enumerate(steps, 1)]
    assert plan_opening(make_scene(make_state(*opened, findings=found))) == ()
