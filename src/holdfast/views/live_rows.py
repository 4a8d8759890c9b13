"""Readings as documents: traffic, and services in a list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.model.finding import Finding, Tier
from holdfast.model.intent import Intent
from holdfast.model.mitigation import MitigationId
from holdfast.model.reading import LocationReading, ServiceReading
from holdfast.model.state import State
from holdfast.model.telemetry import Metric
from holdfast.views.live_services import ServiceOrder, ServicePage, ServiceQuery, ServiceRow, ServiceState
from holdfast.views.live_traffic import HeadroomDocument, TrafficDocument

WORST_FIRST = tuple(ServiceState)


@dataclass(frozen=True)
class Standing:
    """Who stands out, and why: computed once for a list, whatever its length."""

    harmful: frozenset[str] = frozenset()
    unusual: frozenset[str] = frozenset()
    mitigations: Mapping[str, tuple[MitigationId, ...]] = field(default_factory=dict)

    @staticmethod
    def of(state: State, findings: Iterable[Finding]) -> "Standing":
        """Who stands out by the findings of now, recorded or not, and by what is mitigated."""
        by_service: dict[str, tuple[MitigationId, ...]] = {}
        for mitigation in state.mitigations.values():
            if mitigation.measure.service:
                by_service[mitigation.measure.service] = (
                    *by_service.get(mitigation.measure.service, ()),
                    mitigation.id,
                )
        found = [*findings, *state.findings.values()]
        harmful = frozenset(f.service for f in found if f.service and f.tier is Tier.HARMFUL)
        return Standing(harmful, frozenset(f.service for f in found if f.service) - harmful, by_service)

    def state_of(self, service: str, *, reported: bool) -> ServiceState:
        """What matters most about a service."""
        if service in self.harmful:
            return ServiceState.HARMFUL
        if not reported:
            return ServiceState.UNREPORTED
        if service in self.mitigations:
            return ServiceState.MITIGATED
        return ServiceState.UNUSUAL if service in self.unusual else ServiceState.NORMAL


def show_traffic(reading: ServiceReading) -> TrafficDocument:
    """What a service is asked for, and what becomes of it."""
    rates = {metric.name.lower(): reading.rates.get(metric, 0.0) for metric in Metric}
    return TrafficDocument(**rates, in_flight=reading.in_flight)


def show_location_traffic(reading: LocationReading) -> TrafficDocument:
    """What a location is asked for, and how much of it goes on."""
    return TrafficDocument(
        offered=reading.offered_rps, admitted=reading.admitted_rps, in_flight=max(0, reading.in_flight)
    )


def show_used(reading: LocationReading, resource: str) -> HeadroomDocument | None:
    """How much of one of a location's capacities is used; None where that isn't known."""
    used = reading.used.get(resource)
    return None if used is None else HeadroomDocument(used=used)


def show_row(intent: Intent, standing: Standing, reading: ServiceReading, *, reported: bool) -> ServiceRow:
    """A service in a list."""
    location = next(iter(intent.platform.locations))
    service = intent.effective(reading.service, location)
    limit = service.total.per_s
    return ServiceRow(
        name=service.name,
        tenant=service.tenant,
        state=standing.state_of(service.name, reported=reported),
        mode=service.mode,
        criticality=service.criticality,
        traffic=show_traffic(reading) if reported else None,
        usual_per_s=reading.usual_rps if reading.learned else None,
        limit_per_s=limit,
        in_flight_max=service.in_flight.maximum,
        used=max(reading.rates.get(Metric.OFFERED, 0.0) / limit, reading.in_flight / service.in_flight.maximum),
        mitigations=standing.mitigations.get(service.name, ()),
    )


def show_page(
    intent: Intent, standing: Standing, readings: Sequence[ServiceReading], query: ServiceQuery, *, reported: bool
) -> ServicePage:
    """One page of the services that a query asks for; `readings` are of all services in sight."""
    found = [r for r in readings if _matches(intent, r.service, query.search.casefold())]
    states = {r.service: standing.state_of(r.service, reported=reported) for r in found}
    counts = dict.fromkeys(ServiceState, 0)
    for state in states.values():
        counts[state] += 1
    chosen = [r for r in found if query.state in {None, states[r.service]}]
    chosen.sort(key=lambda r: _sort_key(query.order, r, states[r.service]))
    first = (max(1, query.page) - 1) * query.rows_max
    return ServicePage(
        query=query,
        rows=tuple(show_row(intent, standing, r, reported=reported) for r in chosen[first : first + query.rows_max]),
        matched=len(chosen),
        states=counts,
    )


def _matches(intent: Intent, service: str, wanted: str) -> bool:
    if not wanted or wanted in service:
        return True
    owned = intent.services[service]
    return wanted in owned.tenant or any(wanted in host.casefold() for host in owned.service.hosts)


def _sort_key(order: ServiceOrder, reading: ServiceReading, state: ServiceState) -> tuple[float, float, str]:
    """Numbers from high to low, and names from A to Z among equals."""
    rates = reading.rates
    match order:
        case ServiceOrder.STATE:
            return WORST_FIRST.index(state), -reading.score, reading.service
        case ServiceOrder.NAME:
            number = 0.0
        case ServiceOrder.OFFERED:
            number = rates.get(Metric.OFFERED, 0.0)
        case ServiceOrder.REFUSED:
            refusals = (Metric.LIMITED, Metric.SHED, Metric.MITIGATED, Metric.REJECTED)
            number = sum(rates.get(metric, 0.0) for metric in refusals)
        case ServiceOrder.FAILED:
            number = rates.get(Metric.FAILED, 0.0)
        case ServiceOrder.SLOW:
            number = rates.get(Metric.SLOW, 0.0)
        case ServiceOrder.IN_FLIGHT:
            number = reading.in_flight
        case ServiceOrder.USED:
            full = max(reading.in_flight_max, 1)
            headroom = reading.headroom_rps or float("inf")
            number = max(rates.get(Metric.OFFERED, 0.0) / headroom, reading.in_flight / full)
    return 0.0, -number, reading.service
