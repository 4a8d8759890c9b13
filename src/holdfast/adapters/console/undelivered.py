"""Dead letters: listed, looked into, and decided about. An owner decides about those of the own tenant."""

import base64
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.adapters.console.act import Act
from holdfast.adapters.console.console import console_of, session_of
from holdfast.adapters.console.fields import Fields, read_fields
from holdfast.adapters.console.sessions import Session
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.token import Role
from holdfast.views.spool import MessageDocument, hide_content, hide_queries

LETTERS_SHOWN_MAX: Final = 100
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_Document = TypeVar("_Document")
ACTS: Final[Mapping[str, Act]] = {
    "redeliver": Act(
        "Deliver it again?", "It waits for delivery again, at its old place in its order.", "Deliver it again"
    ),
    "drop": Act("Drop it?", "It is never delivered. Its receipt says so.", "Drop it", is_grave=True),
}
"""What may be done with a message, by what its address ends with."""
_DECIDABLE: Final[Mapping[str, tuple[str, ...]]] = {"dead": ("redeliver", "drop"), "waiting": ("drop",)}


async def show_dead(request: Request) -> Response:
    """Dead letters by acceptance, of one service or of all that may be seen."""
    console, session, params = console_of(request), session_of(request), request.query_params
    service, after = params.get("service", "").strip(), params.get("after", "")
    service = service if _NAME.fullmatch(service) else ""
    start = int(after) if after.isascii() and after.isdecimal() and len(after) < 18 else 0
    letters = _answer(await console.spool.list_dead(service or None, session.tenant, start, LETTERS_SHOWN_MAX))
    letters = letters if _may_read(session, session.tenant) else hide_queries(letters)
    more = urlencode({"service": service, "after": letters.after}) if letters.after is not None else ""
    return console.answer_still(request, "dead-letters.html", {"letters": letters, "service": service, "more": more})


async def show_message(request: Request) -> Response:
    """What a message is, and what became of it."""
    message = await _find_message(request)
    acts = _DECIDABLE.get(message.standing, ()) if _may_decide(session_of(request), message) else ()
    may_read = _may_read(session_of(request), message.tenant)
    context = {"message": message, "acts": acts, "content": _read_content(message), "may_read": may_read}
    return console_of(request).answer_still(request, "message.html", context)


async def show_act(request: Request) -> Response:
    """Ask whether it is to be done, and why."""
    wanted, message = await _find_act(request)
    return _ask(request, wanted, message, {}, "")


async def act(request: Request) -> Response:
    """Do it."""
    fields = await read_fields(request, session_of(request))
    wanted, message = await _find_act(request)
    commands, author, reason = console_of(request).spool, session_of(request).token.name, fields.get("reason", "")
    do = commands.drop if request.path_params["act"] == "drop" else commands.redeliver
    answer = await do(author, message.id, reason)
    if isinstance(answer, Refusal):
        return _ask(request, wanted, message, fields, f"{answer.message}. Nothing was done.")
    there = f"{request.scope.get('root_path', '')}/spool/messages/{message.id}"
    return RedirectResponse(there, HTTPStatus.SEE_OTHER)


async def _find_act(request: Request) -> tuple[Act, MessageDocument]:
    message = await _find_message(request)
    if not _may_decide(session_of(request), message):
        raise HTTPException(HTTPStatus.FORBIDDEN, "This takes a token of the role operator or admin, or its owner's.")
    wanted = request.path_params["act"]
    if wanted not in _DECIDABLE.get(message.standing, ()):
        raise HTTPException(HTTPStatus.NOT_FOUND, f"The message is {message.standing}: that can't be done with it.")
    return ACTS[wanted], message


async def _find_message(request: Request) -> MessageDocument:
    """A message that exists for whoever asks, with its content if that is for them."""
    session, wanted = session_of(request), request.path_params["id"]
    if not _ID.fullmatch(wanted):
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such message.")
    message = _answer(await console_of(request).spool.inspect(wanted))
    if session.tenant not in {None, message.tenant}:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such message.")
    return message if _may_read(session, message.tenant) else hide_content(message)


def _may_read(session: Session, tenant: str | None) -> bool:
    return session.token.role is Role.ADMIN or (tenant is not None and session.tenant == tenant)


def _may_decide(session: Session, message: MessageDocument) -> bool:
    return session.may_act or session.tenant == message.tenant


def _read_content(message: MessageDocument) -> Mapping[str, Any] | None:
    """The part of its body that is shown, as text if it is one; None for whoever may not read it, or if it is gone."""
    if message.body is None:
        return None
    body = base64.b64decode(message.body)
    cut = message.body_bytes is not None and len(body) < message.body_bytes
    try:
        text = body.decode(errors="ignore" if cut else "strict")
    except UnicodeDecodeError:
        text = None
    return {"text": text, "shown_bytes": len(body), "cut": cut}


def _ask(request: Request, wanted: Act, message: MessageDocument, fields: Fields, mistake: str) -> Response:
    context = {"act": wanted, "message": message, "fields": fields, "mistake": mistake}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK
    return console_of(request).answer_still(request, "message-act.html", context, status)


def _answer(answer: _Document | Refusal) -> _Document:
    if isinstance(answer, Refusal):
        is_unknown = answer.code is RefusalCode.MESSAGE_UNKNOWN
        detail = "There is no such message." if is_unknown else f"{answer.message}."
        raise HTTPException(HTTPStatus.NOT_FOUND if is_unknown else HTTPStatus.SERVICE_UNAVAILABLE, detail)
    return answer
