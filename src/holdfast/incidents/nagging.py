"""When the public hears of an incident by itself, and who is to be reminded that it hasn't.

A first word is due at once; another when the phase is another than that of the latest, but the more words there
are, the more time there is between them; and another one when nothing was said for as long as the site declares. The
last word comes with the end. None of it while a person leads: then people are reminded.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from holdfast.incidents.maintenance import is_muted
from holdfast.model.incident import Impact, Incident, IncidentId, Phase, Post, PostStatus
from holdfast.model.state import IncidentRecord, State
from holdfast.model.status_site import StatusSite
from holdfast.model.token import SYSTEM

GAP_S: Final = 60.0
"""Between the first word and the second; twice as long before each that follows."""
APPROVAL_S: Final = 300.0
"""A draft that waits for so long is forgotten."""
REMINDER: Final = "reminder: "
"""How the note begins that says of something overdue."""


class OverdueKind(StrEnum):
    """What is overdue."""

    WORD = "word"
    """The public heard nothing new for long."""
    APPROVAL = "approval"
    """A draft waits."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """What somebody should do about an incident, due since a Unix time, in seconds."""

    id: IncidentId
    kind: OverdueKind
    since: float
    text: str


def is_public(incident: Incident, state: State, now: float) -> bool:
    """Whether the public is to hear of it: what it doesn't notice, drills and announced work are not for it."""
    known = any(post.status is PostStatus.PUBLISHED for post in state.incidents[incident.id].posts)
    if incident.drill or not incident.components:
        return False
    is_noticed = incident.impact is not Impact.NONE and not is_muted(incident, state.maintenances.values(), now)
    return known or is_noticed


def find_latest(posts: Iterable[Post]) -> Post | None:
    """The latest public word."""
    return max((p for p in posts if p.status is PostStatus.PUBLISHED), key=lambda post: post.at, default=None)


def find_draft(posts: Iterable[Post]) -> Post | None:
    """The draft that waits."""
    return next((post for post in posts if post.status is PostStatus.DRAFT), None)


def is_word_due(
    record: IncidentRecord, site: StatusSite, now: float, *, publishes: bool = False, is_news: bool = False
) -> bool:
    """Whether a word is to be published, or drafted, by itself; `is_news` if more is known than the latest says.

    What is published takes the place of Holdfast's own draft.
    """
    incident, latest, draft = record.incident, find_latest(record.posts), find_draft(record.posts)
    if incident.led_by is not None or (draft is not None and draft.author != SYSTEM):
        return False
    if draft is not None and not publishes:
        is_stale = draft.phase is Phase.RESOLVED or now - draft.at >= GAP_S
        return draft.phase is not incident.phase and is_stale
    if latest is None:
        return True
    count = sum(post.status is PostStatus.PUBLISHED for post in record.posts)
    gap_s = min(GAP_S * 2.0 ** min(count - 1, 20), site.remind_after)
    is_other = latest.phase is not incident.phase or is_news
    return now - latest.at >= (gap_s if is_other else site.remind_after)


def list_overdue(state: State, site: StatusSite | None, now: float) -> tuple[Overdue, ...]:
    """What somebody is to be reminded of, at a Unix time in seconds; of drills nothing, without a site nothing."""
    if site is None:
        return ()
    opened = (record for record in state.incidents.values() if record.incident.is_open and not record.incident.drill)
    return tuple(overdue for record in opened for overdue in _list_overdue(record, site, now))


def find_next_overdue(state: State, site: StatusSite | None, now: float) -> float | None:
    """When something is overdue next (Unix time, in seconds)."""
    if site is None:
        return None
    ahead = (at for record in state.incidents.values() if record.incident.is_open for at in _list_due(record, site))
    return min((at for at in ahead if at > now), default=None)


def was_reminded(record: IncidentRecord, overdue: Overdue, remind_after_s: float, now: float) -> bool:
    """Whether somebody was reminded of it since it is overdue, and not for too long."""
    latest = max((n.at for n in record.notes if n.author == SYSTEM and n.text.startswith(REMINDER)), default=None)
    return latest is not None and latest >= overdue.since and now - latest < remind_after_s


def _list_overdue(record: IncidentRecord, site: StatusSite, now: float) -> Iterator[Overdue]:
    incident, latest, draft = record.incident, find_latest(record.posts), find_draft(record.posts)
    if latest is not None and now - latest.at >= site.remind_after:
        text = f"the public heard nothing new of {incident.id} for {(now - latest.at) / 60:.0f} minutes"
        yield Overdue(incident.id, OverdueKind.WORD, latest.at + site.remind_after, text)
    if draft is not None and now - draft.at >= APPROVAL_S:
        text = f"draft {draft.number} of {incident.id} waits to be published for {(now - draft.at) / 60:.0f} minutes"
        yield Overdue(incident.id, OverdueKind.APPROVAL, draft.at + APPROVAL_S, text)


def _list_due(record: IncidentRecord, site: StatusSite) -> Iterator[float]:
    latest, draft = find_latest(record.posts), find_draft(record.posts)
    if latest is not None:
        yield latest.at + site.remind_after
    if draft is not None:
        yield draft.at + APPROVAL_S
