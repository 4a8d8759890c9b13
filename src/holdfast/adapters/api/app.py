"""The application: its routes, its errors, its description."""

from typing import Any, Final

from fastapi import FastAPI

from holdfast import __version__
from holdfast.adapters.api import mitigation_routes, platform_routes, problems, token_routes
from holdfast.adapters.api.access import Anyone
from holdfast.adapters.api.body_limit import BodyLimit
from holdfast.adapters.api.port import Operations
from holdfast.adapters.api.tokens import TokenStore
from holdfast.model.problem import ProblemDocument

ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ProblemDocument, "content": {"application/problem+json": {}}}
    for status in (400, 401, 403, 404, 409, 413, 422, 500, 503)
}


def make_app(operations: Operations, tokens: TokenStore) -> FastAPI:
    """The API over a running control, for those who hold one of these tokens."""
    app = FastAPI(
        title="Holdfast",
        version=__version__,
        description=(__doc__ or ""),
        openapi_url=None,
        responses=ERRORS,
        redirect_slashes=False,
    )
    app.state.operations, app.state.tokens = operations, tokens
    app.include_router(platform_routes.router)
    app.include_router(mitigation_routes.router)
    app.include_router(token_routes.router)
    app.add_api_route("/healthz", check_health, responses={})
    app.add_middleware(BodyLimit)
    problems.install(app)

    @app.get("/v1/openapi.json", include_in_schema=False)
    async def describe(_token: Anyone) -> dict[str, Any]:
        return app.openapi()

    return app


async def check_health() -> dict[str, str]:
    """Whether control answers. This alone takes no token."""
    return {"status": "ok"}
