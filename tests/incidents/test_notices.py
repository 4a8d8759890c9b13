"""What subscribers are told of: each published word once, announced work whenever it changes, drills never."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.notices import (
    find_forgotten,
    find_fresh,
    group_notices,
    has_first_words,
    is_wanted,
    list_notices,
    select_notices,
)
from holdfast.incidents.notices_pace import APART_S, OFTEN, OFTEN_APART_S, find_next_mailing
from holdfast.model.incident import Impact, Incident, Occasion, Phase, Post, PostStatus
from holdfast.model.maintenance import Maintenance, MaintenancePhase
from holdfast.model.state import IncidentRecord, State
from holdfast.model.subscriber import Interest, NoticeStatus

NAMES = st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=3).map(tuple)
INTERESTS = st.builds(Interest, NAMES, NAMES)


@st.composite
def incidents(draw: st.DrawFn, number: int) -> IncidentRecord:
    incident = Incident(
        id=f"i-{number}",
        title="secret-shop of acme",
        public_title=draw(st.sampled_from(["Errors", "Slow\u202eness"])),
        occasion=Occasion.PERSON,
        impact=draw(st.sampled_from(Impact)),
        began_at=0.0,
        opened_at=1.0,
        components=draw(NAMES),
        regions=draw(NAMES),
        services=("secret-shop",),
        drill=draw(st.booleans()),
    )
    statuses = draw(st.lists(st.sampled_from(PostStatus), max_size=5))
    posts = (
        Post(number=n, phase=Phase.MONITORING, text=f"word {n}", status=status, at=float(n), author="ann")
        for n, status in enumerate(statuses, 1)
    )
    return IncidentRecord(incident, tuple(posts))


@st.composite
def windows(draw: st.DrawFn, number: int) -> Maintenance:
    begins_at = draw(st.sampled_from([100.0, 200.0]))
    return Maintenance(
        id=f"w-{number}",
        title="Disks",
        components=draw(NAMES),
        regions=draw(NAMES),
        begins_at=begins_at,
        ends_at=begins_at + draw(st.sampled_from([10.0, 20.0])),
        phase=draw(st.sampled_from(MaintenancePhase)),
        announced_at=1.0,
        reminders=draw(st.integers(0, 2)),
    )


@st.composite
def states(draw: st.DrawFn) -> State:
    records = [draw(incidents(number)) for number in range(1, draw(st.integers(1, 4)))]
    works = [draw(windows(number)) for number in range(1, draw(st.integers(1, 4)))]
    return State(
        incidents={record.incident.id: record for record in records}, maintenances={work.id: work for work in works}
    )


@given(st.lists(states(), max_size=6))
def test_each_notice_is_told_once_whatever_happens_in_between(course: list[State]) -> None:
    told: list[str] = []
    for state in course:
        fresh = find_fresh(state, told)
        assert len(set(fresh)) == len(fresh)
        assert [notice.key for notice in list_notices(state, fresh, told)] != [] or not fresh
        assert {notice.key for notice in list_notices(state, fresh, told)} == set(fresh)
        told = [key for key in told if key not in fresh] + list(fresh)
        assert find_fresh(state, told) == ()
        posts = [key for key in told if key.startswith("i-")]
        assert len(set(posts)) == len(posts)


@given(states())
def test_only_published_words_of_no_drill_are_told_and_nothing_internal(state: State) -> None:
    published = {
        f"{record.incident.id}/{post.number}"
        for record in state.incidents.values()
        for post in record.posts
        if post.status is PostStatus.PUBLISHED and not record.incident.drill
    }
    fresh = find_fresh(state, ())
    assert {key for key in fresh if key.startswith("i-")} == published
    for notice in list_notices(state, fresh, ()):
        assert "secret" not in repr(notice)
        assert "acme" not in repr(notice)
        assert notice.title.isprintable()
        assert [update.at for update in notice.updates] == sorted(update.at for update in notice.updates)


@given(states(), INTERESTS)
def test_whoever_chose_nothing_hears_everything_and_nobody_hears_what_they_did_not_choose(
    state: State, interest: Interest
) -> None:
    notices = list_notices(state, find_fresh(state, ()), ())
    assert select_notices(notices, Interest()) == notices
    for notice in notices:
        components = not notice.interest.components or not interest.components
        regions = not notice.interest.regions or not interest.regions
        shares_component = bool(set(notice.interest.components) & set(interest.components))
        shares_region = bool(set(notice.interest.regions) & set(interest.regions))
        assert is_wanted(notice, interest) == ((components or shares_component) and (regions or shares_region))
    assert sum(map(len, group_notices(notices))) == len(notices)


def test_work_that_is_moved_there_and_back_is_told_each_time() -> None:
    window = Maintenance(id="w-1", title="Disks", begins_at=100.0, ends_at=110.0, announced_at=1.0)
    moved = window.model_copy(update={"begins_at": 50.0})
    reminded = window.model_copy(update={"reminders": 1})
    told: list[str] = []
    statuses = []
    for each in (window, moved, window, reminded, reminded):
        state = State(maintenances={"w-1": each})
        fresh = find_fresh(state, told)
        told = [key for key in told if key not in fresh] + list(fresh)
        statuses += [notice.news.status for notice in list_notices(state, fresh, told)]
    assert statuses == [
        NoticeStatus.SCHEDULED,
        NoticeStatus.RESCHEDULED,
        NoticeStatus.RESCHEDULED,
        NoticeStatus.REMINDER,
    ]


def test_what_is_about_nothing_known_any_more_is_forgotten() -> None:
    state = State(maintenances={"w-1": Maintenance(id="w-1", title="D", begins_at=1.0, ends_at=2.0, announced_at=0.0)})
    assert find_forgotten(state, ["w-1/scheduled/1-2", "w-2/completed", "i-1/1"]) == ("w-2/completed", "i-1/1")
    assert find_forgotten(replace(state, maintenances={}), ["w-1/scheduled/1-2"]) == ("w-1/scheduled/1-2",)


@given(st.lists(st.floats(0.01, 500.0), max_size=200), st.floats(0.0, 60.0))
def test_first_words_wait_for_a_minute_at_most(pauses_s: list[float], later_s: float) -> None:
    mailed_at = [10_000.0 + sum(pauses_s[:number]) for number in range(len(pauses_s))]
    now = max(mailed_at, default=10_000.0) + later_s
    assert find_next_mailing(mailed_at, now, first_words=True) <= now + APART_S


def test_first_words_are_those_about_something_new() -> None:
    assert has_first_words(["i-1/1"], [])
    assert has_first_words(["i-1/2", "w-1/scheduled/1-2"], ["i-1/1"])
    assert not has_first_words(["i-1/2"], ["i-1/1", "i-2/1"])


@given(st.lists(st.floats(0.01, 500.0), max_size=200))
def test_mailings_are_apart_and_ever_more_so_when_there_are_many(pauses_s: list[float]) -> None:
    now, mailed_at = 10_000.0, list[float]()
    for pause_s in pauses_s:
        now += pause_s
        at = find_next_mailing(mailed_at, now)
        assert at >= now
        if at == now:
            mailed_at.append(now)
    for first, second in pairwise(mailed_at):
        assert second - first >= APART_S - 1e-6
    for first, last in zip(mailed_at, mailed_at[OFTEN + 6 :], strict=False):
        assert last - first > 3_600.0 - OFTEN_APART_S


def test_the_first_is_told_at_once() -> None:
    assert find_next_mailing([], 5.0) == 5.0
    assert find_next_mailing([0.0], 10_000.0) == 10_000.0
