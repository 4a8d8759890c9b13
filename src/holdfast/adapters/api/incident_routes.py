"""Incidents: seen, opened, changed, told of."""

from http import HTTPStatus
from typing import Annotated, Final, Protocol, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request

from holdfast.adapters.api.access import Operator, Viewer
from holdfast.adapters.api.problems import Problem, refuse
from holdfast.model.incident import IncidentId
from holdfast.model.refusal import Refusal
from holdfast.views.incidents import IncidentDocument, IncidentsDocument, TimelineDocument
from holdfast.views.incidents_wanted import IncidentChangeWanted, IncidentWanted, NoteWanted, PostWanted, PublishWanted

router = APIRouter(prefix="/v1/incidents")
RESOLVED_MAX: Final = 1_000
D = TypeVar("D")


class IncidentOperations(Protocol):
    """What may be seen of incidents and done about them. `author` is the name on the caller's token."""

    def list_all(self, resolved_max: int) -> IncidentsDocument:
        """All open incidents, and the newest resolved ones."""

    async def show(self, id_: IncidentId) -> IncidentDocument | None:
        """One incident with all that belongs to it, if it is remembered."""

    async def show_timeline(self, id_: IncidentId, *, everything: bool) -> TimelineDocument | None:
        """What the journal saw of an incident, or all that it saw meanwhile."""

    async def open(self, author: str, wanted: IncidentWanted) -> IncidentDocument | Refusal:
        """Open an incident."""

    async def change(self, author: str, id_: IncidentId, wanted: IncidentChangeWanted) -> IncidentDocument | Refusal:
        """Change what is known of an incident; resolve it, or open it again."""

    async def acknowledge(self, author: str, id_: IncidentId) -> IncidentDocument | Refusal:
        """Say that one works on it."""

    async def note(self, author: str, id_: IncidentId, text: str) -> IncidentDocument | Refusal:
        """Write something down for those who work on it."""

    async def say(self, author: str, id_: IncidentId, wanted: PostWanted) -> IncidentDocument | Refusal:
        """Publish a public word, or write one that waits for somebody to publish it."""

    async def publish(
        self, author: str, id_: IncidentId, number: int, wanted: PublishWanted
    ) -> IncidentDocument | Refusal:
        """Publish a draft."""

    async def discard(self, author: str, id_: IncidentId, number: int) -> IncidentDocument | Refusal:
        """Throw a draft away."""


async def _incidents(request: Request) -> IncidentOperations:
    incidents: IncidentOperations = request.app.state.incidents
    return incidents


TheIncidents = Annotated[IncidentOperations, Depends(_incidents)]
Number = Annotated[int, Path(ge=1, le=10_000)]
Resolved = Annotated[int, Query(ge=0, le=RESOLVED_MAX, description="Resolved ones, at most.")]


@router.get("")
async def list_incidents(_viewer: Viewer, incidents: TheIncidents, resolved_max: Resolved = 20) -> IncidentsDocument:
    """Open incidents, and the newest resolved ones."""
    return incidents.list_all(resolved_max)


@router.post("", status_code=HTTPStatus.CREATED)
async def open_incident(operator: Operator, incidents: TheIncidents, body: IncidentWanted) -> IncidentDocument:
    """Open an incident by hand. Nothing is published by that."""
    return _answer(await incidents.open(operator.name, body))


@router.get("/{incident_id}")
async def show_incident(_viewer: Viewer, incidents: TheIncidents, incident_id: IncidentId) -> IncidentDocument:
    """One incident: its words, notes and pages, what was found and is suspected of it, what answers it."""
    return _find(await incidents.show(incident_id), incident_id)


@router.get("/{incident_id}/timeline")
async def show_timeline(
    _viewer: Viewer,
    incidents: TheIncidents,
    incident_id: IncidentId,
    everything: Annotated[bool, Query(description="All that was decided meanwhile.")] = False,
) -> TimelineDocument:
    """What the journal saw of an incident, oldest first, from a while before it began."""
    return _find(await incidents.show_timeline(incident_id, everything=everything), incident_id)


@router.patch("/{incident_id}")
async def change_incident(
    operator: Operator, incidents: TheIncidents, incident_id: IncidentId, body: IncidentChangeWanted
) -> IncidentDocument:
    """Change what is known of an incident; resolve it, or open it again, by its phase."""
    return _answer(await incidents.change(operator.name, incident_id, body))


@router.post("/{incident_id}/acknowledge")
async def acknowledge_incident(
    operator: Operator, incidents: TheIncidents, incident_id: IncidentId
) -> IncidentDocument:
    """Say that one works on it: nobody else is woken."""
    return _answer(await incidents.acknowledge(operator.name, incident_id))


@router.post("/{incident_id}/notes", status_code=HTTPStatus.CREATED)
async def note_incident(
    operator: Operator, incidents: TheIncidents, incident_id: IncidentId, body: NoteWanted
) -> IncidentDocument:
    """Write something down for those who work on it."""
    return _answer(await incidents.note(operator.name, incident_id, body.text))


@router.post("/{incident_id}/posts", status_code=HTTPStatus.CREATED)
async def post_word(
    operator: Operator, incidents: TheIncidents, incident_id: IncidentId, body: PostWanted
) -> IncidentDocument:
    """Publish a public word, or keep it as a draft."""
    return _answer(await incidents.say(operator.name, incident_id, body))


@router.post("/{incident_id}/posts/{number}/publish")
async def publish_draft(
    operator: Operator, incidents: TheIncidents, incident_id: IncidentId, number: Number, body: PublishWanted
) -> IncidentDocument:
    """Publish a draft, as it is or otherwise."""
    return _answer(await incidents.publish(operator.name, incident_id, number, body))


@router.post("/{incident_id}/posts/{number}/discard")
async def discard_draft(
    operator: Operator, incidents: TheIncidents, incident_id: IncidentId, number: Number
) -> IncidentDocument:
    """Throw a draft away."""
    return _answer(await incidents.discard(operator.name, incident_id, number))


def _answer(answer: IncidentDocument | Refusal) -> IncidentDocument:
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer


def _find(document: D | None, id_: IncidentId) -> D:
    if document is None:
        raise Problem(HTTPStatus.NOT_FOUND, "incident_unknown", f"incident {id_} is not among those remembered")
    return document
