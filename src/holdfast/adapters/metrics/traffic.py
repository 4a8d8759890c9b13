"""Metrics of traffic: by location, class, service and edge."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from holdfast.adapters.metrics.exposition import Exposition
from holdfast.adapters.metrics.reading import MetricsReading
from holdfast.adapters.metrics.tally import Counts, EdgeTally, TrafficTally
from holdfast.model.edge import EdgeState
from holdfast.model.finding import Finding
from holdfast.model.reading import EdgeReading, LocationReading, ServiceReading
from holdfast.model.telemetry import SLOW_S, Metric

OUTCOMES: Final = {
    "admitted": Metric.ADMITTED,
    "limited": Metric.LIMITED,
    "shed": Metric.SHED,
    "mitigated": Metric.MITIGATED,
    "rejected": Metric.REJECTED,
}
ANSWERS: Final = {
    "failed": Metric.FAILED,
    "client_error": Metric.CLIENT_ERRORS,
    **{f"slow_{bound:g}s": Metric.SLOW + i for i, bound in enumerate(SLOW_S)},
}


def expose_traffic(page: Exposition, tally: TrafficTally, reading: MetricsReading, services: Iterable[str]) -> None:
    """All metrics of traffic, of these services and of everything that isn't a service."""
    totals = tally.totals()
    for location, counts in sorted(totals.locations.items()):
        _expose_counts(page, "location", counts, location)
    for criticality, counts in totals.classes.items():
        _expose_counts(page, "class", counts, criticality)
    _expose_locations(page, reading)
    _expose_services(page, tally, reading, services)
    _expose_edges(page, totals.edges, reading)


def _expose_counts(page: Exposition, scope: str, counts: Counts, *labels: str) -> None:
    page.add_all(f"{scope}_requests_total", (((*labels, name), float(counts[at])) for name, at in OUTCOMES.items()))
    page.add_all(f"{scope}_answers_total", (((*labels, name), float(counts[at])) for name, at in ANSWERS.items()))


def _expose_locations(page: Exposition, reading: MetricsReading) -> None:
    places = reading.intent.platform.locations if reading.intent else {}
    for name, place in places.items():
        page.add("location_capacity_requests_per_second", place.capacity.requests, name)
        page.add("location_capacity_in_flight", place.capacity.in_flight, name)
        page.add("location_edges", len(place.edges), name)
    for location in reading.locations:
        _expose_location(page, location)


def _expose_location(page: Exposition, reading: LocationReading) -> None:
    page.add("location_in_flight", reading.in_flight, reading.location)
    page.add("location_connections", reading.connections, reading.location)
    page.add("location_usual_requests_per_second", reading.usual_rps, reading.location)
    page.add("location_blind_edges", len(reading.blind_edges), reading.location)
    for resource, share in reading.used.items():
        page.add("location_used_ratio", share, reading.location, resource)


def _expose_services(page: Exposition, tally: TrafficTally, reading: MetricsReading, services: Iterable[str]) -> None:
    owned = reading.intent.services if reading.intent else {}
    tenants = {name: owned[name].tenant for name in services if name in owned}
    for name, counts in tally.counts_of(tenants).items():
        _expose_counts(page, "service", counts, name, tenants[name])
    for each in reading.services:
        if each.service in tenants:
            _expose_service(page, each, tenants[each.service])
    for (name, kind), tier in sorted(_highest_tiers(reading.state.findings.values()).items()):
        if name in tenants:
            page.add("service_findings", tier, name, tenants[name], kind)
    page.add("services", len(owned))
    page.add("services_exposed", len(tenants))


def _expose_service(page: Exposition, reading: ServiceReading, tenant: str) -> None:
    labels = (reading.service, tenant)
    page.add("service_in_flight", reading.in_flight, *labels)
    page.add("service_in_flight_max", reading.in_flight_max, *labels)
    page.add("service_usual_requests_per_second", reading.usual_rps, *labels)
    page.add("service_surge_score", reading.score, *labels)
    if reading.headroom_rps is not None:
        page.add("service_headroom_requests_per_second", reading.headroom_rps, *labels)


def _highest_tiers(findings: Iterable[Finding]) -> Mapping[tuple[str, str], int]:
    tiers: dict[tuple[str, str], int] = {}
    for finding in findings:
        if finding.service is not None:
            key = (finding.service, finding.kind)
            tiers[key] = max(finding.tier, tiers.get(key, 0))
    return tiers


def _expose_edges(page: Exposition, tallies: Mapping[str, EdgeTally], reading: MetricsReading) -> None:
    for status in reading.statuses:
        labels = (status.name, status.location)
        page.add("edge_connected", status.state is EdgeState.CONNECTED, *labels)
        page.add("edge_pending", status.pending, *labels)
        page.add("edge_refused", len(status.nacks), *labels)
    for name, tally in sorted(tallies.items()):
        for metric, value in _tell_edge(tally):
            page.add(metric, value, name, tally.location)
        outcomes = (((name, tally.location, key), float(tally.counts[at])) for key, at in OUTCOMES.items())
        page.add_all("edge_requests_total", outcomes)
        page.add_buckets("edge_request_duration_seconds", tally.buckets, name, tally.location)
    page.add_all("edge_report_age_seconds", _tell_ages(reading.edges))


def _tell_edge(tally: EdgeTally) -> Iterator[tuple[str, float]]:
    yield "edge_reports_total", tally.reports
    yield "edge_reports_lost_total", tally.lost
    yield "edge_sampled_ratio", tally.sampled_share
    yield "edge_degraded", tally.degraded
    yield "edge_unknown_hosts_total", tally.unknown_hosts
    yield "edge_connections_opened_total", tally.new_connections
    yield "edge_cpu_seconds_total", tally.cpu_s
    yield "edge_memory_bytes", tally.memory_bytes
    yield "edge_in_flight", tally.in_flight


def _tell_ages(edges: Iterable[EdgeReading]) -> Iterator[tuple[tuple[str, str], float]]:
    return (((edge.edge, edge.location), edge.age_s) for edge in edges if edge.age_s is not None)
