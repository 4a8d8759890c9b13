"""What postmortems say, and what their public variant doesn't."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.postmortems import (
    BEGAN,
    MINUTE,
    PLATFORM,
    FakeAccounts,
    make_finding,
    make_held,
    make_incident,
    make_mitigation,
    make_record,
    make_sight,
)
from holdfast.incidents.postmortem.making import make_postmortem
from holdfast.incidents.postmortem.sight import Held, find_services, find_window
from holdfast.model.event import RevisionRolledBack
from holdfast.model.finding import FindingKind
from holdfast.model.incident import Occasion, Phase, PostStatus
from holdfast.model.incident_event import IncidentChanged
from holdfast.model.mitigation import Limit, Shed
from holdfast.model.platform import Criticality, Platform
from holdfast.model.postmortem import MarkKind, Postmortem
from holdfast.model.state import IncidentRecord

SECRETS = ("acme", "globex", "ann", "bob", "203.0.113", "f-3", "m-7", "m-8", "sms", "gateway")
"""Of the fake flood: names of services, tenants and people, addresses, ids."""


def test_it_says_what_happened_in_numbers() -> None:
    made = make_postmortem(make_sight(), public=False)
    measured = made.measured
    assert [(each.component, each.region, each.down_s, each.degraded_s) for each in measured.places or ()] == [
        ("Shopping", "Europe", 2 * MINUTE, 4 * MINUTE)
    ]
    assert (measured.services, measured.tenants, measured.tenant_count) == (("acme-shop",), ("acme",), 1)
    requests = measured.requests
    assert requests.failed == pytest.approx(6 * MINUTE * 240, rel=0.02)
    assert requests.refused == pytest.approx(55 * MINUTE * 2_000, rel=0.02)
    assert requests.missing_s == 0
    assert made.summary[0].startswith(
        "On 2022-04-28 10:00:00 UTC an incident of impact major began on Shopping in Europe; it was resolved on"
    )


def test_every_span_counts_from_when_it_began() -> None:
    moments = {each.name: each.after_s for each in make_postmortem(make_sight(), public=False).moments}
    assert moments == {
        "detect": 2.0,
        "page": 9.0,
        "acknowledge": 120.0,
        "name": 32.0,
        "tell": 30.0,
        "mitigate": 300.0,
        "contain": 420.0,
        "resolve": 4_200.0,
    }


def test_what_isnt_measured_is_said_to_be_so() -> None:
    bare = IncidentRecord(make_incident(findings=(), occasion=Occasion.PERSON, acknowledged_at=None))
    sight = make_sight(record=bare, accounts=None, held=(), findings={}, events=())
    made = make_postmortem(sight, public=False)
    assert {each.name: each.how for each in made.moments if each.at is None} == {
        "page": "nobody was paged",
        "acknowledge": "nobody acknowledged it",
        "name": "not measured",
        "tell": "the public was told nothing",
        "mitigate": "nothing was mitigated",
        "contain": "not measured",
    }
    assert made.measured.requests.offered is None
    assert made.measured.places is None
    assert made.chart.traffic is None
    assert {"Downtime was not measured.", "How many requests it concerned was not measured."} <= set(made.summary)
    assert "The traffic was not measured." in made.chart.words


def test_a_gap_in_the_telemetry_is_a_gap() -> None:
    gap = (BEGAN + 20 * MINUTE, BEGAN + 24 * MINUTE)
    made = make_postmortem(make_sight(accounts=FakeAccounts(gap=gap)), public=False)
    traffic = made.chart.traffic
    assert traffic
    missing = [at for at, each in zip(traffic.at, traffic.offered, strict=True) if each is None]
    assert gap[0] - traffic.step_s <= missing[0]
    assert missing[-1] < gap[1]
    assert made.measured.requests.missing_s == pytest.approx(4 * MINUTE, abs=2 * traffic.step_s)
    assert "Of 4 min" in made.chart.words
    assert any("Nothing was measured for 4 min of that time" in each for each in made.summary)


def test_where_nobody_measured_nothing_is_said_to_have_been_up() -> None:
    silent = FakeAccounts(gap=(0.0, 2 * BEGAN), stretches=())
    made = make_postmortem(make_sight(accounts=silent), public=False)
    assert (made.measured.places, made.measured.tenant_count) == (None, None)
    assert {each.name: each.how for each in made.moments}["contain"] == "not measured"
    assert "Downtime was not measured." in made.summary
    assert "The traffic was not measured." in made.chart.words


def test_the_chart_has_the_usual_mean_the_mitigations_and_the_marks() -> None:
    accounts = FakeAccounts()
    chart = make_postmortem(make_sight(accounts=accounts), public=False).chart
    assert (("acme-shop",), ("europe",), chart.starts_at, chart.ends_at, BEGAN) in accounts.asked
    assert chart.traffic
    assert chart.traffic.usual_mean == pytest.approx(400.0)
    assert [(each.label, each.ended_at) for each in chart.spans] == [
        ("m-7: deny acme-shop", BEGAN + 60 * MINUTE),
        ("m-8: limit acme-shop", None),
    ]
    assert [(each.number, each.kind) for each in chart.marks] == [
        (1, MarkKind.FINDING),
        (2, MarkKind.POST),
        (3, MarkKind.POST),
        (4, MarkKind.POST),
    ]
    assert "At most 2,420 requests a second were offered, 6.0 times as many; the usual mean is 400." in chart.words


def test_the_public_variant_names_nobody() -> None:
    hidden = make_postmortem(make_sight(), public=True).model_dump_json().replace("acknowledge", "")
    assert [each for each in SECRETS if each in hidden] == []
    shown = make_postmortem(make_sight(), public=False).model_dump_json()
    assert all(each in shown for each in ("acme", "ann", "bob", "203.0.113", "m-7"))


def test_names_may_be_allowed_but_people_and_addresses_never() -> None:
    status = PLATFORM.status
    assert status
    platform = PLATFORM.model_copy(update={"status": status.model_copy(update={"names": True})})
    made = make_postmortem(make_sight(platform=platform), public=True)
    text = made.model_dump_json().replace("acknowledge", "")
    assert "acme-shop" in text
    assert [each for each in ("ann", "bob", "203.0.113", "m-7") if each in text] == []


def test_only_public_promises_are_public() -> None:
    public = make_postmortem(make_sight(), public=True).follow_ups
    assert [(each.text, each.owner) for each in public] == [("Rate limits that customers configure themselves", "")]
    internal = make_postmortem(make_sight(), public=False).follow_ups
    assert [each.id for each in internal] == ["u-1", "u-2"]


def test_a_mitigation_that_did_harm_is_a_cause_and_no_cure() -> None:
    block, limit = make_held()
    harmful = Held(block.mitigation, BEGAN + 6 * MINUTE, did_harm=True)
    made = make_postmortem(make_sight(held=(harmful,), events=()), public=True)
    assert "Taken back, since it did harm: the source of the excess refused." in made.summary
    assert not any("Mitigated" in each or "No mitigation" in each for each in made.summary)
    measured = {each.name: (each.after_s, each.how) for each in made.moments}
    assert measured["mitigate"] == measured["name"] == (360.0, "what did harm was taken back")
    assert "Taken back, since it did harm: The source of the excess refused" in {each.title for each in made.timeline}
    both = make_postmortem(make_sight(held=(harmful, limit)), public=True)
    assert any(each.startswith("Mitigated by a tighter limit, first") for each in both.summary)


def test_what_ended_before_or_is_elsewhere_didnt_mitigate() -> None:
    shed = Shed(location="iad", budget_per_s=9.0, requests_per_s={Criticality.SHEDDABLE: 1.0})
    elsewhere = make_mitigation("m-1", shed, 5).model_copy(update={"finding": None})
    there = replace(make_sight().record, incident=make_incident(regions=("europe",)))
    sights = (
        make_sight(
            held=(Held(make_mitigation("m-1", Limit(service="acme-shop", requests_per_s=1.0), -9), BEGAN - 60),)
        ),
        make_sight(record=there, held=(Held(elsewhere, None),)),
    )
    for sight in sights:
        made = make_postmortem(sight, public=False)
        assert "No mitigation was in force." in made.summary
        assert {each.name: each.at for each in made.moments}["mitigate"] is None
        assert all(each.kind != "mitigation" for each in make_postmortem(sight, public=True).timeline)


def test_a_change_that_was_taken_back_is_when_it_was_noticed_named_and_mitigated() -> None:
    incident = make_incident(occasion=Occasion.ROLLOUT, revision=3, opened_at=BEGAN + 5.0)
    rolled_back = RevisionRolledBack(at=BEGAN + 4.0, author="holdfast", number=3, wave=1, why="it harms")
    sight = make_sight(record=replace(make_sight().record, incident=incident), held=(), events=(rolled_back,))
    late = {"f-3": make_finding().model_copy(update={"seen_at": BEGAN + 60.0})}
    made = make_postmortem(replace(sight, findings=late), public=True)
    after = {each.name: each.after_s for each in made.moments}
    assert (after["detect"], after["name"], after["mitigate"]) == (5.0, 4.0, 4.0)
    assert "A change was taken back." in made.summary


@pytest.mark.parametrize(
    ("author", "why", "after_s"),
    [
        ("holdfast", "surge of acme-shop is named", 7.0),
        ("holdfast", "m-7 is in force for it", None),
        ("ann", "seen", 7.0),
    ],
)
def test_what_is_done_about_it_doesnt_name_its_cause(author: str, why: str, after_s: float | None) -> None:
    incident = make_incident(phase=Phase.IDENTIFIED, resolved_at=None)
    changed = IncidentChanged(at=BEGAN + 7.0, author=author, incident=incident, why=why)
    record = replace(make_record(incident), posts=())
    made = make_postmortem(make_sight(record=record, events=(changed,)), public=False)
    assert {each.name: each.after_s for each in made.moments}["name"] == after_s


def test_a_summary_names_a_few_components() -> None:
    assert summarise_components(4) == "Part 1, Part 2, Part 3 and Part 4"
    assert summarise_components(5) == "Part 1, Part 2, Part 3 and 2 more"


def summarise_components(count: int) -> str:
    """What the summary says of an incident of so many components."""
    parts = {f"p-{n}": {"title": f"Part {n}", "services": ["acme-shop"]} for n in range(1, count + 1)}
    tree = PLATFORM.model_dump(mode="json", by_alias=True, exclude_unset=True)
    tree["status"]["components"] = parts
    incident = make_incident(components=tuple(parts))
    sight = make_sight(record=replace(make_sight().record, incident=incident), platform=Platform.model_validate(tree))
    summary = make_postmortem(sight, public=True).summary[0]
    return summary.partition(" began on ")[2].partition(" in Europe")[0]


def test_the_public_hears_once_of_what_sounds_alike() -> None:
    incident = make_incident(findings=("f-3", "f-4", "f-5"))
    found = {
        name: make_finding().model_copy(update={"service": service, "seen_at": BEGAN + at})
        for name, service, at in (("f-3", "acme-shop", 1.0), ("f-4", "acme-search", 2.0), ("f-5", "globex-api", 90.0))
    }
    sight = make_sight(record=replace(make_sight().record, incident=incident), findings=found)
    for public, times in ((True, 2), (False, 3)):
        made = make_postmortem(sight, public=public)
        assert sum(mark.kind is MarkKind.FINDING for mark in made.chart.marks) == times
    told = [each for each in make_postmortem(sight, public=True).timeline if each.kind == "finding"]
    assert [each.at - BEGAN for each in told] == [1.0, 90.0]


def test_a_draft_is_no_public_word() -> None:
    record = make_record()
    first = record.posts[0].model_copy(update={"status": PostStatus.DRAFT})
    made = make_postmortem(make_sight(record=replace(record, posts=(first,))), public=True)
    assert [each.kind for each in made.timeline if each.kind == "post"] == []
    assert next(each for each in made.moments if each.name == "tell").at is None


def test_while_it_goes_on_it_says_as_of_when() -> None:
    going_on = make_incident(phase=Phase.IDENTIFIED, resolved_at=None)
    accounts = FakeAccounts(stretches=((BEGAN, BEGAN + 1_000 * MINUTE, FakeAccounts().stretches[0][2]),))
    sight = make_sight(record=make_record(going_on), now=BEGAN + 8 * MINUTE, accounts=accounts)
    made = make_postmortem(sight, public=False)
    assert made.as_of == BEGAN + 8 * MINUTE
    assert "it was still identified" in made.summary[0]
    assert {each.name: each.how for each in made.moments}["contain"] == "not yet"


def test_a_lost_upstream_is_named_when_it_is_found() -> None:
    sight = make_sight()
    lost = [event.model_copy(update={"finding": sight.findings["f-3"].model_copy(update={"kind": FindingKind.LOSS})})
            for event in sight.events]  # fmt: skip
    made = make_postmortem(replace(sight, events=lost), public=False)
    assert next(each for each in made.moments if each.name == "name").after_s == 2.0


def test_services_are_those_named_or_those_of_the_components_or_all() -> None:
    assert find_services(make_incident(), PLATFORM) == ("acme-shop",)
    assert find_services(make_incident(services=()), PLATFORM) == ("acme-shop", "globex-api")
    assert find_services(make_incident(services=(), components=()), PLATFORM) == (
        "acme-search",
        "acme-shop",
        "globex-api",
    )


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.booleans())
def test_the_window_has_the_incident_in_it_and_nothing_to_come(length_s: float, later_s: float, is_open: bool) -> None:
    now = BEGAN + length_s + later_s
    incident = make_incident(resolved_at=None if is_open else BEGAN + length_s)
    window = find_window(incident, now)
    assert window.shown_from <= window.began_at - 180.0 <= window.ended_at <= window.shown_until <= max(now, BEGAN)


def test_it_survives_json() -> None:
    made = make_postmortem(make_sight(), public=False)
    assert Postmortem.model_validate_json(made.model_dump_json()) == made
