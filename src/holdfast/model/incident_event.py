"""What was decided about incidents, what people are told of them, and what was promised."""

from typing import Literal

from holdfast.model.decided import Decided
from holdfast.model.follow_up import FollowUp
from holdfast.model.incident import Incident, IncidentId, Page, Post
from holdfast.model.maintenance import Maintenance


class IncidentOpened(Decided):
    """Something is wrong that people should know of."""

    type: Literal["incident_opened"] = "incident_opened"
    incident: Incident


class IncidentChanged(Decided):
    """More is known of an incident, or it is in another phase; `incident` is how it is from now on."""

    type: Literal["incident_changed"] = "incident_changed"
    incident: Incident
    why: str


class IncidentAcknowledged(Decided):
    """Somebody works on it."""

    type: Literal["incident_acknowledged"] = "incident_acknowledged"
    id: IncidentId


class IncidentNoted(Decided):
    """Somebody working on it wrote something down."""

    type: Literal["incident_noted"] = "incident_noted"
    id: IncidentId
    text: str


class PersonPaged(Decided):
    """Somebody was woken for it, or couldn't be."""

    type: Literal["person_paged"] = "person_paged"
    id: IncidentId
    page: Page


class PostWritten(Decided):
    """A public word was drafted, published or discarded; one of a number takes the place of that before it."""

    type: Literal["post_written"] = "post_written"
    id: IncidentId
    post: Post


class FollowUpSet(Decided):
    """Something was promised, changed, kept or given up."""

    type: Literal["follow_up_set"] = "follow_up_set"
    follow_up: FollowUp
    why: str = ""


class MaintenanceSet(Decided):
    """A maintenance window was announced or changed; it was reminded of, began, ended, or was cancelled."""

    type: Literal["maintenance_set"] = "maintenance_set"
    maintenance: Maintenance
    why: str = ""


IncidentEvent = (
    IncidentOpened
    | IncidentChanged
    | IncidentAcknowledged
    | IncidentNoted
    | PersonPaged
    | PostWritten
    | FollowUpSet
    | MaintenanceSet
)
"""Everything that is told of incidents and of announced work."""
