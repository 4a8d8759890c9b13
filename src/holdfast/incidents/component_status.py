"""How a component is, from what is measured and from what people said of it: the worse of the two counts.

What is measured is the present. An incident is worse than what is measured as long as somebody holds that it is: it may
be about what traffic doesn't show. But once its repair is in and is only being watched, it holds a component at
`degraded_performance` at worst, and what is measured says the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from holdfast.model.downtime import Standing
from holdfast.model.incident import Impact, Incident, Phase
from holdfast.model.maintenance import Maintenance, MaintenancePhase
from holdfast.model.status_document import PublicComponent, PublicStatus

MEASURED: Final = {
    Standing.UNKNOWN: PublicStatus.OPERATIONAL,
    Standing.UP: PublicStatus.OPERATIONAL,
    Standing.DEGRADED: PublicStatus.DEGRADED_PERFORMANCE,
    Standing.DOWN: PublicStatus.MAJOR_OUTAGE,
}
"""Of one component in one region."""
IMPACTS: Final = {
    Impact.NONE: PublicStatus.OPERATIONAL,
    Impact.MINOR: PublicStatus.DEGRADED_PERFORMANCE,
    Impact.MAJOR: PublicStatus.PARTIAL_OUTAGE,
    Impact.CRITICAL: PublicStatus.MAJOR_OUTAGE,
}
"""What an incident says of the components that it is about."""
HEADLINES: Final = {
    Impact.NONE: "All Systems Operational",
    Impact.MINOR: "Partially Degraded Service",
    Impact.MAJOR: "Partial System Outage",
    Impact.CRITICAL: "Major System Outage",
}
"""Statuspage's words, which its clients show."""
_SEVERITIES: Final = {
    PublicStatus.OPERATIONAL: Impact.NONE,
    PublicStatus.UNDER_MAINTENANCE: Impact.NONE,
    PublicStatus.DEGRADED_PERFORMANCE: Impact.MINOR,
    PublicStatus.PARTIAL_OUTAGE: Impact.MAJOR,
    PublicStatus.MAJOR_OUTAGE: Impact.MAJOR,
}
"""What the worst component says of the platform, unless all are out."""


def judge_region(
    component: str, region: str, standing: Standing, incidents: Iterable[Incident], windows: Iterable[Maintenance]
) -> PublicStatus:
    """One component in one region; `incidents` are open and published, `windows` may be anything announced.

    While work goes on there, what is measured is what was announced.
    """
    at_work = any(w.phase is MaintenancePhase.IN_PROGRESS and w.covers(component, region) for w in windows)
    statuses = [PublicStatus.UNDER_MAINTENANCE if at_work else MEASURED[standing]]
    statuses += [judge_incident(incident) for incident in incidents if _is_about(incident, component, region)]
    return find_worst(statuses)


def judge_incident(incident: Incident) -> PublicStatus:
    """What an incident says of what it is about."""
    said = IMPACTS[incident.impact]
    if incident.phase is Phase.MONITORING:
        return min(said, PublicStatus.DEGRADED_PERFORMANCE, key=lambda status: status.rank)
    return said


def judge_component(regions: Sequence[tuple[PublicStatus, bool]]) -> PublicStatus:
    """A component over all regions, each with its status and whether anything is known there.

    It is a major outage where it is one in every region of which anything is known, and a partial one before that.
    """
    worst = find_worst(status for status, _ in regions)
    if worst is not PublicStatus.MAJOR_OUTAGE:
        return worst
    known = [status for status, is_known in regions if is_known or status is not PublicStatus.OPERATIONAL]
    everywhere = all(status is PublicStatus.MAJOR_OUTAGE for status in known)
    return PublicStatus.MAJOR_OUTAGE if everywhere else PublicStatus.PARTIAL_OUTAGE


def judge_platform(components: Sequence[PublicComponent], incidents: Iterable[Incident]) -> tuple[Impact, str]:
    """The whole platform in one word and one line: the worse of how its components are, and of open incidents."""
    statuses = [component.status for component in components]
    worst = find_worst(statuses)
    indicator = max((_SEVERITIES[worst], *map(_weigh_incident, incidents)), key=list(Impact).index)
    if worst is PublicStatus.MAJOR_OUTAGE and all(status is worst for status in statuses):
        indicator = Impact.CRITICAL
    if indicator is not Impact.NONE:
        return indicator, HEADLINES[indicator]
    if worst is PublicStatus.UNDER_MAINTENANCE:
        return indicator, "Service Under Maintenance"
    is_known = any(component.measured for component in components)
    return indicator, HEADLINES[indicator] if is_known else "No Known Trouble"


def _weigh_incident(incident: Incident) -> Impact:
    is_watched = incident.phase is Phase.MONITORING and incident.impact is not Impact.NONE
    return Impact.MINOR if is_watched else incident.impact


def find_worst(statuses: Iterable[PublicStatus]) -> PublicStatus:
    """The worst of them; operational if there is none."""
    return max(statuses, key=lambda status: status.rank, default=PublicStatus.OPERATIONAL)


def _is_about(incident: Incident, component: str, region: str) -> bool:
    return component in incident.components and (not incident.regions or region in incident.regions)


def keep_time(before: Mapping[str, tuple[PublicStatus, float]], name: str, status: PublicStatus, now: float) -> float:
    """Since when a component has its status: as long as it was published with that, else from now on."""
    known = before.get(name)
    return known[1] if known is not None and known[0] is status else now
