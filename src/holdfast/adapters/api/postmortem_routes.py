"""Postmortems: what is known of an incident afterwards, as JSON, Markdown or HTML."""

from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from holdfast.adapters.api.access import Viewer
from holdfast.adapters.api.problems import refuse
from holdfast.model.incident import IncidentId
from holdfast.model.postmortem import Postmortem, PostmortemFormat
from holdfast.model.refusal import Refusal

router = APIRouter(prefix="/v1/incidents")
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""A document has its style inside, and nothing that runs."""


class Postmortems(Protocol):
    """What the API needs of postmortems."""

    async def make(self, id_: IncidentId, *, public: bool = False) -> Postmortem | Refusal:
        """What is known of an incident now, or what of it everybody may know."""

    async def render(self, id_: IncidentId, form: PostmortemFormat, *, public: bool = False) -> str | Refusal:
        """The same as a document."""


async def _postmortems(request: Request) -> Postmortems:
    postmortems: Postmortems = request.app.state.postmortems
    return postmortems


ThePostmortems = Annotated[Postmortems, Depends(_postmortems)]
"""What a request is answered from."""


@router.get("/{incident_id}/postmortem")
async def show_postmortem(
    _viewer: Viewer, postmortems: ThePostmortems, incident_id: IncidentId, *, public: bool = False
) -> Postmortem:
    """All that is known of an incident: impact, timeline, traffic, suspects; or (`public`) what may be published."""
    made = await postmortems.make(incident_id, public=public)
    if isinstance(made, Refusal):
        raise refuse(made)
    return made


@router.get("/{incident_id}/postmortem.{form}", response_class=Response)
async def read_postmortem(
    _viewer: Viewer,
    postmortems: ThePostmortems,
    incident_id: IncidentId,
    form: PostmortemFormat,
    *,
    public: bool = False,
) -> Response:
    """The same as a document that needs nothing beside it: `postmortem.md`, `postmortem.html` or `postmortem.json`."""
    text = await postmortems.render(incident_id, form, public=public)
    if isinstance(text, Refusal):
        raise refuse(text)
    match form:
        case PostmortemFormat.HTML:
            return HTMLResponse(text, headers=HEADERS)
        case PostmortemFormat.JSON:
            return Response(text, media_type="application/json", headers=HEADERS)
        case PostmortemFormat.MARKDOWN:
            return PlainTextResponse(text, headers=HEADERS, media_type="text/markdown")
