"""Announced work: announced, changed, begun and ended before its time, cancelled."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from holdfast.adapters.console.act import Act
from holdfast.adapters.console.console import console_of, require_operator, session_of
from holdfast.adapters.console.field_reader import FieldReader, make_sentence, read_names, read_time, write_time
from holdfast.adapters.console.fields import Fields, read_fields
from holdfast.adapters.console.responding import NOTHING, answer_form, lead_to, tell_refusal
from holdfast.model.maintenance import Maintenance, MaintenancePhase
from holdfast.model.refusal import Refusal
from holdfast.model.units import format_duration, parse_duration
from holdfast.views.incidents_wanted import MaintenanceChangeWanted, MaintenanceWanted

FORM: Final = "maintenance-form.html"
ACTS: Final[Mapping[str, tuple[Act, MaintenancePhase]]] = {
    "begin": (
        Act("Begin the work now?", "It is said to be under way, and wakes nobody until it ends.", "Begin it"),
        MaintenancePhase.IN_PROGRESS,
    ),
    "complete": (
        Act("Is the work done?", "It is said to be over, and whatever happens wakes people again.", "It is done"),
        MaintenancePhase.COMPLETED,
    ),
    "cancel": (
        Act("Cancel the work?", "It is said not to take place.", "Cancel it", is_grave=True),
        MaintenancePhase.CANCELLED,
    ),
}
"""What may be done with a window, by what its address ends with, and the phase that it is in then."""
_POSSIBLE: Final[Mapping[MaintenancePhase, tuple[str, ...]]] = {
    MaintenancePhase.SCHEDULED: ("begin", "cancel"),
    MaintenancePhase.IN_PROGRESS: ("complete",),
}


async def show_announcing(request: Request) -> Response:
    """The form for work that is to come."""
    require_operator(request)
    return answer_form(request, FORM, {"window": None, "fields": {"for": "2h"}}, {})


async def announce(request: Request) -> Response:
    """Announce it."""
    require_operator(request)
    fields = await read_fields(request, session_of(request))
    reader = FieldReader(fields)
    wanted = reader.make(MaintenanceWanted, _read(reader))
    if wanted is None:
        return answer_form(request, FORM, {"window": None, "fields": fields}, reader.mistakes)
    answer = await console_of(request).desk.maintenance.announce(session_of(request).token.name, wanted)
    if isinstance(answer, Refusal):
        return answer_form(request, FORM, {"window": None, "fields": fields}, tell_refusal(answer))
    return lead_to(request, f"/maintenance#{answer.maintenance.id}")


async def show_changing(request: Request) -> Response:
    """The form for work that was announced."""
    window = _find(request)
    return answer_form(request, FORM, {"window": window, "fields": _fill(window)}, {})


async def change(request: Request) -> Response:
    """Change it."""
    window = _find(request)
    fields = await read_fields(request, session_of(request))
    reader = FieldReader(fields)
    wanted = reader.make(MaintenanceChangeWanted, _read_change(reader, window))
    if wanted is None:
        return answer_form(request, FORM, {"window": window, "fields": fields}, reader.mistakes)
    return await _change(request, window, wanted, fields)


async def show_act(request: Request) -> Response:
    """Ask whether it is to be done, and why."""
    window = _find(request)
    return _ask(request, window, _find_act(request, window)[0], {}, "")


async def act(request: Request) -> Response:
    """Do it."""
    window = _find(request)
    wanted, phase = _find_act(request, window)
    fields = await read_fields(request, session_of(request))
    changed = MaintenanceChangeWanted(phase=phase, reason=fields.get("reason", "")[:500])
    answer = await console_of(request).desk.maintenance.change(session_of(request).token.name, window.id, changed)
    if isinstance(answer, Refusal):
        return _ask(request, window, wanted, fields, f"{make_sentence(answer.message)} {NOTHING}")
    return lead_to(request, f"/maintenance#{window.id}")


async def _change(request: Request, window: Maintenance, wanted: MaintenanceChangeWanted, fields: Fields) -> Response:
    answer = await console_of(request).desk.maintenance.change(session_of(request).token.name, window.id, wanted)
    if isinstance(answer, Refusal):
        return answer_form(request, FORM, {"window": window, "fields": fields}, tell_refusal(answer))
    return lead_to(request, f"/maintenance#{window.id}")


def _read(reader: FieldReader) -> dict[str, Any]:
    begins_at = reader.read("begins_at", read_time, required="Say when it begins, in UTC.")
    lasts_s = reader.read("for", parse_duration, required="Say how long it takes, such as 2h.")
    return {
        "title": reader.read("title", str, required="Say what is done, in a line."),
        "text": reader.fields.get("text", ""),
        "begins_at": begins_at,
        "ends_at": None if begins_at is None or lasts_s is None else begins_at + lasts_s,
        **{name: read_names(reader.fields.get(name, "")) for name in ("components", "regions")},
    }


def _read_change(reader: FieldReader, window: Maintenance) -> dict[str, Any]:
    """Only what differs."""
    read = _read(reader)
    given = {name: value for name, value in read.items() if value is not None and value != getattr(window, name)}
    if reader.fields.get("begins_at") == write_time(window.begins_at):
        given.pop("begins_at", None)
        if reader.fields.get("for") == _fill(window)["for"]:
            given.pop("ends_at", None)
    if not given and not reader.mistakes:
        reader.mistakes["form"] = "Nothing is otherwise than it was."
    return {**given, "reason": reader.fields.get("reason", "")}


def _find(request: Request) -> Maintenance:
    require_operator(request)
    wanted, windows = request.path_params["maintenance"], console_of(request).source.maintenances()
    for each in (*windows.coming, *windows.past):
        if each.maintenance.id == wanted and not each.maintenance.is_over:
            return each.maintenance
    raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such work, or it is over.")


def _find_act(request: Request, window: Maintenance) -> tuple[Act, MaintenancePhase]:
    wanted = request.path_params["act"]
    if wanted not in _POSSIBLE.get(window.phase, ()):
        raise HTTPException(HTTPStatus.NOT_FOUND, "That can't be done with it now.")
    return ACTS[wanted]


def _fill(window: Maintenance) -> dict[str, str]:
    return {
        "title": window.title,
        "text": window.text,
        "begins_at": write_time(window.begins_at),
        "for": format_duration(window.ends_at - window.begins_at),
        "components": ", ".join(window.components),
        "regions": ", ".join(window.regions),
    }


def _ask(request: Request, window: Maintenance, wanted: Act, fields: Fields, mistake: str) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK
    context = {"act": wanted, "window": window, "fields": fields, "mistake": mistake}
    return console_of(request).answer_still(request, "maintenance-act.html", context, status)
