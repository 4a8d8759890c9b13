"""Public words about an incident: written, kept as a draft, published, thrown away."""

from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from holdfast.adapters.console.console import console_of, session_of
from holdfast.adapters.console.field_reader import FieldReader
from holdfast.adapters.console.fields import Fields, read_fields
from holdfast.adapters.console.responding import answer_form, find_incident, lead_to, tell_refusal
from holdfast.model.incident import Phase, Post, PostStatus
from holdfast.model.refusal import Refusal
from holdfast.views.incident_pages import IncidentPage
from holdfast.views.incidents import IncidentDocument
from holdfast.views.incidents_wanted import PostWanted, PublishWanted

DO = ("publish", "draft", "discard")


async def show_writing(request: Request) -> Response:
    """The editor: of a new word, or of the draft that waits."""
    page = find_incident(request)
    draft = _find_draft(request, page)
    incident = page.document.row.incident
    phase = page.document.suggested or incident.phase
    fields = {"phase": draft.phase.value if draft else phase.value, "text": draft.text if draft else ""}
    return _show(request, page, fields, {})


async def write(request: Request) -> Response:
    """Publish what was written, keep it as a draft, or throw the draft away."""
    page = find_incident(request)
    fields = await read_fields(request, session_of(request))
    do, reader = fields.get("do", ""), FieldReader(fields)
    if do not in DO:
        return _show(request, page, fields, {"form": "Choose what to do with it."})
    draft = _find_draft(request, page)
    if do == "discard" and draft:
        return _conclude(request, page, fields, await _discard(request, page, draft))
    wanted = reader.make(PostWanted, _read(reader, is_draft=do == "draft"))
    if wanted is None:
        return _show(request, page, fields, reader.mistakes)
    return _conclude(request, page, fields, await _say(request, page, draft, wanted))


def _read(reader: FieldReader, *, is_draft: bool) -> dict[str, Any]:
    phase = reader.read("phase", Phase, required="Choose how far it is.")
    text = reader.read("text", str, required="Write what people are to read.")
    return {"text": text, "phase": phase, "draft": is_draft}


async def _say(
    request: Request, page: IncidentPage, draft: Post | None, wanted: PostWanted
) -> IncidentDocument | Refusal:
    """A draft that is published keeps its number; one that is kept takes the place of that before it."""
    commands, author = console_of(request).desk.incidents, session_of(request).token.name
    id_ = page.document.row.incident.id
    if draft and not wanted.draft:
        return await commands.publish(author, id_, draft.number, PublishWanted(text=wanted.text, phase=wanted.phase))
    return await commands.say(author, id_, wanted)


async def _discard(request: Request, page: IncidentPage, draft: Post) -> IncidentDocument | Refusal:
    commands, author = console_of(request).desk.incidents, session_of(request).token.name
    return await commands.discard(author, page.document.row.incident.id, draft.number)


def _conclude(request: Request, page: IncidentPage, fields: Fields, answer: IncidentDocument | Refusal) -> Response:
    if isinstance(answer, Refusal):
        return _show(request, page, fields, tell_refusal(answer))
    return lead_to(request, f"/incidents/{page.document.row.incident.id}")


def _find_draft(request: Request, page: IncidentPage) -> Post | None:
    """The draft that an address names; None for a new word, 404 for one that no longer waits."""
    wanted = request.path_params["number"]
    if wanted == "new":
        return None
    for post in page.document.posts:
        if str(post.number) == wanted and post.status is PostStatus.DRAFT:
            return post
    raise HTTPException(HTTPStatus.NOT_FOUND, "This draft no longer waits: it was published or thrown away.")


def _show(request: Request, page: IncidentPage, fields: Fields, mistakes: dict[str, str]) -> Response:
    number = request.path_params["number"]
    incident = page.document.row.incident
    told = [post for post in page.document.posts if post.status is PostStatus.PUBLISHED]
    context = {
        "incident": incident,
        "number": None if number == "new" else number,
        "fields": fields,
        "newest": told[-1] if told else None,
        "now": page.document.now,
    }
    return answer_form(request, "incident-post.html", context, mistakes)
