"""When a public word is due, and who is to be reminded of one."""

from holdfast.incidents.nagging import (
    APPROVAL_S,
    GAP_S,
    REMINDER,
    OverdueKind,
    find_next_overdue,
    is_public,
    is_word_due,
    list_overdue,
    was_reminded,
)
from holdfast.model.incident import Impact, Incident, IncidentNote, Phase, Post, PostStatus
from holdfast.model.maintenance import Maintenance, MaintenancePhase
from holdfast.model.state import IncidentRecord, State
from holdfast.model.status_site import StatusComponent, StatusSite
from holdfast.model.token import SYSTEM
from incidents.scenes import NOW, make_incident

SITE = StatusSite(title="Status", components={"web": StatusComponent(title="Web", services=("shop",))})
AGO_S = SITE.remind_after
ONE = make_incident(components=("web",))


def make_post(number: int, at: float, status: PostStatus = PostStatus.PUBLISHED, **more: object) -> Post:
    made = {"number": number, "phase": Phase.INVESTIGATING, "text": "x", "status": status, "at": at, "author": SYSTEM}
    return Post.model_validate(made | more)


def hold(record: IncidentRecord, *windows: Maintenance) -> State:
    return State(incidents={record.incident.id: record}, maintenances={each.id: each for each in windows})


def test_the_first_word_is_due_at_once_and_the_next_with_the_phase() -> None:
    assert is_word_due(IncidentRecord(ONE), SITE, NOW)
    told = IncidentRecord(ONE, (make_post(1, NOW),))
    assert not is_word_due(told, SITE, NOW + GAP_S)
    identified = IncidentRecord(ONE.model_copy(update={"phase": Phase.IDENTIFIED}), told.posts)
    assert not is_word_due(identified, SITE, NOW + GAP_S - 1.0)
    assert is_word_due(identified, SITE, NOW + GAP_S)


def test_words_come_ever_more_seldom_and_never_later_than_people_are_reminded() -> None:
    posts = tuple(make_post(n, NOW) for n in range(1, 5))
    identified = ONE.model_copy(update={"phase": Phase.IDENTIFIED})
    assert not is_word_due(IncidentRecord(identified, posts), SITE, NOW + 8 * GAP_S - 1.0)
    assert is_word_due(IncidentRecord(identified, posts), SITE, NOW + 8 * GAP_S)
    assert is_word_due(IncidentRecord(ONE, posts), SITE, NOW + AGO_S)
    many = tuple(make_post(n, NOW) for n in range(1, 100))
    assert is_word_due(IncidentRecord(identified, many), SITE, NOW + AGO_S)


def test_nothing_is_said_over_a_persons_head() -> None:
    led = ONE.model_copy(update={"led_by": "ann"})
    assert not is_word_due(IncidentRecord(led), SITE, NOW)
    draft = make_post(1, NOW, PostStatus.DRAFT, author="ann", phase=Phase.IDENTIFIED)
    assert not is_word_due(IncidentRecord(ONE, (draft,)), SITE, NOW + AGO_S)


def test_a_draft_follows_the_phase() -> None:
    draft = make_post(1, NOW, PostStatus.DRAFT)
    identified = ONE.model_copy(update={"phase": Phase.IDENTIFIED})
    assert not is_word_due(IncidentRecord(ONE, (draft,)), SITE, NOW + AGO_S)
    assert is_word_due(IncidentRecord(identified, (draft,)), SITE, NOW + GAP_S)
    resolved = make_post(1, NOW, PostStatus.DRAFT, phase=Phase.RESOLVED)
    assert is_word_due(IncidentRecord(identified, (resolved,)), SITE, NOW + 1.0)


def check_public(incident: Incident, *posts: Post, windows: tuple[Maintenance, ...] = ()) -> bool:
    return is_public(incident, hold(IncidentRecord(incident, posts), *windows), NOW + 1.0)


def test_the_public_hears_of_what_it_notices_only() -> None:
    assert check_public(ONE)
    assert not check_public(ONE.model_copy(update={"components": ()}))
    assert not check_public(ONE.model_copy(update={"drill": True}), make_post(1, NOW))
    unnoticed = ONE.model_copy(update={"impact": Impact.NONE})
    assert not check_public(unnoticed)
    assert check_public(unnoticed, make_post(1, NOW))
    window = Maintenance(
        id="w-1", title="x", begins_at=NOW, ends_at=NOW + 60.0, phase=MaintenancePhase.IN_PROGRESS, announced_at=0.0
    )
    assert not check_public(ONE, windows=(window,))


def test_people_are_reminded_of_silence_and_of_what_waits_and_not_too_often() -> None:
    record = IncidentRecord(ONE, (make_post(1, NOW), make_post(2, NOW, PostStatus.DRAFT)))
    assert list_overdue(hold(record), SITE, NOW + APPROVAL_S - 1.0) == ()
    assert find_next_overdue(hold(record), SITE, NOW) == NOW + APPROVAL_S
    (waits,) = list_overdue(hold(record), SITE, NOW + APPROVAL_S)
    assert (waits.kind, waits.since) == (OverdueKind.APPROVAL, NOW + APPROVAL_S)
    assert {each.kind for each in list_overdue(hold(record), SITE, NOW + AGO_S)} == set(OverdueKind)
    assert not was_reminded(record, waits, AGO_S, NOW + APPROVAL_S)
    note = IncidentNote(at=NOW + APPROVAL_S, author=SYSTEM, text=f"{REMINDER}{waits.text}")
    noted = IncidentRecord(ONE, record.posts, (note,))
    assert was_reminded(noted, waits, AGO_S, NOW + APPROVAL_S + AGO_S - 1.0)
    assert not was_reminded(noted, waits, AGO_S, NOW + APPROVAL_S + AGO_S)


def test_of_drills_and_without_a_site_nobody_is_reminded() -> None:
    record = IncidentRecord(ONE, (make_post(1, NOW),))
    assert list_overdue(hold(record), None, NOW + AGO_S) == ()
    drill = IncidentRecord(ONE.model_copy(update={"drill": True}), record.posts)
    assert list_overdue(hold(drill), SITE, NOW + AGO_S) == ()
