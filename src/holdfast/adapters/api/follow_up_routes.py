"""Promises after incidents: listed, made, kept."""

from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Request

from holdfast.adapters.api.access import Operator, Viewer
from holdfast.adapters.api.problems import refuse
from holdfast.model.follow_up import FollowUpId
from holdfast.model.incident import IncidentId
from holdfast.model.refusal import Refusal
from holdfast.views.follow_ups import FollowUpDocument, FollowUpsDocument
from holdfast.views.incidents_wanted import FollowUpChangeWanted, FollowUpWanted

router = APIRouter(prefix="/v1/follow-ups")


class FollowUpOperations(Protocol):
    """What may be seen of promises and done about them. `author` is the name on the caller's token."""

    def list_all(self, incident: str | None, *, only_open: bool) -> FollowUpsDocument:
        """Promises of one incident or of all."""

    async def add(self, author: str, wanted: FollowUpWanted) -> FollowUpDocument | Refusal:
        """Promise something after an incident."""

    async def change(self, author: str, id_: FollowUpId, wanted: FollowUpChangeWanted) -> FollowUpDocument | Refusal:
        """Change a promise: keep it, or give it up."""


async def _follow_ups(request: Request) -> FollowUpOperations:
    follow_ups: FollowUpOperations = request.app.state.follow_ups
    return follow_ups


TheFollowUps = Annotated[FollowUpOperations, Depends(_follow_ups)]


@router.get("")
async def list_follow_ups(
    _viewer: Viewer,
    follow_ups: TheFollowUps,
    incident: IncidentId | None = None,
    only_open: Annotated[bool, Query(description="Neither kept nor given up.")] = False,
) -> FollowUpsDocument:
    """What was promised, whose it is, and what of it is overdue."""
    return follow_ups.list_all(incident, only_open=only_open)


@router.post("", status_code=HTTPStatus.CREATED)
async def add_follow_up(operator: Operator, follow_ups: TheFollowUps, body: FollowUpWanted) -> FollowUpDocument:
    """Promise something after an incident."""
    return _answer(await follow_ups.add(operator.name, body))


@router.patch("/{follow_up_id}")
async def change_follow_up(
    operator: Operator, follow_ups: TheFollowUps, follow_up_id: FollowUpId, body: FollowUpChangeWanted
) -> FollowUpDocument:
    """Change a promise: whose it is, when it is due, that it is kept or given up."""
    return _answer(await follow_ups.change(operator.name, follow_up_id, body))


def _answer(answer: FollowUpDocument | Refusal) -> FollowUpDocument:
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer
