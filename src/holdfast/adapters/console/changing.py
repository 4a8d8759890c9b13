"""What people do with a revision on its way, and with a freeze: asked why, then done."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.adapters.console.act import Act
from holdfast.adapters.console.console import console_of, require_operator, session_of
from holdfast.adapters.console.fields import Fields, read_fields
from holdfast.adapters.console.port import RolloutCommands
from holdfast.model.refusal import Refusal
from holdfast.model.units import parse_duration
from holdfast.views.rollout import FREEZE_S_MAX, FreezeDocument, RolloutsDocument

ACTS: Final[Mapping[str, Act]] = {
    "pause": Act(
        "Pause the rollout?", "No further wave begins. Whoever has the revision keeps it.", "Pause it", needs="rollout"
    ),
    "resume": Act("Resume the rollout?", "The waves go on.", "Resume it", needs="rollout", takes_reason=False),
    "promote": Act(
        "Promote the revision?",
        "Everybody has it at once. The waves that are left, and what they would have found, are skipped.",
        "Give it to everybody",
        needs="rollout",
        is_grave=True,
    ),
    "abort": Act(
        "Abort the rollout?",
        "Whoever has the revision has the one before again, at once.",
        "Roll it back",
        needs="rollout",
        is_grave=True,
    ),
    "freeze": Act(
        "Freeze changes?",
        "Nothing new goes out, and what is on its way stands still. Mitigations and ways back go on.",
        "Freeze changes",
        takes_duration=True,
    ),
    "thaw": Act("Let changes go out again?", "What stood still goes on.", "Thaw", needs="freeze", takes_reason=False),
}
"""What may be done, by what its address ends with."""
_MISSING: Final = {"rollout": "No revision is rolling out.", "freeze": "Changes aren't frozen."}


async def show_change(request: Request) -> Response:
    """Ask whether it is to be done, and why."""
    act = _find_act(request)
    rollouts = console_of(request).source.rollouts()
    if act.needs and getattr(rollouts, act.needs) is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, _MISSING[act.needs])
    return _show(request, act, {}, "")


async def change(request: Request) -> Response:
    """Do it."""
    act = _find_act(request)
    fields = await read_fields(request, session_of(request))
    try:
        for_s = _read_duration(fields) if act.takes_duration else None
    except ValueError as error:
        return _show(request, act, fields, f"{error}.")
    reason = fields.get("reason", "")
    author, what = session_of(request).token.name, request.path_params["act"]
    answer = await _do(console_of(request).operations.rollouts, what, author, reason, for_s)
    if isinstance(answer, Refusal):
        return _show(request, act, fields, f"{answer.message}. Nothing was done.")
    return RedirectResponse(f"{request.scope.get('root_path', '')}/", HTTPStatus.SEE_OTHER)


async def _do(
    commands: RolloutCommands, what: str, author: str, reason: str, for_s: float | None
) -> RolloutsDocument | FreezeDocument | Refusal:
    match what:
        case "pause":
            return await commands.pause(author, reason)
        case "resume":
            return await commands.resume(author, reason)
        case "promote":
            return await commands.promote(author, reason)
        case "abort":
            return await commands.abort(author, reason)
        case "freeze":
            return await commands.freeze(author, reason, for_s)
        case _:
            return await commands.thaw(author, reason)


def _find_act(request: Request) -> Act:
    require_operator(request)
    act = ACTS.get(request.path_params["act"])
    if act is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such page.")
    return act


def _read_duration(fields: Fields) -> float | None:
    text = fields.get("for", "")
    if not text:
        return None
    for_s = parse_duration(text)
    if not 0 < for_s <= FREEZE_S_MAX:
        raise ValueError("a freeze lasts longer than nothing, and a year at the most")
    return for_s


def _show(request: Request, act: Act, fields: Fields, mistake: str) -> Response:
    console = console_of(request)
    context = {"act": act, "rollouts": console.source.rollouts(), "fields": fields, "mistake": mistake}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK
    return console.answer_still(request, "change.html", context, status)
