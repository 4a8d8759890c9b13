"""What was decided about incidents and announced work, in a few words."""

from typing import assert_never

from holdfast.model.follow_up import FollowUp
from holdfast.model.incident import Incident, Page, Post
from holdfast.model.incident_event import (
    FollowUpSet,
    IncidentAcknowledged,
    IncidentChanged,
    IncidentEvent,
    IncidentNoted,
    IncidentOpened,
    MaintenanceSet,
    PersonPaged,
    PostWritten,
)
from holdfast.model.maintenance import Maintenance
from holdfast.views.live_history import EntryKind
from holdfast.views.told import Told


def tell_incident_event(event: IncidentEvent) -> Told:  # noqa: PLR0911 - one for each event
    """What such an event says."""
    match event:
        case IncidentOpened(incident=incident):
            drill = "drill: " if incident.drill else ""
            return _about(incident.id, f"opened: {drill}{incident.title}", _describe(incident))
        case IncidentChanged(incident=incident):
            return _about(incident.id, f"now {incident.phase}, {_describe(incident)}", event.why)
        case IncidentAcknowledged():
            return _about(event.id, "acknowledged")
        case IncidentNoted():
            return _about(event.id, "noted", event.text)
        case PersonPaged(page=page):
            return _about(event.id, *_tell_page(page))
        case PostWritten(post=post):
            return _about(event.id, _tell_post(post), post.text)
        case FollowUpSet(follow_up=follow_up):
            return Told(EntryKind.FOLLOW_UP, follow_up.id, _tell_follow_up(follow_up), event.why)
        case MaintenanceSet(maintenance=window):
            return Told(EntryKind.MAINTENANCE, window.id, _tell_maintenance(window), event.why)
    assert_never(event)


def _about(id_: str, title: str, detail: str = "") -> Told:
    return Told(EntryKind.INCIDENT, id_, title, detail)


def _describe(incident: Incident) -> str:
    places = ", ".join((*incident.components, *incident.regions))
    return f"impact {incident.impact}{f'; {places}' if places else ''}"


def _tell_page(page: Page) -> tuple[str, str]:
    if page.error:
        return f"{page.person} could not be paged by {page.channel}", page.error
    return f"{page.person} was paged by {page.channel}", f"step {page.step}" if page.step else ""


def _tell_post(post: Post) -> str:
    return f"post {post.number} {post.status}: {post.phase}"


def _tell_follow_up(follow_up: FollowUp) -> str:
    if follow_up.dropped:
        how = "given up"
    elif follow_up.done_at is not None:
        how = "done"
    else:
        how = f"due {follow_up.due.isoformat()}, {follow_up.owner}"
    return f"{follow_up.text} ({how})"


def _tell_maintenance(window: Maintenance) -> str:
    return f"{window.title}: {window.phase.replace('_', ' ')}"
