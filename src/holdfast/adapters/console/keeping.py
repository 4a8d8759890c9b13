"""What people do with the spool of a service: keep it open, end that, have its dead letters delivered."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.adapters.console.act import Act
from holdfast.adapters.console.console import console_of, require_operator, session_of
from holdfast.adapters.console.fields import Fields, read_fields
from holdfast.model.refusal import Refusal
from holdfast.model.units import parse_duration
from holdfast.views.spool import SpoolActionDocument, SpooledServiceDocument

ACTS: Final[Mapping[str, Act]] = {
    "open": Act(
        "Keep everything deferrable?",
        "All that the service may defer is kept, in order, whether or not its upstream would take it, and delivered"
        " once that ends.",
        "Keep it",
        takes_duration=True,
    ),
    "close": Act(
        "Let requests go directly again?",
        "What people said about keeping it open ends. Requests go to the upstream again once all that is kept in order"
        " is delivered.",
        "Close it",
    ),
    "redeliver": Act(
        "Deliver all dead letters again?",
        "Those that there are now wait for delivery again, each at its old place in its order.",
        "Deliver them again",
    ),
}
"""What may be done with a service, by what its address ends with."""


async def show_act(request: Request) -> Response:
    """Ask whether it is to be done, and why."""
    return _show(request, *_find_act(request), {}, "")


async def act(request: Request) -> Response:
    """Do it."""
    wanted, spooled = _find_act(request)
    fields = await read_fields(request, session_of(request))
    try:
        for_s = parse_duration(fields.get("for", "")) if wanted.takes_duration else 0.0
    except ValueError as error:
        return _show(request, wanted, spooled, fields, f"{error}.")
    answer = await _do(request, fields.get("reason", ""), for_s)
    if isinstance(answer, Refusal):
        return _show(request, wanted, spooled, fields, f"{answer.message}. Nothing was done.")
    return RedirectResponse(f"{request.scope.get('root_path', '')}/spool", HTTPStatus.SEE_OTHER)


async def _do(request: Request, reason: str, for_s: float) -> SpooledServiceDocument | SpoolActionDocument | Refusal:
    commands = console_of(request).spool
    author, service = session_of(request).token.name, request.path_params["service"]
    match request.path_params["act"]:
        case "open":
            return await commands.open(author, service, for_s, reason)
        case "close":
            return await commands.close(author, service, reason)
        case _:
            return await commands.redeliver_all(author, service, reason)


def _find_act(request: Request) -> tuple[Act, SpooledServiceDocument]:
    require_operator(request)
    wanted, service = ACTS.get(request.path_params["act"]), request.path_params["service"]
    shown = console_of(request).source.spool(None).spool.services
    spooled = next((each for each in shown if each.service == service), None)
    if wanted is None or spooled is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such page.")
    return wanted, spooled


def _show(request: Request, wanted: Act, spooled: SpooledServiceDocument, fields: Fields, mistake: str) -> Response:
    context = {"act": wanted, "spooled": spooled, "fields": fields, "mistake": mistake}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK
    return console_of(request).answer_still(request, "spool-service.html", context, status)
