"""The console's live source: reads control and the watch, and has the views show it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from holdfast.model.incident import IncidentId
from holdfast.model.query import ServiceQueries
from holdfast.runtime.components import Components
from holdfast.runtime.control import Control
from holdfast.runtime.explaining import Explainer
from holdfast.runtime.ledger import Ledger
from holdfast.runtime.live.guards import Guards
from holdfast.runtime.live.incidents import LiveIncidents
from holdfast.runtime.live.spool import LiveSpool
from holdfast.runtime.operations import Operations
from holdfast.runtime.recovery.drivers import Drivers
from holdfast.runtime.watch.watcher import Watcher
from holdfast.views.explanation import ExplanationsDocument
from holdfast.views.failover import FailoverDocument, bind_to_tenant
from holdfast.views.follow_ups import FollowUpsDocument
from holdfast.views.incident_pages import IncidentPage, PublicPlacesDocument
from holdfast.views.incidents import IncidentsDocument
from holdfast.views.ledger import LedgerDocument, LedgerEntryDocument, LedgerQuery
from holdfast.views.live import OverviewDocument
from holdfast.views.live_entries import show_entries
from holdfast.views.live_findings import LiveFindingsDocument
from holdfast.views.live_guards import GuardsDocument
from holdfast.views.live_history import HistoryPage
from holdfast.views.live_pages import (
    ServiceSight,
    Sight,
    show_history_chart,
    show_live_findings,
    show_live_service,
    show_overview,
)
from holdfast.views.live_rows import Standing, show_page
from holdfast.views.live_services import LiveServiceDocument, ServicePage, ServiceQuery, ServiceRow
from holdfast.views.live_spool import LiveSpoolDocument
from holdfast.views.maintenance import MaintenancesDocument
from holdfast.views.mitigations import MitigationsDocument
from holdfast.views.paging import OnCallDocument
from holdfast.views.readiness import ReadinessDocument
from holdfast.views.restoration import RestorationDocument
from holdfast.views.rollout import RolloutsDocument

BUSIEST: Final = 12
"""Services on the overview."""
RECENT_POINTS: Final = 60
"""Of a service's chart, in a list: a minute."""
QUERIES_S: Final = 3.0
"""How old what the analyser said of a service may be before it is asked again."""
QUERIES_KEPT_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Parts:
    """What there is to look at."""

    control: Control
    operations: Operations
    watcher: Watcher
    components: Components
    explainer: Explainer
    guards: Guards
    ledger: Ledger
    drivers: Drivers
    spool: LiveSpool
    incidents: LiveIncidents


class Live:
    """`adapters.console.port.LiveSource` over a running control. Belongs to control's event loop."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._queries: dict[str, tuple[float, ServiceQueries | None]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def overview(self) -> OverviewDocument:
        """Locations, lanes, edges, and what stands out."""
        sight = self._see(busiest=BUSIEST)
        return show_overview(sight, self._parts.guards.show_all())

    def services(self, query: ServiceQuery) -> ServicePage:
        """One page of services; a page beyond the last is empty."""
        sight = self._see()
        intent = sight.intent
        if intent is None:
            return ServicePage(query=query, rows=(), matched=0, states={})
        names = [n for n, owned in intent.services.items() if query.tenant in {None, owned.tenant}]
        readings = self._parts.watcher.lookout.read_services(names)
        standing = Standing.of(sight.state, sight.findings)
        page = show_page(intent, standing, readings, query, reported=self._parts.watcher.is_reported)
        return page.model_copy(update={"rows": tuple(self._add_recent(row) for row in page.rows)})

    def service(self, name: str) -> LiveServiceDocument | None:
        """One service, if the platform in force has it."""
        sight = self._see()
        readings = self._parts.watcher.lookout.read_services([name])
        if sight.intent is None or name not in sight.intent.services or not readings:
            return None
        active = self._parts.operations.mitigations().active
        chart = self._parts.watcher.lookout.chart_service(name)
        mine = tuple(m for m in active if m.measure.service in {name, None})
        accepts_queries = sight.intent.services[name].service.accept.graphql is not None
        queries = self._recall_queries(name, sight.now) if accepts_queries else None
        return show_live_service(sight, ServiceSight(readings[0], chart, mine, queries))

    def findings(self, tenant: str | None) -> LiveFindingsDocument:
        """What was found, with suggestions."""
        found, ledger = show_live_findings(self._see(), tenant), self._parts.ledger
        accused = {"open": ledger.accuse_some(found.open, tenant), "closed": ledger.accuse_some(found.closed, tenant)}
        return found.model_copy(update=accused)

    def mitigations(self, tenant: str | None) -> MitigationsDocument:
        """What is mitigated now, and what lately was."""
        document, intent = self._parts.operations.mitigations(), self._parts.control.intent
        if tenant is None:
            return document
        mine = {n for n, owned in intent.services.items() if owned.tenant == tenant} if intent else set()
        return MitigationsDocument(
            active=tuple(m for m in document.active if m.measure.service in mine),
            ended=tuple(m for m in document.ended if m.measure.service in mine),
        )

    def history(self, tenant: str | None, before: int | None, count_max: int) -> HistoryPage:
        """At most `count_max` entries that come before one in the journal; the newest for None."""
        intent = self._parts.control.intent
        tenants = {n: owned.tenant for n, owned in intent.services.items()} if intent else {}
        return show_entries(tuple(self._parts.control.recent), tenants, tenant, before, count_max)

    def ledger(self, query: LedgerQuery) -> LedgerDocument:
        """The newest changes that are asked for."""
        return self._parts.ledger.glance(query)

    async def ledger_entry(self, sequence: int, tenant: str | None) -> LedgerEntryDocument | None:
        """One change in full, if there is one there."""
        return await self._parts.ledger.entry(sequence, tenant)

    def rollouts(self) -> RolloutsDocument:
        """What is on its way, what went back last, and whether anything may go out."""
        return self._parts.operations.rollouts.show()

    def readiness(self, tenant: str | None) -> ReadinessDocument:
        """Whether standbys could take over."""
        return self._parts.drivers.readiness.show(None, tenant)

    def restoration(self, tenant: str | None) -> RestorationDocument:
        """Who comes back after an outage, and what they wait for."""
        return self._parts.drivers.restorer.show(tenant)

    def failover(self, tenant: str | None) -> FailoverDocument:
        """Where services with standbys are, what edges see of it, and what is waited for."""
        return bind_to_tenant(self._parts.drivers.failing_over.show(), tenant)

    def spool(self, tenant: str | None) -> LiveSpoolDocument:
        """What is kept of services that defer, and how their switches stand."""
        return self._parts.spool.show(tenant)

    def incidents(self, resolved_max: int) -> IncidentsDocument:
        """Open incidents, and so many resolved ones."""
        return self._parts.incidents.incidents(resolved_max)

    def incident(self, id_: IncidentId) -> IncidentPage | None:
        """One incident with its timeline, if it is remembered."""
        return self._parts.incidents.incident(id_)

    def follow_ups(self) -> FollowUpsDocument:
        """Everything promised."""
        return self._parts.incidents.follow_ups()

    def maintenances(self) -> MaintenancesDocument:
        """Announced work."""
        return self._parts.incidents.maintenances()

    def on_call(self) -> OnCallDocument:
        """Who is on call, and how paging is."""
        return self._parts.incidents.on_call()

    def public_places(self) -> PublicPlacesDocument:
        """The components and regions that the public knows."""
        return self._parts.incidents.public_places()

    def guards(self) -> GuardsDocument:
        """How Holdfast's own parts are."""
        return self._parts.guards.show()

    async def explain(self, asked: str, tenant: str | None) -> ExplanationsDocument:
        """Why a request was answered as it was. `asked` is its id, or a pasted answer that holds it."""
        explainer = self._parts.explainer
        pasted = await explainer.explain_answer(asked, tenant) if len(asked.split()) > 1 else None
        return pasted or await explainer.explain_request(asked.strip(), tenant)

    def _add_recent(self, row: ServiceRow) -> ServiceRow:
        chart = show_history_chart(self._parts.watcher.lookout.chart_service(row.name))
        return row.model_copy(update={"recent": chart.offered[-RECENT_POINTS:]})

    def _see(self, busiest: int = 0) -> Sight:
        control, lookout = self._parts.control, self._parts.watcher.lookout
        return Sight(
            now=control.world.clock(),
            intent=control.intent,
            state=control.state,
            revision=control.state.in_force,
            statuses=control.world.fleet.statuses(),
            locations=lookout.read_locations(),
            edges=lookout.read_edges(),
            busiest=lookout.read_top(busiest) if busiest else (),
            findings=self._parts.watcher.findings,
        )

    def _recall_queries(self, service: str, now: float) -> ServiceQueries | None:
        """What the analyser last said; it is asked again meanwhile if that was long ago."""
        at, queries = self._queries.get(service, (0.0, None))
        if now - at > QUERIES_S:
            self._queries.pop(service, None)
            self._queries[service] = now, queries
            while len(self._queries) > QUERIES_KEPT_MAX:
                self._queries.pop(next(iter(self._queries)))
            self._in_background(lambda: self._ask_queries(service))
        return queries

    async def _ask_queries(self, service: str) -> None:
        queries = await self._parts.components.ask_queries(service)
        if queries is not None and service in self._queries:
            self._queries[service] = self._queries[service][0], queries

    def _in_background(self, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.ensure_future(work())
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
