"""Announced work: listed, announced, changed."""

from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request

from holdfast.adapters.api.access import Operator, Viewer
from holdfast.adapters.api.problems import refuse
from holdfast.model.maintenance import MaintenanceId
from holdfast.model.refusal import Refusal
from holdfast.views.incidents_wanted import MaintenanceChangeWanted, MaintenanceWanted
from holdfast.views.maintenance import MaintenanceDocument, MaintenancesDocument

router = APIRouter(prefix="/v1/maintenance")


class MaintenanceOperations(Protocol):
    """What may be seen of announced work and done about it. `author` is the name on the caller's token."""

    def list_all(self) -> MaintenancesDocument:
        """All windows that are remembered."""

    async def announce(self, author: str, wanted: MaintenanceWanted) -> MaintenanceDocument | Refusal:
        """Announce work."""

    async def change(
        self, author: str, id_: MaintenanceId, wanted: MaintenanceChangeWanted
    ) -> MaintenanceDocument | Refusal:
        """Change announced work; begin it, end it, cancel it."""


async def _maintenance(request: Request) -> MaintenanceOperations:
    maintenance: MaintenanceOperations = request.app.state.maintenance
    return maintenance


TheMaintenance = Annotated[MaintenanceOperations, Depends(_maintenance)]


@router.get("")
async def list_maintenance(_viewer: Viewer, maintenance: TheMaintenance) -> MaintenancesDocument:
    """What comes, what goes on, what was, and which incidents wake nobody because of it."""
    return maintenance.list_all()


@router.post("", status_code=HTTPStatus.CREATED)
async def announce_maintenance(
    operator: Operator, maintenance: TheMaintenance, body: MaintenanceWanted
) -> MaintenanceDocument:
    """Announce work. It begins and ends by itself."""
    return _answer(await maintenance.announce(operator.name, body))


@router.patch("/{maintenance_id}")
async def change_maintenance(
    operator: Operator, maintenance: TheMaintenance, maintenance_id: MaintenanceId, body: MaintenanceChangeWanted
) -> MaintenanceDocument:
    """Change announced work, or begin, end or cancel it, by its phase."""
    return _answer(await maintenance.change(operator.name, maintenance_id, body))


def _answer(answer: MaintenanceDocument | Refusal) -> MaintenanceDocument:
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer
