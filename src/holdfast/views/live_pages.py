"""Readings as whole pages: the overview, and one service."""

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast import __version__
from holdfast.model.edge import EdgeStatus
from holdfast.model.finding import Finding
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Mitigation
from holdfast.model.query import ServiceQueries
from holdfast.model.reading import EdgeReading, LocationReading, Series, ServiceReading
from holdfast.model.revision import RevisionNumber
from holdfast.model.state import State
from holdfast.model.telemetry import Metric
from holdfast.views.edges import show_edge
from holdfast.views.findings import show_findings
from holdfast.views.live import LaneDocument, LiveEdgeDocument, LocationDocument, OverviewDocument
from holdfast.views.live_findings import LiveFindingsDocument
from holdfast.views.live_guards import GuardDocument
from holdfast.views.live_rows import Standing, show_location_traffic, show_row, show_traffic, show_used
from holdfast.views.live_services import (
    LiveServiceDocument,
    RefusalRateDocument,
    ServiceShareDocument,
    SourceDocument,
)
from holdfast.views.live_traffic import TrafficDocument, TrafficHistory
from holdfast.views.measures import describe_measure
from holdfast.views.mitigations import MitigationDocument
from holdfast.views.services import show_service

LANE = "main"
"""The one lane that every location has so far."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen at a moment (Unix time, in seconds). `findings` are all that go on, recorded or not."""

    now: float
    intent: Intent | None
    state: State
    revision: RevisionNumber | None
    statuses: Sequence[EdgeStatus] = ()
    locations: Sequence[LocationReading] = ()
    edges: Sequence[EdgeReading] = ()
    busiest: Sequence[ServiceReading] = ()
    findings: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class ServiceSight:
    """What is seen of one service beside its reading."""

    reading: ServiceReading
    chart: Series
    mitigations: tuple[MitigationDocument, ...] = ()
    queries: ServiceQueries | None = None


def show_overview(sight: Sight, guards: tuple[GuardDocument, ...]) -> OverviewDocument:
    """Everything on one page."""
    intent, standing = sight.intent, Standing.of(sight.state, sight.findings)
    readings = {reading.location: reading for reading in sight.locations}
    return OverviewDocument(
        now=sight.now,
        version=__version__,
        platform=intent.platform.name if intent else None,
        mode=intent.platform.mode if intent else None,
        revision=sight.revision,
        tenant_count=len(intent.platform.tenants) if intent else 0,
        service_count=len(intent.services) if intent else 0,
        traffic=_add_up(sight.locations),
        locations=tuple(_show_location(sight, intent, name, readings.get(name)) for name in _places(intent)),
        busiest=tuple(
            show_row(intent, standing, r, reported=_is_reported(sight.edges))
            for r in sight.busiest
            if intent and r.service in intent.services
        ),
        guards=guards,
    )


def show_live_service(sight: Sight, one: ServiceSight) -> LiveServiceDocument:
    """One service; its intent must know it."""
    intent, name, reading = sight.intent, one.reading.service, one.reading
    if intent is None:
        raise KeyError(name)
    reported = _is_reported(sight.edges)
    recorded = show_findings(sight.state)
    unusual = tuple(f for f in _only_unusual(sight) if f.service == name)
    found = [f for f in (*sight.findings, *sight.state.findings.values()) if f.service == name]
    traffic = show_traffic(reading) if reported else None
    filled = {place: intent.effective(name, place) for place in intent.platform.locations}
    return LiveServiceDocument(
        now=sight.now,
        row=show_row(intent, Standing.of(sight.state, sight.findings), reading, reported=reported),
        service=show_service(intent, name),
        response=intent.services[name].service.response or intent.platform.defaults.response,
        at=tuple(
            ServiceShareDocument(
                location=place,
                traffic=traffic if len(filled) == 1 else None,
                in_flight_guaranteed=service.in_flight.guaranteed,
                in_flight_max=service.in_flight.maximum,
            )
            for place, service in filled.items()
        ),
        history=show_history_chart(one.chart),
        refusals=_show_refusals(reading, [m for m in sight.state.mitigations.values() if m.measure.service == name]),
        findings=tuple(f for f in (*recorded.open, *recorded.closed) if f.finding.service == name),
        unusual=unusual,
        mitigations=one.mitigations,
        sources=_show_sources(found),
        queries=one.queries,
        samples=max((f.evidence.samples for f in found), default=0),
    )


def show_live_findings(sight: Sight, tenant: str | None) -> LiveFindingsDocument:
    """What goes on and what is over, as far as it concerns a tenant, or everybody (None)."""
    recorded = show_findings(sight.state)
    return LiveFindingsDocument(
        now=sight.now,
        open=tuple(f for f in recorded.open if tenant in {None, f.finding.tenant}),
        unusual=tuple(f for f in _only_unusual(sight) if tenant in {None, f.tenant}),
        closed=tuple(f for f in recorded.closed if tenant in {None, f.finding.tenant}),
    )


def show_history_chart(chart: Series) -> TrafficHistory:
    """A chart's series; what isn't known is None."""
    length = max((len(points) for points in chart.values.values()), default=0)
    first = chart.ends_at - length * chart.step_s
    series = {name: _points(chart, name, length) for name in ("offered", "admitted", "refused", "failed")}
    return TrafficHistory(at=tuple(first + n * chart.step_s for n in range(length)), **series)


def _points(chart: Series, name: str, length: int) -> tuple[float | None, ...]:
    points = chart.values.get(name, ())
    return tuple(None if p != p else p for p in points) if len(points) == length else (None,) * length  # noqa: PLR0124


def _only_unusual(sight: Sight) -> list[Finding]:
    recorded = {finding.key for finding in sight.state.findings.values()}
    return sorted((f for f in sight.findings if f.key not in recorded), key=lambda f: -f.seen_at)


def _places(intent: Intent | None) -> tuple[str, ...]:
    return tuple(intent.platform.locations) if intent else ()


def _is_reported(edges: Sequence[EdgeReading]) -> bool:
    return any(edge.age_s is not None and edge.age_s < 10 for edge in edges)


def _show_location(sight: Sight, intent: Intent | None, name: str, reading: LocationReading | None) -> LocationDocument:
    capacity = intent.platform.locations[name].capacity if intent else None
    statuses = [status for status in sight.statuses if status.location == name]
    readings = {edge.edge: edge for edge in sight.edges}
    return LocationDocument(
        name=name,
        capacity_per_s=capacity.requests if capacity else 0.0,
        capacity_in_flight=capacity.in_flight if capacity else 0,
        traffic=show_location_traffic(reading) if reading else None,
        requests=show_used(reading, "requests") if reading else None,
        in_flight=show_used(reading, "in-flight") if reading else None,
        lanes=(LaneDocument(name=LANE, edges=tuple(_show_edge(s, readings.get(s.name), sight.now) for s in statuses)),),
    )


def _show_edge(status: EdgeStatus, reading: EdgeReading | None, now: float) -> LiveEdgeDocument:
    if reading is None:
        return LiveEdgeDocument(edge=show_edge(status, now))
    return LiveEdgeDocument(
        edge=show_edge(status, now),
        report_age_s=reading.age_s,
        requests_per_s=reading.offered_rps,
        in_flight=reading.in_flight,
        connections=reading.connections,
        cpu_cores=reading.cpu,
        memory_bytes=reading.memory_bytes,
        unknown_hosts_per_s=reading.unknown_hosts_per_s,
        p50_s=reading.p50_s,
        p99_s=reading.p99_s,
        degraded=reading.degraded,
    )


def _add_up(readings: Sequence[LocationReading]) -> TrafficDocument | None:
    if not readings:
        return None
    return TrafficDocument(
        offered=sum(r.offered_rps for r in readings),
        admitted=sum(r.admitted_rps for r in readings),
        in_flight=sum(max(0, r.in_flight) for r in readings),
    )


def _show_refusals(reading: ServiceReading, mitigations: Sequence[Mitigation]) -> tuple[RefusalRateDocument, ...]:
    why = "; ".join(f"{m.id}: {describe_measure(m.measure)}" for m in mitigations) or "a mitigation that has ended"
    rates = dict.fromkeys(Metric, 0.0) | dict(reading.rates)
    told = (
        ("limit.service", rates[Metric.LIMITED], "more than its limits, or one client's, allow"),
        ("bulkhead", rates[Metric.WALLED], "no room: its own walls are reached"),
        ("limit.location", rates[Metric.SHED] - rates[Metric.WALLED], "no room: the location's limit is reached"),
        ("mitigation", rates[Metric.MITIGATED], why),
        ("accept", rates[Metric.REJECTED], "not a kind of request that it takes"),
    )
    return tuple(RefusalRateDocument(rule=rule, per_s=rate, why=text) for rule, rate, text in told if rate > 0)


def _show_sources(found: Sequence[Finding]) -> tuple[SourceDocument, ...]:
    sources = {}
    for finding in found:
        if finding.source is not None:
            excess = max(0.0, finding.evidence.now - finding.evidence.usual)
            removes = finding.source_removes or 0.0
            sources[str(finding.source)] = SourceDocument(
                rule=str(finding.source),
                excess_share=removes,
                normal_share=None if finding.source_spares is None else 1 - finding.source_spares,
                per_s=excess * removes,
            )
    return tuple(sources.values())
