"""Incidents as people see them who work on them."""

from collections.abc import Iterable

from holdfast.model.event import Event
from holdfast.model.finding import FindingId
from holdfast.model.incident import Incident, IncidentId, IncidentNote, Page, Phase, Post, PostStatus
from holdfast.model.mitigation import MitigationId
from holdfast.model.noun import Noun
from holdfast.model.state import IncidentRecord
from holdfast.views.event_words import tell_event
from holdfast.views.findings import FindingDocument
from holdfast.views.follow_ups import FollowUpDocument
from holdfast.views.live_history import EntryKind


class IncidentRow(Noun):
    """An incident in a list. Times are Unix times, in seconds.

    `told_at` is when the public heard of it last, if it did; `draft` the number of the word that waits for somebody.
    `overdue` is what somebody should do. A `muted` one wakes nobody: announced work covers it.
    """

    incident: Incident
    told_at: float | None = None
    draft: int | None = None
    overdue: tuple[str, ...] = ()
    muted: bool = False


class IncidentsDocument(Noun):
    """Open incidents, and resolved ones; the newest first. `now` is a Unix time, in seconds."""

    now: float
    open: tuple[IncidentRow, ...]
    resolved: tuple[IncidentRow, ...]
    left_out: int = 0
    """Resolved ones that are remembered and not listed."""


class IncidentDocument(Noun):
    """One incident with all that belongs to it. `now` is a Unix time, in seconds.

    `suggested` is the phase that it seems to be in, where Holdfast would say another. `forgotten` are findings that
    only the journal remembers. `mitigations` are those in force for it, and what lately was.
    """

    now: float
    row: IncidentRow
    posts: tuple[Post, ...]
    notes: tuple[IncidentNote, ...]
    pages: tuple[Page, ...]
    findings: tuple[FindingDocument, ...]
    forgotten: tuple[FindingId, ...] = ()
    mitigations: tuple[MitigationId, ...] = ()
    suggested: Phase | None = None
    suggested_why: str = ""
    follow_ups: tuple[FollowUpDocument, ...] = ()
    recorded: bool = True
    """Whether what was just done is in the journal; it takes effect before."""


class TimelineEntryDocument(Noun):
    """Something decided: when (Unix time, in seconds), by whom, what, and why.

    `own` if it is of the incident itself; `sequence` is None while it isn't recorded.
    """

    sequence: int | None
    at: float
    own: bool
    kind: EntryKind
    subject: str
    title: str
    detail: str = ""
    author: str


class TimelineDocument(Noun):
    """What was decided while an incident went on, oldest first; `left_out` is how much of the middle isn't shown.

    Unless `whole`, the journal is so long that the beginning wasn't looked up.
    """

    id: IncidentId
    entries: tuple[TimelineEntryDocument, ...]
    left_out: int = 0
    whole: bool = True


def show_row(record: IncidentRecord, overdue: Iterable[str], *, muted: bool) -> IncidentRow:
    """An incident in a list."""
    published = [post.at for post in record.posts if post.status is PostStatus.PUBLISHED]
    drafts = (post.number for post in record.posts if post.status is PostStatus.DRAFT)
    return IncidentRow(
        incident=record.incident,
        told_at=max(published, default=None),
        draft=next(drafts, None),
        overdue=tuple(overdue),
        muted=muted,
    )


def show_moment(sequence: int | None, event: Event, *, own: bool) -> TimelineEntryDocument:
    """An event in words."""
    told = tell_event(event)
    return TimelineEntryDocument(
        sequence=sequence,
        at=event.at,
        own=own,
        kind=told.kind,
        subject=told.subject,
        title=told.title,
        detail=told.detail,
        author=event.author,
    )
