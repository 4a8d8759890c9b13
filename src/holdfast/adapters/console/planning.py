"""Changes planned by hand: a platform file handed in, tried, shown, and put in force where that is wanted."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.adapters.console.console import console_of, session_of
from holdfast.adapters.console.drafts import REASON_CHARACTERS_MAX
from holdfast.adapters.console.fields import Fields, read_fields
from holdfast.model.refusal import Refusal
from holdfast.views.plan import PlanDocument
from holdfast.views.revisions import ProposalDocument, RejectedDocument

FORM_BYTES_MAX: Final = 8 * 1024 * 1024
"""A larger platform is for the command line."""
FILE: Final = "console"
"""What a file that was handed in here is called."""
CONFIRMS: Final = "confirm-"
"""What the names of the fields begin with that confirm a danger."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A platform file that somebody handed in."""

    text: str
    reason: str
    confirmed: tuple[str, ...]


async def show_form(request: Request) -> Response:
    """The form for a platform file."""
    _require_all(request)
    return _show_form(request, "", "")


async def plan(request: Request) -> Response:
    """What a file would change; put it in force where that was seen and confirmed."""
    _require_all(request)
    fields = await read_fields(request, session_of(request), FORM_BYTES_MAX)
    change = _read_change(fields)
    if not change.text.strip():
        return _show_form(request, "", "Paste a platform file, or choose one.")
    return await (_apply(request, change) if fields.get("step") == "apply" else _plan(request, change, ""))


async def _plan(request: Request, change: _Change, mistake: str) -> Response:
    answer = await console_of(request).operations.plan(change.text, FILE, (), change.confirmed)
    if isinstance(answer, Refusal):
        return _show_form(request, change.text, answer.message)
    return _show_plan(request, change, answer, mistake)


async def _apply(request: Request, change: _Change) -> Response:
    session = session_of(request)
    if not session.may_act:
        raise HTTPException(HTTPStatus.FORBIDDEN, "This takes a token of the role operator or admin.")
    answer = await console_of(request).operations.propose(
        session.token.name, change.text, FILE, change.reason, change.confirmed
    )
    match answer:
        case ProposalDocument():
            return RedirectResponse(f"{request.scope.get('root_path', '')}/history", HTTPStatus.SEE_OTHER)
        case PlanDocument():
            mistake = "Something must be confirmed yet. Nothing was changed."
            return _show_plan(request, change, answer, mistake)
        case RejectedDocument():
            return await _plan(request, change, "The file has mistakes. Nothing was changed.")
        case Refusal():
            return await _plan(request, change, f"Nothing was changed: {answer.message}.")


def _read_change(fields: Fields) -> _Change:
    """Browsers send lines that end with a carriage return, and that are not the file's."""
    text = fields.get("text", "").replace("\r\n", "\n")
    confirmed = tuple(name.removeprefix(CONFIRMS) for name in fields if name.startswith(CONFIRMS))
    return _Change(f"{text}\n" if text else "", fields.get("reason", "")[:REASON_CHARACTERS_MAX], confirmed)


def _show_form(request: Request, text: str, mistake: str) -> Response:
    context = {"plan": None, "text": text, "reason": "", "mistake": mistake, "confirms": CONFIRMS}
    return console_of(request).answer_still(request, "plan.html", context, _status(mistake))


def _show_plan(request: Request, change: _Change, document: PlanDocument, mistake: str) -> Response:
    context = {
        "plan": document,
        "text": change.text,
        "reason": change.reason,
        "mistake": mistake,
        "confirms": CONFIRMS,
    }
    return console_of(request).answer_still(request, "plan.html", context, _status(mistake))


def _require_all(request: Request) -> None:
    if session_of(request).tenant is not None:
        raise HTTPException(HTTPStatus.FORBIDDEN, "This shows all tenants, and your token is for one.")


def _status(mistake: object) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK
