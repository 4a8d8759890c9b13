"""A revision on its way: seen, paused, resumed, promoted, aborted; and whether anything may go out."""

from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query

from holdfast.adapters.api.access import Control, Operator, Viewer
from holdfast.adapters.api.bodies import FreezeBody, Reason, RolloutBody
from holdfast.adapters.api.problems import Problem, refuse
from holdfast.model.refusal import Refusal
from holdfast.views.rollout import FreezeDocument, RolloutsDocument

router = APIRouter(prefix="/v1")
T = TypeVar("T")


@router.get("/rollout")
async def show_rollout(_viewer: Viewer, control: Control) -> RolloutsDocument:
    """The revision on its way, wave by wave, if there is one; what went back last; and a freeze."""
    return control.rollouts.show()


@router.post("/rollout/pause")
async def pause_rollout(operator: Operator, control: Control, body: RolloutBody) -> RolloutsDocument:
    """Begin no further wave until it is resumed. Whoever has the revision keeps it."""
    return _answer(await control.rollouts.pause(operator.name, body.reason))


@router.post("/rollout/resume")
async def resume_rollout(operator: Operator, control: Control, body: RolloutBody) -> RolloutsDocument:
    """Let the waves go on."""
    return _answer(await control.rollouts.resume(operator.name, body.reason))


@router.post("/rollout/promote")
async def promote_rollout(operator: Operator, control: Control, body: RolloutBody) -> RolloutsDocument:
    """Give the revision to everybody now, without the waves that are left."""
    return _answer(await control.rollouts.promote(operator.name, body.reason))


@router.post("/rollout/abort")
async def abort_rollout(operator: Operator, control: Control, body: RolloutBody) -> RolloutsDocument:
    """Give whoever has the revision the one before again."""
    return _answer(await control.rollouts.abort(operator.name, body.reason))


@router.get("/freeze")
async def show_freeze(_viewer: Viewer, control: Control) -> FreezeDocument:
    """Why nothing new may go out, and until when; 404 `not_frozen` if it may."""
    freeze = control.rollouts.show().freeze
    if freeze is None:
        raise Problem(HTTPStatus.NOT_FOUND, "not_frozen", "changes aren't frozen")
    return freeze


@router.post("/freeze", status_code=HTTPStatus.CREATED)
async def freeze_changes(operator: Operator, control: Control, body: FreezeBody) -> FreezeDocument:
    """Let nothing new go out, for a time or until it is ended. Mitigations and ways back are never frozen."""
    return _answer(await control.rollouts.freeze(operator.name, body.reason, body.for_s))


@router.delete("/freeze")
async def thaw_changes(
    operator: Operator, control: Control, reason: Annotated[Reason, Query()] = ""
) -> RolloutsDocument:
    """Let revisions go out again."""
    return _answer(await control.rollouts.thaw(operator.name, reason))


def _answer(answer: T | Refusal) -> T:
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer
