"""Mitigations begun and ended by hand: described, previewed on recent traffic, confirmed."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.adapters.console.console import Console, console_of, require_operator, session_of
from holdfast.adapters.console.drafts import DEFAULT_FOR, MEASURE, Draft, read_draft
from holdfast.adapters.console.fields import Fields, read_fields
from holdfast.adapters.console.wording import KINDS, takes_word
from holdfast.model.finding import FindingId
from holdfast.model.mitigation import Deny, Measure, MitigationKind
from holdfast.model.prediction import Verdict
from holdfast.model.refusal import Refusal
from holdfast.model.units import format_duration
from holdfast.views.findings import FindingDocument

PLATFORM_WORD: Final = "platform"
"""What is typed to confirm a grave measure that holds for all services."""


_FINDING_ID: Final = re.compile(r"f-[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class _Filled:
    """What a form is filled with."""

    kind: str = MitigationKind.LIMIT.value
    service: str = ""
    reason: str = ""
    duration: str = DEFAULT_FOR
    requests: str = ""
    per_client: str = ""
    in_flight: str = ""
    networks: str = ""
    dimension: str = "network"
    values: str = ""


async def show_form(request: Request) -> Response:
    """The form for a measure by hand, or straight the preview of one that Holdfast suggests."""
    require_operator(request)
    params, console = request.query_params, console_of(request)
    found = _find_finding(console, params.get("finding", ""))
    if found is not None:
        return await _preview(request, _draft_for(found), found.id)
    kind = next((kind for kind in KINDS if kind == params.get("kind")), MitigationKind.LIMIT)
    return _show_form(request, _Filled(kind=kind.value, service=params.get("service", "")[:63]), {})


async def act(request: Request) -> Response:
    """Preview what a form describes; put it in force where that was seen and confirmed."""
    require_operator(request)
    fields = await read_fields(request, session_of(request))
    draft = read_draft(fields)
    if not isinstance(draft, Draft):
        return _show_form(request, _fill(fields), draft)
    if fields.get("step") != "confirm":
        return await _preview(request, draft, _read_finding(fields))
    prediction = await console_of(request).operations.preview(draft.measure)
    if takes_word(prediction) and fields.get("word", "") != _word_for(draft.measure):
        return await _preview(request, draft, _read_finding(fields), "What you typed isn't the name. Nothing was done.")
    answer = await console_of(request).operations.mitigate(
        session_of(request).token.name,
        draft.measure,
        draft.for_s,
        draft.reason,
        finding=_read_finding(fields),
        force=prediction.verdict is Verdict.HARMFUL,
    )
    if isinstance(answer, Refusal):
        return await _preview(request, draft, _read_finding(fields), answer.message)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/mitigations#{answer.id}", HTTPStatus.SEE_OTHER)


async def show_ending(request: Request) -> Response:
    """Ask whether a mitigation is to end."""
    require_operator(request)
    return _show_ending(request, "")


async def end(request: Request) -> Response:
    """End a mitigation."""
    require_operator(request)
    await read_fields(request, session_of(request))
    author, wanted = session_of(request).token.name, request.path_params["id"]
    answer = await console_of(request).operations.end_mitigation(author, wanted)
    if isinstance(answer, Refusal):
        return _show_ending(request, answer.message)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/mitigations", HTTPStatus.SEE_OTHER)


def _read_finding(fields: Fields) -> FindingId | None:
    """What a measure answers, if that is an open finding's id; the engine looks whether it is."""
    wanted = fields.get("finding", "")
    return wanted if _FINDING_ID.fullmatch(wanted) else None


def _find_finding(console: Console, wanted: str) -> FindingDocument | None:
    if not wanted:
        return None
    findings = console.source.findings(None).open
    found = next((each for each in findings if each.id == wanted), None)
    if found is None or (found.suggestion is None and found.finding.source is None):
        raise HTTPException(HTTPStatus.NOT_FOUND, "Nothing is suggested for this finding any more.")
    return found


def _draft_for(found: FindingDocument) -> Draft:
    if found.suggestion is not None:
        return Draft(found.suggestion.measure, found.suggestion.for_s, found.suggestion.reason)
    finding = found.finding
    if finding.source is None or finding.service is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "This finding has no source that could be denied.")
    return Draft(Deny(service=finding.service, source=finding.source), 900.0, f"{finding.kind}, {found.id}")


async def _preview(request: Request, draft: Draft, finding: FindingId | None, mistake: str = "") -> Response:
    console = console_of(request)
    prediction = await console.operations.preview(draft.measure)
    context = {
        "draft": draft,
        "measure_json": MEASURE.dump_json(draft.measure).decode(),
        "duration": format_duration(draft.for_s),
        "prediction": prediction,
        "takes_word": takes_word(prediction),
        "word": _word_for(draft.measure),
        "finding": finding,
        "mistake": mistake,
    }
    return console.answer_still(request, "preview.html", context, _status(mistake))


def _show_form(request: Request, filled: _Filled, mistakes: Mapping[str, str]) -> Response:
    context = {"filled": filled, "mistakes": mistakes}
    return console_of(request).answer_still(request, "mitigate.html", context, _status(bool(mistakes)))


def _show_ending(request: Request, mistake: str) -> Response:
    console, wanted = console_of(request), request.path_params["id"]
    mitigation = next((each for each in console.source.mitigations(None).active if each.id == wanted), None)
    if mitigation is None and not mistake:
        raise HTTPException(HTTPStatus.NOT_FOUND, "This mitigation isn't in force, or no longer.")
    context = {"mitigation": mitigation, "mistake": mistake}
    return console.answer_still(request, "end.html", context, _status(mistake))


def _fill(fields: Fields) -> _Filled:
    empty = asdict(_Filled(duration=""))
    given: dict[str, Any] = {name: fields.get("for" if name == "duration" else name, "") for name in empty}
    return _Filled(**given)


def _word_for(measure: Measure) -> str:
    return measure.service or PLATFORM_WORD


def _status(mistake: object) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK
