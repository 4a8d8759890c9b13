"""Promises after incidents: made, changed, kept, given up."""

from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from holdfast.adapters.console.console import console_of, require_operator, session_of
from holdfast.adapters.console.field_reader import FieldReader
from holdfast.adapters.console.fields import Fields, read_fields
from holdfast.adapters.console.responding import answer_form, find_incident, lead_to, tell_refusal
from holdfast.model.follow_up import FollowUp
from holdfast.model.refusal import Refusal
from holdfast.views.incidents_wanted import FollowUpChangeWanted, FollowUpWanted

FORM = "follow-up.html"
TEXTS = ("text", "owner", "drill", "public_text")


async def show_promising(request: Request) -> Response:
    """The form for a promise after an incident."""
    incident = find_incident(request).document.row.incident
    return answer_form(request, FORM, {"incident": incident.id, "promise": None, "fields": {}}, {})


async def promise(request: Request) -> Response:
    """Make it."""
    incident = find_incident(request).document.row.incident
    fields = await read_fields(request, session_of(request))
    reader = FieldReader(fields)
    wanted = reader.make(FollowUpWanted, {"incident": incident.id, **_read(reader)})
    if wanted is None:
        return _show_again(request, incident.id, None, fields, reader.mistakes)
    answer = await console_of(request).desk.follow_ups.add(session_of(request).token.name, wanted)
    if isinstance(answer, Refusal):
        return _show_again(request, incident.id, None, fields, tell_refusal(answer))
    return lead_to(request, f"/incidents/{incident.id}")


async def show_changing(request: Request) -> Response:
    """The form for a promise that was made."""
    promise = _find(request)
    return _show_again(request, promise.incident, promise, _fill(promise), {})


async def change(request: Request) -> Response:
    """Change it; keep it, or give it up."""
    promise = _find(request)
    fields = await read_fields(request, session_of(request))
    reader = FieldReader(fields)
    wanted = reader.make(FollowUpChangeWanted, _read_change(reader, promise))
    if wanted is None:
        return _show_again(request, promise.incident, promise, fields, reader.mistakes)
    answer = await console_of(request).desk.follow_ups.change(session_of(request).token.name, promise.id, wanted)
    if isinstance(answer, Refusal):
        return _show_again(request, promise.incident, promise, fields, tell_refusal(answer))
    return lead_to(request, "/follow-ups")


def _read(reader: FieldReader) -> dict[str, Any]:
    return {
        "text": reader.read("text", str, required="Say what is promised."),
        "owner": reader.read("owner", str, required="Say whose it is."),
        "due": reader.read("due", str, required="Say until when, such as 2026-12-24."),
        "drill": reader.read("drill", str),
        "public_text": reader.read("public_text", str),
    }


def _read_change(reader: FieldReader, promise: FollowUp) -> dict[str, Any]:
    """Only what differs. What was said to the public, and its drill, can be replaced and not taken back."""
    do, before = reader.fields.get("do", "change"), _fill(promise)
    given = {name: value for name, value in _read(reader).items() if value is not None and value != before[name]}
    given["reason"] = reader.fields.get("reason", "")
    if do in {"done", "open"}:
        given |= {"done": do == "done", "dropped": False if promise.dropped else None}
    elif do == "drop":
        given |= {"dropped": True}
        if not given["reason"]:
            reader.mistakes["reason"] = "Say why it is given up."
    elif len(given) == 1 and not reader.mistakes:
        reader.mistakes["form"] = "Nothing is otherwise than it was."
    return given


def _find(request: Request) -> FollowUp:
    require_operator(request)
    wanted = request.path_params["follow_up"]
    for each in console_of(request).source.follow_ups().follow_ups:
        if each.follow_up.id == wanted:
            return each.follow_up
    raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such promise, or it is no longer remembered.")


def _fill(promise: FollowUp) -> dict[str, str]:
    return {"due": promise.due.isoformat(), **{name: getattr(promise, name) or "" for name in TEXTS}}


def _show_again(
    request: Request, incident: str, promise: FollowUp | None, fields: Fields, mistakes: dict[str, str]
) -> Response:
    return answer_form(request, FORM, {"incident": incident, "promise": promise, "fields": fields}, mistakes)
