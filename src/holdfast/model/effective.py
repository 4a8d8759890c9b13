"""A service with everything it left unsaid filled in, at one location: what the edges enforce."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from holdfast.model.platform import (
    Accept,
    Criticality,
    InFlight,
    Limits,
    Location,
    Mode,
    Platform,
    Response,
    Service,
    ServiceDefaults,
)
from holdfast.model.recovery import Failover
from holdfast.model.route import Route
from holdfast.model.upstream import Upstream

_BUILT_IN = ServiceDefaults()
"""What holds where a platform's own defaults are silent too."""
BURST_S = 2.0
"""How many seconds' worth of requests a bucket holds where no burst is stated."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: `per_s` tokens a second, at most `burst` of them kept."""

    per_s: float
    burst: int


@dataclass(frozen=True, slots=True)
class EffectiveService:
    """One service at one location, complete. In-flight, pending and connections are for the whole location."""

    name: str
    tenant: str
    hosts: tuple[str, ...]
    criticality: Criticality
    mode: Mode
    response: Response
    total: Bucket
    per_client: Bucket | None
    in_flight: InFlight
    pending: int
    connections: int
    accept: Accept
    upstream: Upstream
    upstreams: Mapping[str, Upstream]
    routes: tuple[Route, ...]
    failover: Failover
    is_probed: bool = False
    """Whether it has probes, which may be asked of each of its upstreams by itself."""
    bounded_sites: frozenset[str] = frozenset()
    """Sites of which it is said what they carry."""

    def each_upstream(self) -> Iterator[tuple[str | None, Upstream]]:
        """All that requests may be sent to: the one without a name first."""
        yield None, self.upstream
        yield from self.upstreams.items()


def fill_service(
    platform: Platform, tenant: str, name: str, service: Service, location: Location, owner: Limits | None = None
) -> EffectiveService:
    """`service` as it holds at `location`: its own words, then its owner's limits, then the platform's defaults."""
    defaults, bulkhead = platform.defaults, service.bulkhead
    limits = _merge_limits(_merge_limits(_merge_limits(_BUILT_IN.limits, defaults.limits), service.limits), owner)
    client = limits.per_client
    in_flight = bulkhead.in_flight or defaults.bulkhead.in_flight or share_capacity(location)
    return EffectiveService(
        name=name,
        tenant=tenant,
        hosts=tuple(dict.fromkeys(host.lower() for host in service.hosts)),
        criticality=service.criticality or defaults.criticality,
        mode=service.mode or platform.mode,
        response=service.response or defaults.response,
        total=_fill_bucket(limits.requests or platform.bounds.requests_max, limits.burst),
        per_client=_fill_bucket(client.requests, client.burst) if client else None,
        in_flight=in_flight,
        pending=_first(bulkhead.pending, defaults.bulkhead.pending, _BUILT_IN.bulkhead.pending),
        connections=bulkhead.connections or max(defaults.bulkhead.connections or 0, in_flight.maximum),
        accept=service.accept,
        upstream=service.upstream,
        upstreams=service.upstreams,
        routes=service.routes,
        failover=service.failover,
        is_probed=bool(service.probes),
        bounded_sites=frozenset(name for name, site in platform.sites.items() if site.requests or site.in_flight),
    )


def share_capacity(location: Location) -> InFlight:
    """In-flight share of a service that states none: nothing guaranteed, at most a quarter of the location.

    It depends on nothing but the location, so that one service's words never change another's share.
    """
    return InFlight(guaranteed=0, maximum=max(1, location.capacity.in_flight // 4))


def _merge_limits(base: Limits, over: Limits | None) -> Limits:
    if over is None:
        return base
    return Limits(
        requests=base.requests if over.requests is None else over.requests,
        burst=over.burst if over.requests is not None or over.burst is not None else base.burst,
        per_client=over.per_client or base.per_client,
    )


def _fill_bucket(per_s: float, burst: int | None) -> Bucket:
    return Bucket(per_s, burst or max(1, round(per_s * BURST_S)))


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)
