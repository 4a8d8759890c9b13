"""What an operator declares: the platform, its locations, tenants and services."""

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from holdfast.model.noun import Noun
from holdfast.model.units import Bytes, Count, PerSecond, Seconds, Share

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
"""A name in the form of a DNS label: lower case letters, digits, inner hyphens, at most 63."""
Host = Annotated[str, StringConstraints(pattern=r"^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")]
"""A host name; `*.example.com` stands for every name below example.com that has no service of its own."""
Address = Annotated[str, StringConstraints(pattern=r"^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$")]
"""host:port, or [ipv6]:port."""
Network = IPv4Network | IPv6Network


class Mode(StrEnum):
    """Whether protections refuse requests, or only count what they would refuse."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


class Criticality(StrEnum):
    """Who is shed last when capacity is short (Google SRE book, "Handling Overload")."""

    CRITICAL_PLUS = "critical_plus"
    CRITICAL = "critical"
    SHEDDABLE_PLUS = "sheddable_plus"
    SHEDDABLE = "sheddable"


class ClientLimits(Noun):
    """A token bucket for each client of a service."""

    requests: PerSecond
    burst: Annotated[int, Field(ge=1, strict=True)] | None = None


class Limits(Noun):
    """Token buckets of one service: the whole of it, and each of its clients.

    `burst` is the bucket's size in requests; by default two seconds' worth.
    """

    requests: PerSecond | None = None
    burst: Annotated[int, Field(ge=1, strict=True)] | None = None
    per_client: ClientLimits | None = None


class InFlight(Noun):
    """Concurrent requests of one service at one location."""

    guaranteed: Count
    maximum: Annotated[int, Field(ge=1, strict=True)]


class Bulkhead(Noun):
    """Walls around one service at one location: what it always gets, and what it may never exceed."""

    in_flight: InFlight | None = None
    pending: Count | None = None
    connections: Annotated[int, Field(ge=1, strict=True)] | None = None


class GraphQL(Noun):
    """Only GraphQL requests are let through; which ones is said here."""

    mutations: bool = True
    batching: bool = False
    introspection: bool = False
    get_queries: bool = False


class Accept(Noun):
    """The kinds of request a service takes. What is left out isn't checked, and costs nothing."""

    methods: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]+$")], ...] | None = None
    content_types: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9.+*-]+/[a-z0-9.+*-]+$")], ...] | None = None
    body_max: Bytes | None = None
    header_max: Bytes | None = None
    url_max: Bytes | None = None
    graphql: GraphQL | None = None


class Timeouts(Noun):
    """How long each stage towards an upstream may take."""

    connect: Seconds = 1.0
    per_try: Seconds | None = None
    request: Seconds = 15.0
    idle: Seconds = 60.0


class HealthCheck(Noun):
    """An active check of every endpoint."""

    path: Annotated[str, StringConstraints(pattern=r"^/")] = "/healthz"
    interval: Seconds = 1.0
    timeout: Seconds = 1.0
    unhealthy_after: Annotated[int, Field(ge=1, strict=True)] = 2
    healthy_after: Annotated[int, Field(ge=1, strict=True)] = 1


class Retries(Noun):
    """Which failures are tried again on another endpoint, within a budget of the service's own traffic."""

    attempts_max: Annotated[int, Field(ge=0, le=5, strict=True)] = 2
    methods: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]+$")], ...] = ("GET", "HEAD", "OPTIONS")
    idempotency_key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")] | None = None
    budget: Share = 0.2
    body_max: Bytes = 65_536


class Upstream(Noun):
    """Where a service's requests go."""

    endpoints: Annotated[tuple[Address, ...], Field(min_length=1)]
    protocol: Literal["http1", "http2"] = "http1"
    timeouts: Timeouts = Timeouts()
    health_check: HealthCheck | None = None
    retries: Retries = Retries()


class Service(Noun):
    """A tenant's workload behind hosts."""

    hosts: Annotated[tuple[Host, ...], Field(min_length=1)]
    upstream: Upstream
    criticality: Criticality | None = None
    mode: Mode | None = None
    limits: Limits = Limits()
    bulkhead: Bulkhead = Bulkhead()
    accept: Accept = Accept()


class Tenant(Noun):
    """A customer; the unit of isolation."""

    services: dict[Name, Service]
    contact: str | None = None


class Edge(Noun):
    """One Envoy and the address it listens on."""

    name: Name
    listen: Address


class Capacity(Noun):
    """What one location can carry, over all its edges."""

    in_flight: Annotated[int, Field(ge=1, strict=True)]
    requests: PerSecond
    connections: Annotated[int, Field(ge=1, strict=True)] = 20_000


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
    limits: Limits = Limits(requests=500.0, per_client=ClientLimits(requests=50.0))
    bulkhead: Bulkhead = Bulkhead(pending=64, connections=64)


class Bounds(Noun):
    """What a tenant's owner may choose for its own services; also the most that the file may grant."""

    requests_max: PerSecond = 10_000.0
    burst_max: Annotated[int, Field(ge=1, strict=True)] = 20_000
    per_client_max: PerSecond = 1_000.0


class Platform(Noun):
    """Everything one platform file says."""

    holdfast: Literal[1]
    name: Name
    mode: Mode = Mode.ENFORCE
    clients: Clients = Clients()
    locations: Annotated[dict[Name, Location], Field(min_length=1)]
    defaults: ServiceDefaults = ServiceDefaults()
    bounds: Bounds = Bounds()
    tenants: dict[Name, Tenant]
