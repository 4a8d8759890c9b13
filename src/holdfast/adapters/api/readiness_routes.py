"""Whether standbys could take over: seen, and proved now."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Request

from holdfast.adapters.api.access import Operator, Viewer
from holdfast.adapters.api.problems import refuse
from holdfast.model.refusal import Refusal
from holdfast.model.scalars import Name
from holdfast.views.readiness import ReadinessDocument

router = APIRouter(prefix="/v1")


class Readiness(Protocol):
    """What is known of standbys."""

    def show(self, service: str | None, tenant: str | None = None) -> ReadinessDocument:
        """The standbys of one service, of one tenant's, or of all."""

    async def prove(self, service: str) -> ReadinessDocument | Refusal:
        """Prove all standbys of a service now."""


async def _readiness(request: Request) -> Readiness:
    readiness: Readiness = request.app.state.readiness
    return readiness


Known = Annotated[Readiness, Depends(_readiness)]


@router.get("/readiness")
async def list_readiness(
    _viewer: Viewer, readiness: Known, service: Annotated[Name | None, Query()] = None
) -> ReadinessDocument:
    """Whether each standby could take over now: dated proofs, what is missing, and why not."""
    return readiness.show(service)


@router.post("/readiness/{service}/prove")
async def prove_readiness(_operator: Operator, readiness: Known, service: Name) -> ReadinessDocument:
    """Ask a service's standbys now, rather than in their turn."""
    answer = await readiness.prove(service)
    if isinstance(answer, Refusal):
        raise refuse(answer)
    return answer
