"""The pages that one looks at: what each shows, and which of its parts keep themselves up to date."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request

from holdfast.adapters.console.drawing import chart_history
from holdfast.adapters.console.feed import Gone
from holdfast.adapters.console.incident_screens import INCIDENT_SCREENS
from holdfast.adapters.console.port import LiveSource
from holdfast.adapters.console.screen import Document, Load, Screen, require_all
from holdfast.adapters.console.sessions import Session
from holdfast.model.ledger import LedgerKind
from holdfast.model.mitigation import ReadOnly
from holdfast.views.failover import FailoverDocument, SiteStanding, Whereabouts
from holdfast.views.ledger import LedgerQuery
from holdfast.views.live_services import ServiceOrder, ServiceQuery, ServiceState

SEARCH_CHARACTERS_MAX: Final = 100
PAGE_MAX: Final = 10_000
ENTRIES_MAX: Final = 100
STANDBYS_SHOWN_MAX: Final = 100
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def _plan_overview(_request: Request, session: Session) -> tuple[tuple[Any, ...], Load]:
    require_all(session)

    def load(source: LiveSource) -> Document:
        return {
            "rollouts": source.rollouts(),
            "overview": source.overview(),
            "findings": source.findings(None),
            "active": _active(source, None),
            "incidents": source.incidents(0),
        }

    return (), load


def _plan_services(request: Request, session: Session) -> tuple[tuple[Any, ...], Load]:
    query = read_query(request.query_params, session.tenant)
    return (query,), lambda source: {"page": source.services(query)}


def _plan_service(request: Request, session: Session) -> tuple[tuple[Any, ...], Load]:
    name = request.path_params["service"]

    def load(source: LiveSource) -> Document:
        live = source.service(name)
        if live is None or session.tenant not in {None, live.service.tenant}:
            raise Gone("There is no such service.")
        return {"live": live, "chart": chart_history(live.history, live.row.usual_per_s, live.row.limit_per_s)}

    return (name,), load


def _plan_findings(_request: Request, session: Session) -> tuple[tuple[Any, ...], Load]:
    return (), lambda source: {"findings": source.findings(session.tenant)}


def _plan_mitigations(_request: Request, session: Session) -> tuple[tuple[Any, ...], Load]:
    return (), lambda source: {"mitigations": source.mitigations(session.tenant)}


def _plan_history(request: Request, session: Session) -> tuple[tuple[Any, ...], Load]:
    text = request.query_params.get("before", "")
    before = int(text) if text.isdecimal() and len(text) < 19 else None

    def load(source: LiveSource) -> Document:
        rollouts = source.rollouts() if session.tenant is None else None
        return {"rollouts": rollouts, "history": source.history(session.tenant, before, ENTRIES_MAX)}

    return (before,), load


def _plan_ledger(request: Request, session: Session) -> tuple[tuple[Any, ...], Load]:
    query = read_ledger_query(request.query_params, session.tenant)
    chosen = {"service": query.service, "kind": query.kind.value if query.kind else None}
    filters = urlencode({name: value for name, value in chosen.items() if value})

    def load(source: LiveSource) -> Document:
        return {"ledger": source.ledger(query), "query": query, "filters": f"?{filters}" if filters else ""}

    return (query,), load


def _plan_ready(_request: Request, session: Session) -> tuple[tuple[Any, ...], Load]:
    def load(source: LiveSource) -> Document:
        return {
            "readiness": source.readiness(session.tenant),
            "restoration": source.restoration(session.tenant),
            "shown_max": STANDBYS_SHOWN_MAX,
        }

    return (), load


def _plan_failover(_request: Request, session: Session) -> tuple[tuple[Any, ...], Load]:
    def load(source: LiveSource) -> Document:
        failover = source.failover(session.tenant)
        home = (each for each in failover.services if each.at is Whereabouts.PRIMARY)
        movable = {upstream.site for each in home for upstream in each.upstreams if upstream.site}
        return {
            "failover": failover,
            "movable": movable,
            "sites": _list_sites(failover, movable) if session.tenant is None else (),
            "read_only": tuple(m for m in _active(source, session.tenant) if isinstance(m.measure, ReadOnly)),
            "shown_max": STANDBYS_SHOWN_MAX,
        }

    return (), load


def _plan_spool(_request: Request, session: Session) -> tuple[tuple[Any, ...], Load]:
    return (), lambda source: {"live": source.spool(session.tenant), "shown_max": STANDBYS_SHOWN_MAX}


def _plan_guards(_request: Request, session: Session) -> tuple[tuple[Any, ...], Load]:
    require_all(session)
    return (), lambda source: {"guards": source.guards()}


SCREENS: Final[Mapping[str, Screen]] = {
    "/": Screen(
        "overview", ("rollout", "incident-line", "locations", "attention", "busiest", "guard-line"), _plan_overview
    ),
    "/services": Screen("services", ("service-states", "service-rows"), _plan_services),
    "/services/{service}": Screen(
        "service", ("service-now", "service-chart", "service-why", "service-limits"), _plan_service
    ),
    "/findings": Screen("findings", ("findings",), _plan_findings),
    "/mitigations": Screen("mitigations", ("mitigations",), _plan_mitigations),
    "/history": Screen("history", ("rollout", "history"), _plan_history),
    "/ledger": Screen("ledger", ("ledger",), _plan_ledger),
    "/ready": Screen("ready", ("restoration", "readiness"), _plan_ready),
    "/failover": Screen("failover", ("failover",), _plan_failover),
    "/spool": Screen("spool", ("spool",), _plan_spool),
    "/guards": Screen("guards", ("guards",), _plan_guards),
    **INCIDENT_SCREENS,
}
"""By path below the console's root."""


def load_pulse(source: LiveSource, tenant: str | None) -> Document:
    """What every page shows in its head: how much of everything there is that wants to be looked at, and the time."""
    findings = source.findings(tenant)
    return {
        "now": findings.now,
        "harmful_count": len(findings.open),
        "open_count": len(findings.open) + len(findings.unusual),
        "active_count": len(_active(source, tenant)),
        "dead_count": source.spool(tenant).dead,
        "incident_count": len(source.incidents(0).open) if tenant is None else 0,
    }


def read_query(params: Mapping[str, str], tenant: str | None) -> ServiceQuery:
    """Which services an address asks for; what makes no sense is left out."""
    page = params.get("page", "")
    return ServiceQuery(
        tenant=tenant,
        search=params.get("search", "").strip()[:SEARCH_CHARACTERS_MAX],
        state=next((state for state in ServiceState if state == params.get("state")), None),
        order=next((order for order in ServiceOrder if order == params.get("order")), ServiceOrder.STATE),
        page=max(1, min(int(page), PAGE_MAX)) if page.isascii() and page.isdecimal() and len(page) < 9 else 1,
    )


def read_ledger_query(params: Mapping[str, str], tenant: str | None) -> LedgerQuery:
    """Which changes an address asks for; what makes no sense is left out."""
    before, service = params.get("before", ""), params.get("service", "").strip()
    return LedgerQuery(
        tenant=tenant,
        before=int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None,
        kind=next((kind for kind in LedgerKind if kind == params.get("kind")), None),
        service=service if _NAME.fullmatch(service) else None,
        count_max=ENTRIES_MAX,
    )


def _list_sites(failover: FailoverDocument, named: Collection[str]) -> tuple[SiteStanding, ...]:
    """The sites of which something is known, and those that services stand at, by name."""
    known = {site.site: site for site in failover.sites}
    return tuple(known.get(name, SiteStanding(site=name)) for name in sorted({*known, *named}))


def _active(source: LiveSource, tenant: str | None) -> tuple[Any, ...]:
    return source.mitigations(tenant).active
