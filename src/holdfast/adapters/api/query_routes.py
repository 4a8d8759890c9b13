"""GraphQL operations, as the analyser knows them."""

from http import HTTPStatus

from fastapi import APIRouter

from holdfast.adapters.api.access import Anyone, Control, Viewer, may_see
from holdfast.adapters.api.component_routes import Components
from holdfast.adapters.api.problems import Problem
from holdfast.model.scalars import Name
from holdfast.views.queries import FlaggedDocument, QueriesDocument

router = APIRouter(prefix="/v1")


@router.get("/services/{name}/queries")
async def show_queries(token: Anyone, control: Control, components: Components, name: Name) -> QueriesDocument:
    """A service's GraphQL operations that cost most, of those that were sampled. An owner sees its own services'."""
    service = control.service(name)
    if service is None or not may_see(token, service.tenant):
        raise Problem(HTTPStatus.NOT_FOUND, "service_unknown", f"there is no service {name}")
    return await components.queries(name)


@router.get("/queries")
async def list_flagged(_viewer: Viewer, components: Components) -> FlaggedDocument:
    """Operations of any service that were lately found to be large or complex, the newest first."""
    return components.flagged()
