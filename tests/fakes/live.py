"""A platform to look at in the console: believable traffic of any number of services, and one that is flooded."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakes.kept_messages import FakeMessages
from fakes.ledger import FakeLedger, make_suspect
from fakes.live_answers import explain_refusal, predict, show_history, tell_queries, tell_refusals
from fakes.recovery import FakeRecovery
from fakes.rollouts import FakeRollouts
from holdfast.model.edge import EdgeState
from holdfast.model.finding import Evidence, Finding, FindingKind, Tier
from holdfast.model.mitigation import Deny, Limit, Measure, MitigationId
from holdfast.model.platform import Accept as AcceptRules
from holdfast.model.platform import ClientLimits, Criticality, InFlight, Mode, Response
from holdfast.model.source_rule import Dimension, SourceMatch, SourceRule
from holdfast.model.upstream import Upstream
from holdfast.views.edges import EdgeDocument, Reach
from holdfast.views.explanation import ExplanationsDocument
from holdfast.views.findings import FindingDocument, FindingState, SuggestionDocument
from holdfast.views.live import LaneDocument, LiveEdgeDocument, LocationDocument, OverviewDocument
from holdfast.views.live_findings import LiveFindingsDocument
from holdfast.views.live_guards import BudgetDocument, GuardDocument, GuardsDocument, GuardState
from holdfast.views.live_history import HistoryPage
from holdfast.views.live_services import (
    LiveServiceDocument,
    ServiceOrder,
    ServicePage,
    ServiceQuery,
    ServiceRow,
    ServiceShareDocument,
    ServiceState,
    SourceDocument,
)
from holdfast.views.live_traffic import HeadroomDocument, TrafficDocument, TrafficHistory
from holdfast.views.mitigations import EndedMitigationDocument, MitigationDocument, MitigationsDocument
from holdfast.views.rollout import RolloutsDocument
from holdfast.views.services import BucketDocument, ServiceDocument, WallsDocument

if TYPE_CHECKING:
    from holdfast.model.scalars import Host

TENANTS = ("acme", "globex", "initech", "umbrella", "wayne", "stark", "hooli", "vandelay", "wonka", "tyrell")
KINDS = ("shop", "api", "graph", "docs", "search", "mail", "images", "login", "feed", "status")
FLOODED = "acme-shop"
LOCATIONS = ("fra", "iad")
HISTORY_S = 300
HOSTILE = "<script>alert('seen')</script>"
"""What an outsider may send anywhere, in every place that shows what outsiders sent."""
DEEP_QUERY = "query Friends { me { friends { friends { friends { … } } } } }"
SOURCE = SourceRule(matches=(SourceMatch(dimension=Dimension.NETWORK, values=("203.0.113.0/24", "198.51.100.0/24")),))


@dataclass(frozen=True, slots=True)
class FakeService:
    name: str
    tenant: str
    usual: float
    limit: float
    phase: float

    @property
    def is_graph(self) -> bool:
        return self.name.split("-")[1].startswith("graph")


def make_services(count: int) -> dict[str, FakeService]:
    made = {}
    for i in range(count):
        tenant, kind = TENANTS[i % 10] if i < 100 else f"{TENANTS[i % 10]}{i // 100}", KINDS[i // 10 % 10]
        usual = 3.0 + 900.0 / (1 + i % 37) if i % 3 == 0 else 2.0 + 3.7 * (i % 7)
        made[f"{tenant}-{kind}"] = FakeService(f"{tenant}-{kind}", tenant, usual, max(50.0, usual * 2.5), i * 0.7)
    return made


class FakeLive(FakeLedger, FakeRecovery):
    """A `LiveSource`. What goes on may be changed at any time."""

    def __init__(self, count: int = 60, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.began_at = clock() - 95.0
        self.known = make_services(count)
        self.flooded = True
        self.silent: set[str] = {"wayne-docs"} & set(self.known)
        self.hostile = False
        self.active: dict[MitigationId, MitigationDocument] = {}
        self.ended: list[EndedMitigationDocument] = []
        self.asked: list[str] = []
        self.rolling = FakeRollouts(clock)
        self.messages = FakeMessages(clock)
        if FLOODED in self.known and "globex-api" in self.known:
            limit = Limit(service="globex-api", per_client=ClientLimits(requests=5.0))
            self.begin("ann", limit, 1_320.0, "crawler ignores robots.txt, ticket 4711", forced=False)

    def begin(self, author: str, measure: Measure, for_s: float, reason: str, *, forced: bool) -> MitigationDocument:
        now, number = self.clock(), len(self.active) + len(self.ended) + 7
        document = MitigationDocument(
            id=f"m-{number}",
            measure=measure,
            reason=reason,
            author=author,
            started_at=now,
            expires_at=now + for_s,
            remaining_s=for_s,
            recorded=True,
            reach=Reach(programmed=3, edges=3),
            observed_only=False,
            warnings=(),
            prediction=predict(measure),
            forced=forced,
        )
        self.active[document.id] = document
        return document

    def end(self, author: str, mitigation: MitigationId) -> EndedMitigationDocument | None:
        found = self.active.pop(mitigation, None)
        if found is None:
            return None
        kept = found.model_dump(include={"id", "reason", "author", "started_at", "recorded", "finding"})
        over = EndedMitigationDocument(
            **kept, measure=found.measure, ended_at=self.clock(), ended_by=author, why="ended"
        )
        self.ended.insert(0, over)
        return over

    def overview(self) -> OverviewDocument:
        rows = sorted((self.row(each) for each in list(self.known.values())[:400]), key=_rank)
        totals = [self.traffic(each) for each in self.known.values()]
        return OverviewDocument(
            now=self.clock(),
            version="0.2.0",
            platform="example",
            mode=Mode.ENFORCE,
            revision=12,
            tenant_count=len({each.tenant for each in self.known.values()}),
            service_count=len(self.known),
            traffic=_sum(totals),
            locations=tuple(self._location(i, name, _sum(totals)) for i, name in enumerate(LOCATIONS)),
            busiest=tuple(rows[:12]),
            guards=self.guards().guards,
        )

    def services(self, query: ServiceQuery) -> ServicePage:
        mine = [each for each in self.known.values() if query.tenant in {None, each.tenant}]
        found = [each for each in mine if query.search.lower() in f"{each.name} {each.name}.example".lower()]
        states: dict[ServiceState, int] = {}
        for each in found:
            states[self.state(each)] = states.get(self.state(each), 0) + 1
        if query.state is not None:
            found = [each for each in found if self.state(each) is query.state]
        found.sort(key=lambda each: _key(query.order, self.bare_row(each)))
        start = (query.page - 1) * query.rows_max
        rows = tuple(self.row(each) for each in found[start : start + query.rows_max])
        return ServicePage(query=query, rows=rows, matched=len(found), states=states)

    def service(self, name: str) -> LiveServiceDocument | None:
        each = self.known.get(name)
        if each is None:
            return None
        row, flooded = self.row(each), self.is_flooded(each)
        findings = self.findings(None)
        return LiveServiceDocument(
            now=self.clock(),
            row=row,
            service=self._describe(each),
            response=Response.SUGGEST,
            headroom=HeadroomDocument(used=row.used or 0.0, reached_in_s=5_400.0 if flooded else None, alarm=flooded),
            at=tuple(
                ServiceShareDocument(
                    location=place,
                    traffic=_scale(row.traffic, share) if row.traffic else None,
                    in_flight_guaranteed=10,
                    in_flight_max=40,
                )
                for place, share in zip(LOCATIONS, (0.7, 0.3), strict=True)
            ),
            history=self._history(each),
            refusals=tell_refusals(row.traffic) if flooded and row.traffic else (),
            findings=tuple(f for f in findings.open if f.finding.service == name),
            unusual=tuple(f for f in findings.unusual if f.service == name),
            mitigations=tuple(m for m in self.mitigations(None).active if m.measure.service in {name, None}),
            sources=self._sources() if flooded else (),
            queries=tell_queries(each.name, HOSTILE if self.hostile else DEEP_QUERY) if each.is_graph else None,
            samples=4_812 if flooded else 311,
        )

    def findings(self, tenant: str | None) -> LiveFindingsDocument:
        now = self.clock()
        if not self.flooded or FLOODED not in self.known or tenant not in {None, "acme"}:
            return LiveFindingsDocument(now=now)
        flood = self._flood()
        suggestion = SuggestionDocument(
            finding="f-3",
            measure=Deny(service=FLOODED, source=SOURCE),
            edges=None,
            for_s=900.0,
            reason="surge from two networks",
            suggested_at=self.began_at + 2.0,
        )
        answered = tuple(m.id for m in self.active.values() if m.measure.service == FLOODED)
        return LiveFindingsDocument(
            now=now,
            open=(
                FindingDocument(
                    id="f-3",
                    finding=flood,
                    state=FindingState.OPEN,
                    since=flood.seen_at,
                    mitigations=answered,
                    suggestion=None if answered else suggestion,
                    suspects=(make_suspect(flood.began_at),),
                ),
            ),
            unusual=() if tenant else (self._slowness(),),
            closed=(
                FindingDocument(
                    id="f-2",
                    finding=self._slowness().model_copy(
                        update={
                            "tier": Tier.HARMFUL,
                            "service": "acme-api",
                            "tenant": "acme",
                            "began_at": self.began_at - 4_000,
                            "seen_at": self.began_at - 3_995,
                        }
                    ),
                    state=FindingState.CLOSED,
                    since=self.began_at - 3_600,
                    why="usual again for 60 s",
                    mitigations=("m-6",),
                ),
            ),
        )

    def mitigations(self, tenant: str | None) -> MitigationsDocument:
        now = self.clock()
        mine = [m for m in self.active.values() if tenant is None or self._tenant_of(m.measure) == tenant]
        active = tuple(m.model_copy(update={"remaining_s": max(0.0, m.expires_at - now)}) for m in mine)
        ended = tuple(m for m in self.ended if tenant is None or self._tenant_of(m.measure) == tenant)
        return MitigationsDocument(active=active, ended=ended)

    def history(self, tenant: str | None, before: int | None, count_max: int) -> HistoryPage:
        return show_history(self.began_at, tenant, before, count_max)

    def rollouts(self) -> RolloutsDocument:
        return self.rolling.show()

    def guards(self) -> GuardsDocument:
        budgets = (
            BudgetDocument(name="CPU", used=0.06, maximum=0.5, unit="cores"),
            BudgetDocument(name="Memory", used=84.0, maximum=256.0, unit="MiB"),
        )
        degraded = "samples of ordinary requests are halved"
        lag = BudgetDocument(name="Lag", used=0.9, maximum=1.0, unit="s")
        guards = (
            _guard(
                "telemetry", "Counts what the edges do, four times a second.", GuardState.ON, budgets, self.began_at
            ),
            _guard(
                "detector", "Tells the unusual from the usual.", GuardState.DEGRADED, (*budgets, lag), self.began_at
            ).model_copy(update={"degraded": (degraded,), "why": "its lag is near its budget"}),
            _guard(
                "analyser", "Estimates what GraphQL operations cost.", GuardState.OFF, budgets, self.began_at
            ).model_copy(update={"why": "switched off: it used 1.9 of 0.5 cores for 5 s", "version": "2"}),
        )
        return GuardsDocument(
            now=self.clock(),
            version="0.2.0",
            started_at=self.began_at - 86_000,
            guards=guards,
            journal_writable=True,
            unrecorded=0,
        )

    async def explain(self, asked: str, tenant: str | None) -> ExplanationsDocument:
        self.asked.append(asked)
        if tenant not in {None, "acme"} or "unknown" in asked:
            return ExplanationsDocument(request_id=asked[:64], explanations=())
        return explain_refusal(asked[:64], self.clock(), HOSTILE if self.hostile else "curl/8.5.0")

    def is_flooded(self, each: FakeService) -> bool:
        return self.flooded and each.name == FLOODED

    def state(self, each: FakeService) -> ServiceState:
        if self.is_flooded(each):
            return ServiceState.HARMFUL
        if each.name in self.silent:
            return ServiceState.UNREPORTED
        if any(m.measure.service == each.name for m in self.active.values()):
            return ServiceState.MITIGATED
        return ServiceState.UNUSUAL if each.name == "initech-search" else ServiceState.NORMAL

    def offered(self, each: FakeService, at: float) -> float:
        wave = 1 + 0.12 * math.sin(at / 9 + each.phase) + 0.06 * math.sin(at * 1.7 + each.phase * 3)
        surge = 11.0 if self.is_flooded(each) and at >= self.began_at else 1.0
        return max(0.0, each.usual * wave * surge)

    def traffic(self, each: FakeService, at: float | None = None) -> TrafficDocument:
        offered = self.offered(each, self.clock() if at is None else at)
        admitted = min(offered, each.limit)
        denied = 0.0
        if self.is_flooded(each) and any(m.measure.service == FLOODED for m in self.active.values()):
            denied, admitted = offered - each.usual, each.usual
        refused = offered - admitted - denied
        failed = admitted * (0.04 if self.is_flooded(each) else 0.001)
        return TrafficDocument(
            offered=offered,
            admitted=admitted,
            limited=refused * 0.8,
            shed=refused * 0.2,
            mitigated=denied,
            failed=failed,
            client_errors=admitted * 0.01,
            slow=admitted * 0.02,
            slower=admitted * 0.004,
            in_flight=math.ceil(admitted * 0.06),
        )

    def bare_row(self, each: FakeService) -> ServiceRow:
        traffic = None if each.name in self.silent else self.traffic(each)
        return ServiceRow(
            name=each.name,
            tenant=each.tenant,
            state=self.state(each),
            mode=Mode.ENFORCE,
            criticality=Criticality.CRITICAL,
            traffic=traffic,
            usual_per_s=each.usual,
            limit_per_s=each.limit,
            in_flight_max=80,
            used=traffic.offered / each.limit if traffic else None,
        )

    def row(self, each: FakeService) -> ServiceRow:
        now = self.clock()
        recent = () if each.name in self.silent else tuple(self.offered(each, now - 60 + 2 * i) for i in range(31))
        held = tuple(m.id for m in self.active.values() if m.measure.service == each.name)
        return self.bare_row(each).model_copy(update={"recent": recent, "mitigations": held})

    def _tenant_of(self, measure: Measure) -> str | None:
        return self.known[measure.service].tenant if measure.service in self.known else None

    def _location(self, i: int, name: str, total: TrafficDocument) -> LocationDocument:
        traffic = _scale(total, (0.7, 0.3)[i])
        capacity = 20_000.0 * max(1, len(self.known) // 60)
        edges = tuple(self._edge(name, number, traffic) for number in range(1, 3 - i))
        grows, used = i == 0, traffic.in_flight / 4_000
        in_flight = HeadroomDocument(used=used, reached_in_s=4_100.0 if grows else None, alarm=grows)
        return LocationDocument(
            name=name,
            capacity_per_s=capacity,
            capacity_in_flight=4_000,
            traffic=traffic,
            requests=HeadroomDocument(used=traffic.admitted / capacity),
            in_flight=in_flight,
            lanes=(LaneDocument(name="main", edges=edges),),
        )

    def _edge(self, location: str, number: int, traffic: TrafficDocument) -> LiveEdgeDocument:
        half = _scale(traffic, 0.5)
        edge = EdgeDocument(
            name=f"{location}-{number}",
            location=location,
            state=EdgeState.CONNECTED,
            since=self.began_at - 9_000,
            programmed=True,
            pending=0,
            nacks=(),
        )
        return LiveEdgeDocument(
            edge=edge,
            report_age_s=0.21,
            requests_per_s=half.offered,
            in_flight=half.in_flight,
            connections=812,
            cpu_cores=half.offered / 9_000,
            memory_bytes=212 * 1024**2,
            unknown_hosts_per_s=0.4,
            p50_s=0.012,
            p99_s=0.182,
            sampled_share=0.01,
        )

    def _describe(self, each: FakeService) -> ServiceDocument:
        walls = tuple(
            WallsDocument(location=place, in_flight=InFlight(guaranteed=10, maximum=40), pending=64, connections=64)
            for place in LOCATIONS
        )
        hosts: tuple[Host, ...] = (f"{each.name}.example",)
        return ServiceDocument(
            name=each.name,
            tenant=each.tenant,
            hosts=hosts,
            criticality=Criticality.CRITICAL,
            mode=Mode.ENFORCE,
            total=BucketDocument(requests_per_s=each.limit, burst=int(each.limit * 2)),
            per_client=BucketDocument(requests_per_s=50.0, burst=100),
            owner_limits=None,
            walls=walls,
            accept=AcceptRules(),
            upstream=Upstream.model_validate({"endpoints": ["127.0.0.1:9101"]}),
            mitigations=(),
        )

    def _history(self, each: FakeService) -> TrafficHistory:
        now = math.floor(self.clock())
        at = tuple(float(now - HISTORY_S + i) for i in range(HISTORY_S + 1))
        points = [self.traffic(each, moment) for moment in at]
        if each.name in self.silent:
            return TrafficHistory()
        return TrafficHistory(
            at=at,
            offered=tuple(p.offered for p in points),
            admitted=tuple(p.admitted for p in points),
            refused=tuple(p.refused for p in points),
            failed=tuple(p.failed for p in points),
        )

    def _sources(self) -> tuple[SourceDocument, ...]:
        agent = HOSTILE if self.hostile else "python-requests"
        return (
            SourceDocument(rule=str(SOURCE), excess_share=0.94, normal_share=0.004, per_s=8_900.0),
            SourceDocument(rule=f"user-agent-family {agent}", excess_share=0.91, normal_share=0.06, per_s=8_700.0),
            SourceDocument(rule="path /checkout", excess_share=0.55, normal_share=0.12, per_s=5_100.0),
        )

    def _flood(self) -> Finding:
        each = self.known[FLOODED]
        return Finding(
            kind=FindingKind.SURGE,
            tier=Tier.HARMFUL,
            service=FLOODED,
            tenant="acme",
            traffic_class=HOSTILE if self.hostile else "GET /checkout",
            began_at=self.began_at,
            seen_at=self.began_at + 1.1,
            evidence=Evidence(
                now=self.offered(each, self.clock()),
                usual=each.usual,
                capacity=each.limit,
                score=3.91,
                threshold=0.84,
                harms=("its own clients are refused at the limit",),
                samples=4_812,
            ),
            source=SOURCE,
            source_removes=0.92,
            source_spares=0.996,
        )

    def _slowness(self) -> Finding:
        return Finding(
            kind=FindingKind.SLOWNESS,
            tier=Tier.UNUSUAL,
            service="initech-search",
            tenant="initech",
            began_at=self.clock() - 41,
            seen_at=self.clock() - 36,
            evidence=Evidence(now=0.18, usual=0.02, score=0.97, threshold=0.84, samples=240),
        )


def _guard(name: str, what: str, state: GuardState, budgets: tuple[BudgetDocument, ...], since: float) -> GuardDocument:
    return GuardDocument(name=name, what=what, state=state, since=since, version="1", budgets=budgets)


def _rank(row: ServiceRow) -> tuple[int, float]:
    offered = row.traffic.offered if row.traffic else 0.0
    return list(ServiceState).index(row.state), -offered / (row.usual_per_s or 1.0)


def _key(order: ServiceOrder, row: ServiceRow) -> tuple[float | int | str, ...]:
    t = row.traffic or TrafficDocument()
    by: dict[ServiceOrder, tuple[float | int | str, ...]] = {
        ServiceOrder.STATE: _rank(row),
        ServiceOrder.NAME: (row.name,),
        ServiceOrder.OFFERED: (-t.offered,),
        ServiceOrder.REFUSED: (-t.refused,),
        ServiceOrder.FAILED: (-t.failed,),
        ServiceOrder.SLOW: (-t.slow,),
        ServiceOrder.IN_FLIGHT: (-t.in_flight,),
        ServiceOrder.USED: (-(row.used or 0.0),),
    }
    return by[order]


def _sum(parts: list[TrafficDocument]) -> TrafficDocument:
    total = dict.fromkeys(TrafficDocument.model_fields, 0.0)
    for part in parts:
        for name in total:
            total[name] += getattr(part, name)
    return TrafficDocument(**{**total, "in_flight": round(total["in_flight"])})


def _scale(traffic: TrafficDocument, share: float) -> TrafficDocument:
    scaled = {name: getattr(traffic, name) * share for name in TrafficDocument.model_fields}
    return TrafficDocument(**{**scaled, "in_flight": round(scaled["in_flight"])})
