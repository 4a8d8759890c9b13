"""Services as documents: what is in force for them, everything unsaid filled in."""

from collections.abc import Iterable, Iterator
from itertools import islice

from holdfast.model.effective import Bucket, EffectiveService
from holdfast.model.intent import Intent
from holdfast.model.mitigation import MitigationId
from holdfast.model.noun import Noun
from holdfast.model.platform import Accept, Criticality, InFlight, Limits, Mode
from holdfast.model.scalars import Host
from holdfast.model.upstream import Upstream


class BucketDocument(Noun):
    """A token bucket: requests per second, and how many of them may come at once."""

    requests_per_s: float
    burst: int


class WallsDocument(Noun):
    """What a service may take of one location: requests in flight and pending, and connections."""

    location: str
    in_flight: InFlight
    pending: int
    connections: int


class ServiceDocument(Noun):
    """A service as the edges hold it. `owner_limits` is what its owner chose, if anything."""

    name: str
    tenant: str
    hosts: tuple[Host, ...]
    criticality: Criticality
    mode: Mode
    total: BucketDocument
    per_client: BucketDocument | None
    owner_limits: Limits | None
    walls: tuple[WallsDocument, ...]
    accept: Accept
    upstream: Upstream
    mitigations: tuple[MitigationId, ...]


class ServicesDocument(Noun):
    """A page of services, by name. `next` is what to ask for services after, if there are more."""

    services: tuple[ServiceDocument, ...]
    next: str | None


def show_service(intent: Intent, name: str) -> ServiceDocument:
    """A service for people and programs to read; KeyError if there is none of that name."""
    at = {location: intent.effective(name, location) for location in intent.platform.locations}
    one = next(iter(at.values()))
    return ServiceDocument(
        name=name,
        tenant=one.tenant,
        hosts=one.hosts,
        criticality=one.criticality,
        mode=one.mode,
        total=_show_bucket(one.total),
        per_client=_show_bucket(one.per_client) if one.per_client else None,
        owner_limits=intent.owner_limits.get(name),
        walls=tuple(_show_walls(location, service) for location, service in at.items()),
        accept=one.accept,
        upstream=one.upstream,
        mitigations=tuple(m.id for m in intent.mitigations if m.measure.service in {name, None}),
    )


def show_services(intent: Intent | None, tenant: str | None, after: str, count_max: int) -> ServicesDocument:
    """At most `count_max` services after a name, by name, of one tenant or of all."""
    if intent is None:
        return ServicesDocument(services=(), next=None)
    names = _after(sorted(_names(intent, tenant)), after)
    page = list(islice(names, count_max + 1))
    more = len(page) > count_max
    shown = page[:count_max]
    return ServicesDocument(
        services=tuple(show_service(intent, name) for name in shown), next=shown[-1] if more and shown else None
    )


def _names(intent: Intent, tenant: str | None) -> Iterator[str]:
    return (name for name, owned in intent.services.items() if tenant is None or owned.tenant == tenant)


def _after(names: Iterable[str], after: str) -> Iterator[str]:
    return (name for name in names if name > after)


def _show_bucket(bucket: Bucket) -> BucketDocument:
    return BucketDocument(requests_per_s=bucket.per_s, burst=bucket.burst)


def _show_walls(location: str, service: EffectiveService) -> WallsDocument:
    return WallsDocument(
        location=location,
        in_flight=service.in_flight,
        pending=service.pending,
        connections=service.connections,
    )
