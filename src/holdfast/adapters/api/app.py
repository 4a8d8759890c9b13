"""The application: its routes, its errors, its description."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI

from holdfast import __version__
from holdfast.adapters.api import (
    alertmanager_routes,
    component_routes,
    downtime_routes,
    endpoint_routes,
    explain_routes,
    failover_routes,
    finding_routes,
    follow_up_routes,
    incident_routes,
    ledger_routes,
    maintenance_routes,
    metrics_routes,
    mitigation_routes,
    paging_routes,
    plan_routes,
    platform_routes,
    postmortem_routes,
    problems,
    query_routes,
    readiness_routes,
    restore_routes,
    rollout_routes,
    spool_routes,
    status_site_routes,
    subscriber_routes,
    token_routes,
)
from holdfast.adapters.api.access import Anyone, TokenGate
from holdfast.adapters.api.alertmanager_routes import AlertDesk
from holdfast.adapters.api.body_limit import BodyLimit
from holdfast.adapters.api.component_routes import ComponentOperations
from holdfast.adapters.api.description import ERRORS, describe
from holdfast.adapters.api.downtime_routes import DowntimeReading
from holdfast.adapters.api.endpoint_routes import Machines
from holdfast.adapters.api.explain_routes import Explainer
from holdfast.adapters.api.failover_routes import FailoverStandings
from holdfast.adapters.api.follow_up_routes import FollowUpOperations
from holdfast.adapters.api.incident_routes import IncidentOperations
from holdfast.adapters.api.ledger_routes import Ledger
from holdfast.adapters.api.maintenance_routes import MaintenanceOperations
from holdfast.adapters.api.paging_routes import PagingDesk
from holdfast.adapters.api.port import Operations
from holdfast.adapters.api.postmortem_routes import Postmortems
from holdfast.adapters.api.readiness_routes import Readiness
from holdfast.adapters.api.restore_routes import Restoration
from holdfast.adapters.api.spool_routes import SpoolOperations
from holdfast.adapters.api.status_site_routes import SitePublisher
from holdfast.adapters.api.subscriber_routes import SubscriberDirectory
from holdfast.adapters.api.tokens import TokenStore

HEALTH: Final = "/healthz"
CONSOLE: Final = "/console"
"""Below this, people sign in by a page of its own."""
PUBLIC: Final = "/public"
"""Below this, whoever subscribes to the status site needs no credential."""


@dataclass(frozen=True, slots=True)
class Behind:
    """All that the API speaks for."""

    operations: Operations
    components: ComponentOperations
    explainer: Explainer
    ledger: Ledger
    render_metrics: Callable[[], Awaitable[bytes]]
    machines: Machines
    spool: SpoolOperations
    readiness: Readiness
    failover: FailoverStandings
    restoration: Restoration
    incidents: IncidentOperations
    follow_ups: FollowUpOperations
    maintenance: MaintenanceOperations
    postmortems: Postmortems
    site: SitePublisher
    paging: PagingDesk
    alerts: AlertDesk
    subscribers: SubscriberDirectory
    downtime: DowntimeReading | None
    """None where nothing is measured."""


def make_app(behind: Behind, tokens: TokenStore) -> FastAPI:
    """The API over a running control, for those who hold one of these tokens."""
    app = FastAPI(
        title="Holdfast",
        version=__version__,
        description="What is in force, what may change it, and what protects it for a time.",
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.operations, app.state.tokens = behind.operations, tokens
    app.state.components, app.state.explainer = behind.components, behind.explainer
    app.state.render_metrics, app.state.ledger = behind.render_metrics, behind.ledger
    app.state.machines, app.state.spool = behind.machines, behind.spool
    app.state.failover, app.state.postmortems = behind.failover, behind.postmortems
    app.state.site, app.state.paging, app.state.alerts = behind.site, behind.paging, behind.alerts
    app.state.readiness, app.state.restoration = behind.readiness, behind.restoration
    app.state.incidents, app.state.follow_ups = behind.incidents, behind.follow_ups
    app.state.maintenance, app.state.downtime = behind.maintenance, behind.downtime
    app.state.subscribers = behind.subscribers
    for routes in (
        platform_routes,
        plan_routes,
        rollout_routes,
        mitigation_routes,
        endpoint_routes,
        spool_routes,
        readiness_routes,
        failover_routes,
        restore_routes,
        finding_routes,
        incident_routes,
        follow_up_routes,
        maintenance_routes,
        ledger_routes,
        postmortem_routes,
        status_site_routes,
        subscriber_routes,
        paging_routes,
        alertmanager_routes,
        downtime_routes,
        component_routes,
        query_routes,
        explain_routes,
        token_routes,
    ):
        app.include_router(routes.router, responses=ERRORS)
    app.include_router(paging_routes.link_router)
    app.include_router(metrics_routes.router, responses=ERRORS, include_in_schema=False)
    app.add_api_route(HEALTH, check_health)
    app.add_middleware(BodyLimit)
    app.add_middleware(
        TokenGate, tokens=tokens, open_paths=frozenset({HEALTH}), open_below=(CONSOLE, PUBLIC, paging_routes.LINKS)
    )
    problems.install(app)

    @app.get("/v1/openapi.json", include_in_schema=False)
    async def show_description(_token: Anyone) -> dict[str, Any]:
        return describe(app)

    return app


async def check_health() -> dict[str, str]:
    """Whether control answers. This alone takes no token."""
    return {"status": "ok"}
