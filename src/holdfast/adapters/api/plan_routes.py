"""What a change would do, before anything is changed."""

from http import HTTPStatus

from fastapi import APIRouter

from holdfast.adapters.api.access import Control, Viewer
from holdfast.adapters.api.bodies import PlanBody
from holdfast.adapters.api.problems import Problem, refuse
from holdfast.model.refusal import Refusal
from holdfast.views.plan import PlanDocument

router = APIRouter(prefix="/v1")


@router.post("/plan")
async def plan(_viewer: Viewer, control: Control, body: PlanBody) -> PlanDocument:
    """Try a platform file on scratch edges, in place of what is in force: what would change, and what is dangerous.

    One plan is made at a time; 503 while another is. A file with mistakes is answered with all of them.
    """
    answer = await control.plan(body.text, body.file, body.requests, body.confirmed)
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer


def must_confirm(plan: PlanDocument) -> Problem:
    """Why a revision isn't taken yet."""
    codes = ", ".join(plan.unconfirmed)
    dangers = tuple(each for each in plan.dangers if each.code not in plan.confirmed)
    return Problem(HTTPStatus.CONFLICT, "unconfirmed", f"this must be confirmed first: {codes}", dangers=dangers)
