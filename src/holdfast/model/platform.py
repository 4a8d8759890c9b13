"""What an operator declares: the platform, its locations, tenants and services."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from holdfast.model.noun import Noun
from holdfast.model.recovery import AssetStore, Failover, Reclaims, Site, SpoolBounds
from holdfast.model.route import Probe, Route
from holdfast.model.scalars import Address, Flag, Host, Name, Natural, Network, Period, Positive, Rate, Size
from holdfast.model.status_site import StatusRegion, StatusSite
from holdfast.model.units import Share
from holdfast.model.upstream import Standby, Upstream


class Mode(StrEnum):
    """Whether protections refuse requests, or only count what they would refuse."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


class Response(StrEnum):
    """What Holdfast does by itself about a harmful finding: note it, suggest a mitigation, or put one in force."""

    OBSERVE = "observe"
    SUGGEST = "suggest"
    ACT = "act"


class Criticality(StrEnum):
    """Who is shed last when capacity is short (Google SRE book, "Handling Overload")."""

    CRITICAL_PLUS = "critical_plus"
    CRITICAL = "critical"
    SHEDDABLE_PLUS = "sheddable_plus"
    SHEDDABLE = "sheddable"


class ClientLimits(Noun):
    """A token bucket for each client of a service."""

    requests: Rate
    burst: Positive | None = None


class Limits(Noun):
    """Token buckets of one service: the whole of it, and each of its clients.

    `burst` is the bucket's size in requests; by default two seconds' worth.
    """

    requests: Rate | None = None
    burst: Positive | None = None
    per_client: ClientLimits | None = None


class InFlight(Noun):
    """Concurrent requests of one service at one location."""

    guaranteed: Natural
    maximum: Positive


class Bulkhead(Noun):
    """Walls around one service at one location: what it always gets, and what it may never exceed."""

    in_flight: InFlight | None = None
    pending: Natural | None = None
    connections: Positive | None = None


class GraphQL(Noun):
    """Only GraphQL requests are let through; which ones is said here."""

    mutations: Flag = True
    batching: Flag = False
    introspection: Flag = False
    get_queries: Flag = False


class Accept(Noun):
    """The kinds of request a service takes. What is left out isn't checked, and costs nothing."""

    methods: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]+$")], ...] | None = None
    content_types: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9.+*-]+/[a-z0-9.+*-]+$")], ...] | None = None
    body_max: Size | None = None
    header_max: Size | None = None
    url_max: Size | None = None
    graphql: GraphQL | None = None


class Service(Noun):
    """A tenant's workload behind hosts.

    Without `routes`, everything goes to `upstream`; with them, a request that none of them matches is answered 404.
    The walls of a bulkhead stand around each upstream by itself. `failover` says when its upstreams give way to
    their standbys. After an outage a service comes back after those it `depends_on`.
    """

    hosts: Annotated[tuple[Host, ...], Field(min_length=1)]
    upstream: Upstream
    upstreams: dict[Name, Upstream] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    failover: Failover = Failover()
    depends_on: tuple[Name, ...] = ()
    probes: tuple[Probe, ...] = ()
    internal: Flag = False
    criticality: Criticality | None = None
    mode: Mode | None = None
    response: Response | None = None
    limits: Limits = Limits()
    bulkhead: Bulkhead = Bulkhead()
    accept: Accept = Accept()

    def each_upstream(self) -> Iterator[tuple[str | None, Upstream]]:
        """All that requests may be sent to: the one without a name first."""
        yield None, self.upstream
        yield from self.upstreams.items()

    def each_backend(self) -> Iterator[tuple[tuple[str, ...], "Standby"]]:
        """All that has endpoints, upstreams and their standbys, with where it is written below the service."""
        for own, upstream in self.each_upstream():
            path = ("upstream",) if own is None else ("upstreams", own)
            yield path, upstream
            for name, standby in upstream.standbys.items():
                yield (*path, "standbys", name), standby


class Consent(Noun):
    """What a tenant agreed that Holdfast may do to its services by itself, beside holding them to their share."""

    deny: Flag = True
    """Refuse sources that the excess comes from."""
    kill: Flag = False
    """Refuse everything, if nothing less helps."""


class Tenant(Noun):
    """A customer; the unit of isolation. `contact` is an e-mail address, or the http(s) URL of a webhook.

    `owners` are the names of those who answer for its services: of all tokens of the role owner for this tenant, only
    theirs may change its file. If nobody is named, all may.
    """

    services: dict[Name, Service]
    contact: str | None = None
    owners: tuple[Annotated[str, StringConstraints(min_length=1, max_length=254)], ...] = ()
    consent: Consent = Consent()


class Pool(Noun):
    """Ports that edges listen on, or addresses of endpoints: whichever it is, they are taken from here."""

    ports: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,5}-[0-9]{1,5}$")] | None = None
    addresses: Network | None = None

    @property
    def port_range(self) -> range:
        """The ports, the last one included; none for a pool of addresses."""
        first, _, last = (self.ports or "1-0").partition("-")
        return range(int(first), int(last) + 1)


class Edge(Noun):
    """One Envoy and the address it listens on."""

    name: Name
    listen: Address


class Capacity(Noun):
    """What one location can carry, over all its edges."""

    in_flight: Positive
    requests: Rate
    connections: Positive = 20_000


class Location(Noun):
    """A point of presence with a capacity."""

    edges: Annotated[tuple[Edge, ...], Field(min_length=1)]
    capacity: Capacity


class Clients(Noun):
    """How the client's address is known; per-client limits and blocks go by it.

    `trusted_proxies` are the only peers whose X-Forwarded-For is believed. An empty list says: clients
    connect to the edges directly.
    """

    trusted_proxies: tuple[Network, ...] | None = None
    ipv6_prefix: Annotated[int, Field(ge=32, le=128, strict=True)] = 64


class ServiceDefaults(Noun):
    """What holds for a service that states nothing."""

    criticality: Criticality = Criticality.SHEDDABLE_PLUS
    response: Response = Response.SUGGEST
    limits: Limits = Limits(requests=500.0, per_client=ClientLimits(requests=50.0))
    bulkhead: Bulkhead = Bulkhead(pending=64, connections=64)


class Bounds(Noun):
    """What a tenant's owner may choose for its own services; also the most that the file may grant."""

    requests_max: Rate = 10_000.0
    burst_max: Positive = 20_000
    per_client_max: Rate = 1_000.0


class AccessLog(Noun):
    """What every edge writes of its requests to a file of its own.

    `share` is how many of the requests that were neither refused nor failed; those that were are written in any case,
    up to a rate.
    """

    format: Literal["json", "combined"] = "json"
    share: Share = 0.01


class Waves(Noun):
    """How a revision goes out: a few services first, and then more, for as long as all is well with them.

    `first` is the share of the services that it changes which have it first, fifty of them at the most; `bake` is how
    long each wave is watched before the next one begins.
    """

    first: Share = 0.02
    bake: Period = 30.0


class Platform(Noun):
    """Everything one platform file says."""

    holdfast: Literal[1]
    name: Name
    mode: Mode = Mode.ENFORCE
    clients: Clients = Clients()
    locations: Annotated[dict[Name, Location], Field(min_length=1)]
    defaults: ServiceDefaults = ServiceDefaults()
    bounds: Bounds = Bounds()
    pools: dict[Name, Pool] = Field(default_factory=dict)
    access_log: AccessLog = AccessLog()
    waves: Waves = Waves()
    sites: dict[Name, Site] = Field(default_factory=dict)
    spool: SpoolBounds = SpoolBounds()
    assets: AssetStore = AssetStore()
    reclaims: Reclaims | None = None
    status: StatusSite | None = None
    tenants: dict[Name, Tenant]

    def each_region(self) -> dict[str, StatusRegion]:
        """The regions that the public knows, by name: those declared, or every location by itself."""
        if self.status is not None and self.status.regions:
            return self.status.regions
        return {name: StatusRegion(title=name, locations=(name,)) for name in self.locations}
