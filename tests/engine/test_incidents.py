"""Incidents: opened, changed, acknowledged, noted; what is refused, and what is kept."""

import pytest

from fakes.engine import Play, make_facts
from holdfast.engine import incidents
from holdfast.engine.evolve_incidents import evolve_incidents
from holdfast.engine.facts import PlatformFacts
from holdfast.engine.incident_command import (
    AcknowledgeIncident,
    ChangeIncident,
    NoteIncident,
    NotePage,
    OpenIncident,
)
from holdfast.engine.maxima import INCIDENTS_KEPT_MAX, NOTES_KEPT_MAX
from holdfast.model.incident import Impact, Incident, Occasion, Phase
from holdfast.model.incident_event import IncidentOpened
from holdfast.model.refusal import RefusalCode
from holdfast.model.state import State
from holdfast.model.token import SYSTEM

BY_HAND = OpenIncident("ann", " the shop fails ", "Errors: Shop", Impact.MAJOR, components=("web",), regions=("eu",))
BY_ITSELF = OpenIncident(SYSTEM, "errors of shop", "Errors", Impact.MINOR, Occasion.FINDING, findings=("f-1",))


@pytest.fixture
def play() -> Play:
    play = Play()
    facts = make_facts("shop")
    play.put_in_force(
        "a", PlatformFacts(facts.tenants, facts.bounds, facts.edges, {}, {}, frozenset({"web"}), frozenset({"eu"}))
    )
    return play


def test_one_is_opened_and_begins_no_later_than_now(play: Play) -> None:
    play.do(BY_HAND)
    incident = play.state.incidents["i-1"].incident
    assert (incident.title, incident.began_at, incident.opened_at) == ("the shop fails", 1_000.0, 1_000.0)
    assert (incident.phase, incident.led_by) == (Phase.INVESTIGATING, "ann")
    play.do(OpenIncident("ann", "x", "y", Impact.NONE, began_at=2_000.0))
    assert play.state.incidents["i-2"].incident.began_at == 1_000.0
    play.do(BY_ITSELF)
    assert play.state.incidents["i-3"].incident.led_by is None


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (OpenIncident("ann", " ", "x", Impact.NONE), RefusalCode.TEXT_MALFORMED),
        (OpenIncident("ann", "x", "bell\a", Impact.NONE), RefusalCode.TEXT_MALFORMED),
        (OpenIncident("ann", "x" * 201, "x", Impact.NONE), RefusalCode.TEXT_MALFORMED),
        (OpenIncident("ann", "x", "x", Impact.NONE, components=("nope",)), RefusalCode.STATUS_COMPONENT_UNKNOWN),
        (OpenIncident("ann", "x", "x", Impact.NONE, regions=("nope",)), RefusalCode.REGION_UNKNOWN),
        (ChangeIncident("ann", "i-9", "why"), RefusalCode.INCIDENT_UNKNOWN),
        (AcknowledgeIncident("ann", "i-9"), RefusalCode.INCIDENT_UNKNOWN),
        (NoteIncident("ann", "i-9", "x"), RefusalCode.INCIDENT_UNKNOWN),
        (NotePage("i-9", "ann", "mail", 1), RefusalCode.INCIDENT_UNKNOWN),
    ],
)
def test_what_makes_no_sense_is_refused(play: Play, command: OpenIncident, code: RefusalCode) -> None:
    assert play.refuse(command) is code


def test_what_is_unknown_is_told_with_what_there_is(play: Play) -> None:
    play.refuse(OpenIncident("ann", "x", "x", Impact.NONE, components=("nope",)))
    assert play.message == "the platform's status site has no component nope; it has web"


def test_whoever_sets_phase_or_impact_leads(play: Play) -> None:
    play.do(BY_ITSELF)
    play.do(ChangeIncident("bob", "i-1", "also there", services=("shop",)))
    play.do(ChangeIncident(SYSTEM, "i-1", "named", phase=Phase.IDENTIFIED))
    assert play.state.incidents["i-1"].incident.led_by is None
    play.do(ChangeIncident("bob", "i-1", "not so bad", impact=Impact.NONE))
    assert play.state.incidents["i-1"].incident.led_by == "bob"


def test_a_resolved_one_is_changed_by_opening_it_again_only(play: Play) -> None:
    play.do(BY_HAND)
    play.now = 1_060.0
    play.do(ChangeIncident("ann", "i-1", "over", phase=Phase.RESOLVED))
    assert play.state.incidents["i-1"].incident.resolved_at == 1_060.0
    assert play.refuse(ChangeIncident("ann", "i-1", "x", title="y")) is RefusalCode.INCIDENT_RESOLVED
    assert play.message == "incident i-1 is resolved: reopen it, or open another"
    assert play.refuse(AcknowledgeIncident("ann", "i-1")) is RefusalCode.INCIDENT_RESOLVED
    play.do(NoteIncident("ann", "i-1", "afterthought"))
    play.do(ChangeIncident("ann", "i-1", "again", phase=Phase.INVESTIGATING))
    assert play.state.incidents["i-1"].incident.resolved_at is None


@pytest.mark.parametrize("worker", [None, "bob"])
def test_who_opens_one_again_that_others_worked_on_finds_nobody_working_on_it(play: Play, worker: str | None) -> None:
    play.do(BY_HAND)
    if worker is not None:
        play.do(AcknowledgeIncident(worker, "i-1"))
    play.do(ChangeIncident("bob", "i-1", "over", phase=Phase.RESOLVED))
    play.now = 2_000.0
    play.do(ChangeIncident("ann", "i-1", "again", phase=Phase.INVESTIGATING))
    incident = play.state.incidents["i-1"].incident
    assert (incident.acknowledged_by, incident.acknowledged_at, incident.reopened_at) == (None, None, 2_000.0)
    play.do(AcknowledgeIncident("bob", "i-1"))


def test_who_opens_again_what_they_worked_on_works_on_it_still(play: Play) -> None:
    play.do(BY_HAND)
    play.do(AcknowledgeIncident("bob", "i-1"))
    play.do(ChangeIncident("ann", "i-1", "over", phase=Phase.RESOLVED))
    play.now = 2_000.0
    play.do(ChangeIncident("bob", "i-1", "again", phase=Phase.IDENTIFIED))
    incident = play.state.incidents["i-1"].incident
    assert (incident.acknowledged_by, incident.acknowledged_at, incident.reopened_at) == ("bob", 2_000.0, None)


def test_a_program_that_sets_phase_or_impact_does_not_lead(play: Play) -> None:
    play.do(BY_ITSELF)
    play.do(ChangeIncident("alertmanager", "i-1", "worse", impact=Impact.MAJOR, leads=False))
    assert play.state.incidents["i-1"].incident.led_by is None
    play.do(ChangeIncident("bob", "i-1", "not so bad", impact=Impact.NONE))
    play.do(ChangeIncident("alertmanager", "i-1", "over", phase=Phase.RESOLVED, leads=False))
    assert play.state.incidents["i-1"].incident.led_by == "bob"


def test_a_change_that_changes_nothing_is_refused(play: Play) -> None:
    play.do(BY_HAND)
    assert play.refuse(ChangeIncident("ann", "i-1", "why", impact=Impact.MAJOR)) is RefusalCode.UNCHANGED
    assert play.refuse(ChangeIncident("ann", "i-1", "two\nlines", impact=Impact.NONE)) is RefusalCode.REASON_MALFORMED


def test_it_is_acknowledged_once(play: Play) -> None:
    play.do(BY_HAND)
    play.do(AcknowledgeIncident("bob", "i-1"))
    incident = play.state.incidents["i-1"].incident
    assert (incident.acknowledged_by, incident.acknowledged_at) == ("bob", 1_000.0)
    assert play.refuse(AcknowledgeIncident("ann", "i-1")) is RefusalCode.INCIDENT_ACKNOWLEDGED


def test_the_newest_notes_and_pages_are_kept(play: Play) -> None:
    play.do(BY_HAND)
    for number in range(NOTES_KEPT_MAX + 2):
        play.do(NoteIncident("ann", "i-1", f"note {number}"))
    play.do(NotePage("i-1", "bob", "mail", 1, "no such address"))
    record = play.state.incidents["i-1"]
    assert (len(record.notes), record.notes[0].text) == (NOTES_KEPT_MAX, "note 2")
    assert [(page.person, page.error) for page in record.pages] == [("bob", "no such address")]


def test_there_is_a_most_of_open_ones(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incidents, "INCIDENTS_OPEN_MAX", 1)
    play.do(BY_HAND)
    assert play.refuse(BY_HAND) is RefusalCode.INCIDENTS_FULL
    play.do(ChangeIncident("ann", "i-1", "over", phase=Phase.RESOLVED))
    play.do(BY_HAND)
    assert play.refuse(ChangeIncident("ann", "i-1", "x", phase=Phase.MONITORING)) is RefusalCode.INCIDENTS_FULL


def test_the_oldest_resolved_ones_are_forgotten_and_open_ones_never() -> None:
    state = State()
    for number in range(1, INCIDENTS_KEPT_MAX + 4):
        phase = Phase.INVESTIGATING if number == 1 else Phase.RESOLVED
        incident = Incident(
            id=f"i-{number}",
            title="x",
            public_title="x",
            occasion=Occasion.FINDING,
            impact=Impact.NONE,
            phase=phase,
            began_at=1.0,
            opened_at=1.0,
            resolved_at=None if number == 1 else 2.0,
        )
        state = evolve_incidents(state, IncidentOpened(at=1.0, author=SYSTEM, incident=incident))
    assert len(state.incidents) == INCIDENTS_KEPT_MAX + 1
    assert list(state.incidents)[:2] == ["i-1", "i-4"]
