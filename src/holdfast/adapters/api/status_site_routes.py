"""How publishing of the status site goes."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request

from holdfast.adapters.api.access import Viewer
from holdfast.views.status_site import StatusSiteDocument

router = APIRouter(prefix="/v1")


class SitePublisher(Protocol):
    """Whoever writes the site."""

    def show(self) -> StatusSiteDocument:
        """How that goes."""


async def _publisher(request: Request) -> SitePublisher:
    publisher: SitePublisher = request.app.state.site
    return publisher


@router.get("/status-site")
async def show_status_site(
    _viewer: Viewer, publisher: Annotated[SitePublisher, Depends(_publisher)]
) -> StatusSiteDocument:
    """Where the public status site is written, when it last was, and what is wrong with that."""
    return publisher.show()
