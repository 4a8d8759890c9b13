"""What of the journal is on an incident's timeline."""

from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.opening.signs import SWITCHED_OFF
from holdfast.incidents.timeline import LEAD_S, MOMENTS_MAX, Dated, make_timeline
from holdfast.model.event import ChangeNoted, ComponentSwitched, FindingClosed, FindingOpened, MitigationStarted
from holdfast.model.follow_up import FollowUp
from holdfast.model.incident import Phase
from holdfast.model.incident_event import FollowUpSet, IncidentNoted, IncidentOpened, MaintenanceSet
from holdfast.model.maintenance import Maintenance
from holdfast.model.mitigation import Kill, Mitigation
from holdfast.model.note import NoteKind
from holdfast.model.token import SYSTEM
from incidents.scenes import NOW, make_finding, make_incident

ONE = make_incident(
    services=("shop",), findings=("f-1",), phase=Phase.RESOLVED, opened_at=NOW + 2.0, resolved_at=NOW + 600.0
)
SERVICES = frozenset({"shop", "cart"})


def begin(id_: str, service: str, at: float, finding: str | None = None) -> MitigationStarted:
    made = Mitigation(
        id=id_,
        measure=Kill(service=service),
        reason="x",
        author="ann",
        started_at=at,
        expires_at=at + 60,
        finding=finding,
    )
    return MitigationStarted(at=at, author="ann", mitigation=made)


def note(at: float, *services: str) -> ChangeNoted:
    return ChangeNoted(at=at, author="ann", kind=NoteKind.DEPLOY, services=services, why="x")


EVENTS: list[Dated] = list(
    enumerate(
        [
            note(NOW - LEAD_S - 1.0, "shop"),
            note(NOW - 60.0, "cart"),
            note(NOW - 50.0, "mail"),
            FindingOpened(at=NOW, author=SYSTEM, id="f-1", finding=make_finding()),
            FindingOpened(at=NOW, author=SYSTEM, id="f-2", finding=make_finding(service="mail")),
            IncidentOpened(at=NOW + 2.0, author=SYSTEM, incident=ONE),
            begin("m-1", "cart", NOW + 3.0, finding="f-1"),
            begin("m-2", "mail", NOW + 3.0),
            begin("m-3", "shop", NOW + 4.0),
            ComponentSwitched(at=NOW + 5.0, author="ann", component="watch", on=False, why="x"),
            FindingClosed(at=NOW + 300.0, author=SYSTEM, id="f-1", why="over"),
            note(NOW + 700.0, "shop"),
            IncidentNoted(at=NOW + 800.0, author="ann", id="i-1", text="x"),
            IncidentNoted(at=NOW + 800.0, author="ann", id="i-2", text="x"),
        ],
        1,
    )
)
FOLLOW_UP = FollowUpSet(
    at=NOW + 900.0,
    author="ann",
    follow_up=FollowUp.model_validate(
        {"id": "u-1", "incident": "i-1", "text": "x", "owner": "ann", "due": "2026-01-31"}
    ),
)


def test_its_own_findings_measures_changes_and_notes_are_on_it() -> None:
    timeline = make_timeline(ONE, [*EVENTS, (15, FOLLOW_UP)], SERVICES, NOW + 5_000.0)
    assert [moment.sequence for moment in timeline.moments] == [2, 4, 6, 7, 9, 11, 13, 15]
    assert all(moment.own for moment in timeline.moments)


def test_all_that_was_decided_meanwhile_is_on_it_when_asked_for() -> None:
    timeline = make_timeline(ONE, EVENTS, SERVICES, NOW + 5_000.0, everything=True)
    assert [moment.sequence for moment in timeline.moments] == [*range(2, 12), 13]
    assert [moment.sequence for moment in timeline.moments if not moment.own] == [3, 5, 8, 10]


def test_an_open_one_goes_on() -> None:
    opened = ONE.model_copy(update={"phase": Phase.IDENTIFIED, "resolved_at": None})
    assert make_timeline(opened, EVENTS, SERVICES, NOW + 5_000.0).moments[-2].sequence == 12


def test_announced_work_is_of_no_incident() -> None:
    window = Maintenance(id="w-1", title="x", begins_at=NOW, ends_at=NOW + 60.0, announced_at=NOW)
    event = MaintenanceSet(at=NOW + 1.0, author="ann", maintenance=window)
    assert make_timeline(ONE, [(1, event)], SERVICES, NOW + 5.0).moments == ()
    assert len(make_timeline(ONE, [(1, event)], SERVICES, NOW + 5.0, everything=True).moments) == 1


def test_what_was_switched_off_is_on_the_timeline_of_that() -> None:
    off = ComponentSwitched(at=NOW, author=SYSTEM, component="analyser", on=False, why="it was late")
    incident = ONE.model_copy(update={"alert": f"{SWITCHED_OFF}analyser:{NOW:.0f}"})
    assert [moment.event for moment in make_timeline(incident, [(1, off)], SERVICES, NOW + 5.0).moments] == [off]
    assert make_timeline(ONE, [(1, off)], SERVICES, NOW + 5.0).moments == ()


@given(st.integers(0, 3 * MOMENTS_MAX))
def test_it_has_an_end_and_loses_the_middle_only(count: int) -> None:
    events: list[Dated] = [(n, note(NOW + 1.0, "shop")) for n in range(count)]
    timeline = make_timeline(ONE, events, SERVICES, NOW + 5_000.0)
    shown = [moment.sequence for moment in timeline.moments]
    assert len(shown) + timeline.left_out == count
    assert len(shown) <= MOMENTS_MAX
    if count:
        assert (shown[0], shown[-1]) == (0, count - 1)
