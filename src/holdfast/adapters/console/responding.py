"""What people do about an incident: open it, acknowledge it, note something down, say what is known of it."""

from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.adapters.console.console import console_of, require_operator, session_of
from holdfast.adapters.console.field_reader import FieldReader, make_sentence, read_names, read_time, write_time
from holdfast.adapters.console.fields import Fields, read_fields
from holdfast.adapters.console.incident_screens import INCIDENT_ID
from holdfast.model.incident import Incident
from holdfast.model.refusal import Refusal
from holdfast.views.incident_pages import IncidentPage
from holdfast.views.incidents_wanted import IncidentChangeWanted, IncidentWanted, NoteWanted

REASON_HINT: Final = "Say why. Everyone here will see it."
NOTHING: Final = "Nothing was done."


def find_incident(request: Request) -> IncidentPage:
    """The incident that an address names; ends the request with 403 or 404 if it isn't there for who asks."""
    require_operator(request)
    wanted = request.path_params["incident"]
    page = console_of(request).source.incident(wanted) if INCIDENT_ID.fullmatch(wanted) else None
    if page is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such incident, or it is no longer remembered.")
    return page


def lead_to(request: Request, path: str) -> Response:
    """Go to a page of the console after something was done."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}{path}", HTTPStatus.SEE_OTHER)


def answer_form(request: Request, template: str, context: dict[str, Any], mistakes: dict[str, str]) -> Response:
    """A form, with what is wrong beside each field."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK
    places = console_of(request).source.public_places()
    return console_of(request).answer_still(
        request, template, {"places": places, "mistakes": mistakes, **context}, status
    )


def tell_refusal(refusal: Refusal) -> dict[str, str]:
    """Why control won't, as a mistake of the whole form."""
    return {"form": f"{make_sentence(refusal.message)} {NOTHING}"}


async def show_opening(request: Request) -> Response:
    """The form for an incident by hand."""
    require_operator(request)
    return answer_form(request, "incident-open.html", {"fields": {"impact": "minor"}}, {})


async def open_incident(request: Request) -> Response:
    """Open it."""
    require_operator(request)
    fields = await read_fields(request, session_of(request))
    reader = FieldReader(fields)
    wanted = _read_opening(reader)
    if wanted is None:
        return answer_form(request, "incident-open.html", {"fields": fields}, reader.mistakes)
    answer = await console_of(request).desk.incidents.open(session_of(request).token.name, wanted)
    if isinstance(answer, Refusal):
        return answer_form(request, "incident-open.html", {"fields": fields}, tell_refusal(answer))
    return lead_to(request, f"/incidents/{answer.row.incident.id}")


async def show_acknowledging(request: Request) -> Response:
    """Ask whether one works on it."""
    return _ask(request, find_incident(request), "")


async def acknowledge(request: Request) -> Response:
    """Say that one does."""
    page = find_incident(request)
    await read_fields(request, session_of(request))
    id_ = page.document.row.incident.id
    answer = await console_of(request).desk.incidents.acknowledge(session_of(request).token.name, id_)
    if isinstance(answer, Refusal):
        return _ask(request, page, f"{make_sentence(answer.message)} {NOTHING}")
    return lead_to(request, f"/incidents/{id_}")


async def show_noting(request: Request) -> Response:
    """The form for a note."""
    return answer_form(request, "incident-note.html", _about(find_incident(request), {}), {})


async def note(request: Request) -> Response:
    """Write it down."""
    page = find_incident(request)
    fields = await read_fields(request, session_of(request))
    reader = FieldReader(fields)
    wanted = reader.make(NoteWanted, {"text": fields.get("text", "")})
    if wanted is None:
        return answer_form(request, "incident-note.html", _about(page, fields), {"text": "Write something down."})
    id_ = page.document.row.incident.id
    answer = await console_of(request).desk.incidents.note(session_of(request).token.name, id_, wanted.text)
    if isinstance(answer, Refusal):
        return answer_form(request, "incident-note.html", _about(page, fields), tell_refusal(answer))
    return lead_to(request, f"/incidents/{id_}")


async def show_changing(request: Request) -> Response:
    """The form for what is known of an incident."""
    page = find_incident(request)
    return answer_form(request, "incident-change.html", _about(page, _fill(page.document.row.incident)), {})


async def change(request: Request) -> Response:
    """Change it."""
    page = find_incident(request)
    fields = await read_fields(request, session_of(request))
    incident, reader = page.document.row.incident, FieldReader(fields)
    wanted = _read_change(reader, incident)
    if wanted is None:
        return answer_form(request, "incident-change.html", _about(page, fields), reader.mistakes)
    answer = await console_of(request).desk.incidents.change(session_of(request).token.name, incident.id, wanted)
    if isinstance(answer, Refusal):
        return answer_form(request, "incident-change.html", _about(page, fields), tell_refusal(answer))
    return lead_to(request, f"/incidents/{incident.id}")


def _read_opening(reader: FieldReader) -> IncidentWanted | None:
    fields = reader.fields
    given = {
        "title": reader.read("title", str, required="Say what is wrong, in a line."),
        "impact": reader.read("impact", str, required="Choose how bad it is."),
        "public_title": reader.read("public_title", str),
        "began_at": reader.read("began_at", read_time),
        "drill": fields.get("drill") == "yes",
        **{name: read_names(fields.get(name, "")) for name in ("components", "regions", "services")},
    }
    return reader.make(IncidentWanted, given)


def _read_change(reader: FieldReader, incident: Incident) -> IncidentChangeWanted | None:
    """Only what differs, so that nothing is set back that changed while the form was open."""
    fields, before = reader.fields, _fill(incident)
    given: dict[str, Any] = {"reason": reader.read("reason", str, required=REASON_HINT)}
    shown = {name: fields.get(f"was-{name}", before[name]) for name in before}
    for name in ("phase", "impact", "title", "public_title"):
        if fields.get(name, "") != shown[name]:
            given[name] = reader.read(name, str, required="This can't be empty.")
    if fields.get("began_at", "") != shown["began_at"]:
        given["began_at"] = reader.read("began_at", read_time, required="This can't be empty.")
    for name in ("components", "regions", "services"):
        if read_names(fields.get(name, "")) != read_names(shown[name]):
            given[name] = read_names(fields.get(name, ""))
    if fields.get("drill", "no") != shown["drill"]:
        given["drill"] = fields.get("drill") == "yes"
    if len(given) == 1 and not reader.mistakes:
        reader.mistakes["form"] = "Nothing is otherwise than it was."
    return reader.make(IncidentChangeWanted, given)


def _fill(incident: Incident) -> dict[str, str]:
    return {
        "phase": incident.phase.value,
        "impact": incident.impact.value,
        "title": incident.title,
        "public_title": incident.public_title,
        "began_at": write_time(incident.began_at),
        "components": ", ".join(incident.components),
        "regions": ", ".join(incident.regions),
        "services": ", ".join(incident.services),
        "drill": "yes" if incident.drill else "no",
    }


def _about(page: IncidentPage, fields: Fields) -> dict[str, Any]:
    incident = page.document.row.incident
    return {"incident": incident, "fields": fields, "before": _fill(incident)}


def _ask(request: Request, page: IncidentPage, mistake: str) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK
    context = {"incident": page.document.row.incident, "mistake": mistake}
    return console_of(request).answer_still(request, "incident-acknowledge.html", context, status)
