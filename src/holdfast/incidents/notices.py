"""What subscribers are told: published words about incidents that are no drills, and announced work.

Whatever has the same key is told once. All of it follows from what is decided, so that a restart changes nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from holdfast.incidents.status_words import clean_line, clean_text
from holdfast.model.incident import Impact, Post, PostStatus
from holdfast.model.maintenance import Maintenance, MaintenancePhase
from holdfast.model.state import IncidentRecord, State
from holdfast.model.subscriber import Interest, Notice, NoticeStatus, NoticeUpdate

_LATER: Final = {
    MaintenancePhase.IN_PROGRESS: NoticeStatus.IN_PROGRESS,
    MaintenancePhase.COMPLETED: NoticeStatus.COMPLETED,
    MaintenancePhase.CANCELLED: NoticeStatus.CANCELLED,
}
_ABOUT_WORK: Final = {
    NoticeStatus.SCHEDULED: "",
    NoticeStatus.RESCHEDULED: "It was moved to another time.",
    NoticeStatus.REMINDER: "It begins soon.",
    NoticeStatus.IN_PROGRESS: "It has begun.",
    NoticeStatus.COMPLETED: "It is over.",
    NoticeStatus.CANCELLED: "It won't take place.",
}


def find_fresh(state: State, told: Sequence[str]) -> tuple[str, ...]:
    """The keys of notices that nobody was told; `told` are those that were, in order.

    Of announced work it counts what was told last, since it may be moved back to where it was.
    """
    before, latest = frozenset(told), {find_subject(key): key for key in told}
    posts = (
        key
        for record in state.incidents.values()
        if not record.incident.drill
        for post in record.posts
        if post.status is PostStatus.PUBLISHED and (key := _key_of_post(record, post)) not in before
    )
    windows = (_key_of_work(window) for window in state.maintenances.values())
    return (*posts, *(key for key in windows if latest.get(find_subject(key)) != key))


def has_first_words(fresh: Iterable[str], told: Iterable[str]) -> bool:
    """Whether any of these keys is about something that nobody was told of before."""
    return not {find_subject(key) for key in fresh} <= {find_subject(key) for key in told}


def find_forgotten(state: State, told: Iterable[str]) -> tuple[str, ...]:
    """Keys that needn't be remembered: what they are about is forgotten."""
    return tuple(
        key
        for key in told
        if (subject := find_subject(key)) not in state.incidents and subject not in state.maintenances
    )


def list_notices(state: State, keys: Collection[str], told: Collection[str]) -> tuple[Notice, ...]:
    """The notices with these keys that the state gives rise to; `told` are the keys of those told by now."""
    wanted = frozenset(keys)
    subjects = frozenset(map(find_subject, wanted))
    records = (record for id_, record in state.incidents.items() if id_ in subjects)
    incidents = (notice for record in records for notice in _list_posts(record) if notice.key in wanted)
    before = [key for key in told if key not in wanted]
    windows = (_tell_work(each, before) for each in state.maintenances.values() if _key_of_work(each) in wanted)
    return tuple(sorted((*incidents, *windows), key=_order))


def find_subject(key: str) -> str:
    """The id of what a key's notice is about."""
    return key.partition("/")[0]


def is_wanted(notice: Notice, interest: Interest) -> bool:
    """Whether somebody with this interest wants to be told. What is about no component in particular concerns all."""
    return _meet(notice.interest.components, interest.components) and _meet(notice.interest.regions, interest.regions)


def select_notices(notices: Iterable[Notice], interest: Interest) -> tuple[Notice, ...]:
    """Those that somebody with this interest wants to be told, in order."""
    return tuple(notice for notice in notices if is_wanted(notice, interest))


def group_notices(notices: Sequence[Notice]) -> tuple[tuple[Notice, ...], ...]:
    """Notices by what they are about, in order of the first of each."""
    by_subject: dict[str, list[Notice]] = {}
    for notice in notices:
        by_subject.setdefault(notice.about, []).append(notice)
    return tuple(tuple(each) for each in by_subject.values())


def _key_of_post(record: IncidentRecord, post: Post) -> str:
    return f"{record.incident.id}/{post.number}"


def _meet(about: Sequence[str], chosen: Sequence[str]) -> bool:
    return not about or not chosen or not set(about).isdisjoint(chosen)


def _order(notice: Notice) -> tuple[float, str, int]:
    return notice.news.at, notice.about, notice.news.number


def _list_posts(record: IncidentRecord) -> Iterator[Notice]:
    incident = record.incident
    if incident.drill:
        return
    published = [post for post in record.posts if post.status is PostStatus.PUBLISHED]
    published.sort(key=lambda post: (post.at, post.number))
    told = tuple(
        NoticeUpdate(post.number, NoticeStatus(post.phase), clean_text(post.text), post.at) for post in published
    )
    for last, post in enumerate(published, 1):
        yield Notice(
            key=_key_of_post(record, post),
            about=incident.id,
            title=clean_line(incident.public_title),
            impact=incident.impact,
            updates=told[:last],
            interest=Interest(incident.components, incident.regions),
            opened_at=incident.opened_at,
            resolved_at=incident.resolved_at,
        )


def _key_of_work(window: Maintenance) -> str:
    """Another one whenever it is moved, reminded of, begins, ends or is cancelled."""
    if window.phase in _LATER:
        return f"{window.id}/{window.phase}"
    what = f"reminder-{window.reminders}" if window.reminders else "scheduled"
    return f"{window.id}/{what}/{_spell_times(window)}"


def _spell_times(window: Maintenance) -> str:
    return f"{window.begins_at:.0f}-{window.ends_at:.0f}"


def _tell_work(window: Maintenance, before: Iterable[str]) -> Notice:
    status = _find_status(window, [key for key in before if find_subject(key) == window.id])
    return Notice(
        key=_key_of_work(window),
        about=window.id,
        title=clean_line(window.title),
        impact=Impact.NONE,
        updates=(NoticeUpdate(1, status, clean_text(f"{_ABOUT_WORK[status]}\n\n{window.text}"), window.announced_at),),
        interest=Interest(window.components, window.regions),
        opened_at=window.announced_at,
        resolved_at=window.ends_at if window.phase is MaintenancePhase.COMPLETED else None,
        begins_at=window.begins_at,
        ends_at=window.ends_at,
    )


def _find_status(window: Maintenance, before: Sequence[str]) -> NoticeStatus:
    later = _LATER.get(window.phase)
    if later is not None:
        return later
    if before and not before[-1].endswith(f"/{_spell_times(window)}"):
        return NoticeStatus.RESCHEDULED
    return NoticeStatus.REMINDER if window.reminders else NoticeStatus.SCHEDULED
