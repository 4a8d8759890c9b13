"""What a measure must satisfy before it may be put in force or suggested."""

from collections.abc import Collection, Iterable, Mapping

from holdfast.engine.facts import PlatformFacts
from holdfast.engine.maxima import MITIGATION_S_MAX, MITIGATION_S_MIN, MITIGATIONS_MAX, NETWORKS_MAX
from holdfast.model.mitigation import Block, Deny, Drain, FailOver, Limit, Measure, Mitigation, MitigationId, Whom
from holdfast.model.refusal import Refusal, RefusalCode
from holdfast.model.units import format_duration


def check_measure(measure: Measure, for_s: float, platform: PlatformFacts | None) -> Refusal | None:
    """Whether a measure can be taken on this platform for so long (seconds)."""
    if platform is None:
        return Refusal(RefusalCode.NOTHING_IN_FORCE, "no revision is in force yet, so there is nothing to protect")
    if measure.service is not None and measure.service not in platform.tenants:
        return Refusal(RefusalCode.SERVICE_UNKNOWN, f"the platform in force has no service {measure.service}")
    if not MITIGATION_S_MIN <= for_s <= MITIGATION_S_MAX:
        bounds = f"{format_duration(MITIGATION_S_MIN)} to {format_duration(MITIGATION_S_MAX)}"
        return Refusal(RefusalCode.DURATION_OUT_OF_BOUNDS, f"a mitigation lasts {bounds}")
    if isinstance(measure, Limit) and (measure.requests_per_s, measure.per_client, measure.in_flight) == (None,) * 3:
        message = "say what to limit: requests, requests per client, or requests in flight"
        return Refusal(RefusalCode.MEASURE_EMPTY, message)
    return _check_whom(measure, platform) if isinstance(measure, Whom) else None


def _check_whom(whom: Whom, platform: PlatformFacts) -> Refusal | None:
    """Whether there is anybody that it can be done for."""
    if whom.service is None and whom.site is None and not whom.classes:
        return Refusal(RefusalCode.MEASURE_EMPTY, "say for whom: a service, a site, or classes of services")
    at_site = platform.sites.get(whom.site, frozenset()) if whom.site is not None else platform.tenants.keys()
    if not at_site:
        known = ", ".join(sorted(platform.sites)) or "none"
        return Refusal(RefusalCode.SITE_UNKNOWN, f"no service has its primary at a site {whom.site}; sites: {known}")
    return _check_standby(whom, at_site, platform) if isinstance(whom, FailOver) else None


def _check_standby(measure: FailOver, at_site: Collection[str], platform: PlatformFacts) -> Refusal | None:
    meant = at_site if measure.service is None else {measure.service}
    standbys = {standby for name in meant for standby in platform.standbys.get(name, ())}
    if measure.to in standbys or (measure.to is None and standbys):
        return None
    whom = measure.service or "those meant"
    wanted = "no standby" if measure.to is None else f"no standby {measure.to}"
    return Refusal(
        RefusalCode.STANDBY_UNKNOWN, f"{whom} has {wanted}; there are: {', '.join(sorted(standbys)) or 'none'}"
    )


def check_edges(edges: tuple[str, ...] | None, platform: PlatformFacts | None) -> Refusal | None:
    """Whether a measure can hold on these edges; None stands for all there are."""
    if edges is None or platform is None:
        return None
    if not edges:
        return Refusal(RefusalCode.MEASURE_EMPTY, "say on which edges it is to hold, or leave them out for all")
    unknown = ", ".join(sorted(set(edges) - platform.edges))
    return Refusal(RefusalCode.EDGE_UNKNOWN, f"the platform in force has no edge {unknown}") if unknown else None


def check_reach(measure: Measure, edges: tuple[str, ...] | None) -> Refusal | None:
    """Whether a measure of this kind can hold on some edges only: what all edges share can't."""
    if isinstance(measure, Drain) and edges is not None:
        return Refusal(RefusalCode.EDGE_UNKNOWN, "endpoints are drained for all edges; leave the edges out")
    return None


def check_room(mitigations: Mapping[MitigationId, Mitigation], measure: Measure) -> Refusal | None:
    """Whether one more mitigation, and what it names, may be in force."""
    if len(mitigations) >= MITIGATIONS_MAX:
        message = f"{MITIGATIONS_MAX} mitigations are in force, which is the most; end some"
        return Refusal(RefusalCode.MITIGATIONS_FULL, message)
    if not (more := _count_named([measure])):
        return None
    named = _count_named(m.measure for m in mitigations.values())
    if named + more > NETWORKS_MAX:
        message = f"blocks and denials in force name {named} networks and values, and {NETWORKS_MAX} is the most"
        return Refusal(RefusalCode.NETWORKS_FULL, f"{message}; end some")
    return None


def _count_named(measures: Iterable[Measure]) -> int:
    """Networks, and values of source rules, that measures name."""
    named = 0
    for measure in measures:
        if isinstance(measure, Block):
            named += len(measure.networks)
        elif isinstance(measure, Deny):
            named += sum(len(match.values) for match in measure.source.matches)
    return named
