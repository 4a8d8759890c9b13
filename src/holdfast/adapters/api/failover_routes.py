"""Where services are that have standbys."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request

from holdfast.adapters.api.access import Viewer
from holdfast.views.failover import FailoverDocument

router = APIRouter(prefix="/v1")


class FailoverStandings(Protocol):
    """What is known and decided about failover."""

    def show(self) -> FailoverDocument:
        """Every service with standbys."""


async def _failover(request: Request) -> FailoverStandings:
    failover: FailoverStandings = request.app.state.failover
    return failover


@router.get("/failover")
async def show_failover(
    _viewer: Viewer, failover: Annotated[FailoverStandings, Depends(_failover)]
) -> FailoverDocument:
    """Where each service with standbys is, since when and why; what edges see of it; what is waited for."""
    return failover.show()
