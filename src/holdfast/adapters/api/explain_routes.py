"""Why a request got its answer: by its id, or by the answer as a client was given it."""

from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Path, Request

from holdfast.adapters.api.access import Viewer
from holdfast.adapters.api.bodies import ExplainBody
from holdfast.adapters.api.problems import Problem
from holdfast.views.explanation import ExplanationsDocument

RequestId = Annotated[str, Path(pattern=r"^[!-~]{1,128}$", description="as `x-request-id` gave it")]


class Explainer(Protocol):
    """Whoever explains requests."""

    async def explain_request(self, request_id: str) -> ExplanationsDocument:
        """All that is known of a request by its id."""

    async def explain_answer(self, text: str) -> ExplanationsDocument | None:
        """All that is known of the request of a pasted answer; None if an edge wouldn't have said anything like it."""


router = APIRouter(prefix="/v1/explain")


async def _explainer(request: Request) -> Explainer:
    explainer: Explainer = request.app.state.explainer
    return explainer


Explaining = Annotated[Explainer, Depends(_explainer)]


@router.get("/{request_id}")
async def explain_request(_viewer: Viewer, explainer: Explaining, request_id: RequestId) -> ExplanationsDocument:
    """Which rule answered a request, with which numbers, from which line of the platform file, by whose mitigation."""
    document = await explainer.explain_request(request_id)
    if not document.explanations:
        raise Problem(HTTPStatus.NOT_FOUND, "request_unknown", document.remark)
    return document


@router.post("")
async def explain_answer(_viewer: Viewer, explainer: Explaining, body: ExplainBody) -> ExplanationsDocument:
    """The same by an answer that a client was given, even if no log holds the request any more."""
    document = await explainer.explain_answer(body.text)
    if document is None:
        detail = "no edge would have said this: paste an answer with its headers, or its body in JSON"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "answer_unreadable", detail)
    if not document.explanations:
        raise Problem(HTTPStatus.NOT_FOUND, "request_unknown", document.remark)
    return document
