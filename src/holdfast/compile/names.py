"""Names that several resources must agree on."""

from typing import Final

HOST_HEADER: Final = "x-holdfast-host"
"""The host as scopes are keyed by it; set by the edge itself, a client's own is overwritten."""
MITIGATION_HEADER: Final = "x-holdfast-mitigation"
"""On answers that a limit mitigation gave: its kind and id, such as `limit.m-17`. Other kinds say it in their rule."""
MITIGATION_VALUE: Final = "%DYNAMIC_METADATA(envoy.filters.http.rbac:enforced_effective_policy_id)%"
"""Which of the mitigations' rules a request met, as Envoy's formatter says it."""
READING_HEADER: Final = "x-holdfast-read-only"
"""On every answer of a service that is read-only now, so that front ends can show it: the mitigation's rule."""
READING_PREFIX: Final = "reading"
"""Begins the name of the metadata that says so within an edge."""
READING_VALUE: Final = f"%DYNAMIC_METADATA(envoy.filters.http.rbac:{READING_PREFIX}shadow_effective_policy_id)%"
SHADOW_PREFIX: Final = "mitigations"
"""Begins the names of what the shadow of the mitigations' rules finds, in counts and in metadata."""
WATCHED_METADATA_NAMESPACE: Final = "envoy.filters.http.rbac"
WATCHED_METADATA_KEY: Final = f"{SHADOW_PREFIX}shadow_effective_policy_id"
WATCHED_METADATA_PREFIX: Final = "watched"
"""Requests of services that are looked into have dynamic metadata under this key that begins so; others don't."""
METADATA: Final = "holdfast"
"""Namespace of the facts that a service's routes carry into answers."""
DEFERRED_METADATA: Final = "holdfast.deferred"
"""Namespace that routes have whose requests may be deferred; its key `is` is true."""

HOST_FILTERS: Final = tuple(f"holdfast.host_{n}" for n in range(1, 5))
"""Each takes one more step towards a host that is known; how many there are is how deep a wildcard reaches."""
MITIGATIONS_FILTER: Final = "holdfast.mitigations"
ACCEPT_FILTER: Final = "holdfast.accept"
BODY_FILTER: Final = "holdfast.body"
LIMIT_FILTER: Final = "holdfast.limit"
GRAPHQL_READER_FILTER: Final = "holdfast.graphql_reader"
READ_ONLY_FILTER: Final = "holdfast.read_only"
GRAPHQL_FILTER: Final = "holdfast.graphql"
MITIGATION_LIMITS_FILTER: Final = "holdfast.mitigation_limits"
LOCATION_LIMIT_FILTER: Final = "holdfast.location_limit"
ROUTER_FILTER: Final = "envoy.filters.http.router"

FILTER_ORDER: Final = (
    *HOST_FILTERS,
    MITIGATIONS_FILTER,
    ACCEPT_FILTER,
    BODY_FILTER,
    LIMIT_FILTER,
    MITIGATION_LIMITS_FILTER,
    GRAPHQL_READER_FILTER,
    READ_ONLY_FILTER,
    GRAPHQL_FILTER,
    LOCATION_LIMIT_FILTER,
    ROUTER_FILTER,
)
"""The one list that decides who sees a request first.

What is cheapest and refuses most comes first; a body is read only after the service's own limit let the
request through, so that parsing can't be had without tokens; what all services share comes last, so that
nobody spends it on requests that would be refused anyway.
"""

OWN_FILTERS: Final = (MITIGATIONS_FILTER, MITIGATION_LIMITS_FILTER, READ_ONLY_FILTER)
"""What is configured for every edge by itself: a mitigation may hold on some edges only."""

PROBED_HEADER: Final = "x-holdfast-probed"
"""On answers to probes that were meant for one cluster: which one it was."""
SPOOL_CLUSTER: Final = "holdfast.spool"
ASSETS_CLUSTER: Final = "holdfast.assets"
ASSETS_FILL_CLUSTER: Final = "holdfast.assets.fill"
"""Holdfast's own parts that edges hand requests to, on this machine. No service has a dot."""
OWN_PARTS: Final = {
    SPOOL_CLUSTER: "../../spool/accept.sock",
    ASSETS_CLUSTER: "../../assets/serve.sock",
    ASSETS_FILL_CLUSTER: "../../assets/fill.sock",
}
"""Where they listen, as seen from the folder that an edge's Envoy runs in."""
INNER_SOCKET: Final = "inner.sock"
"""Where an edge takes their requests, in that folder."""
AGENT_CLUSTER: Final = "holdfast.agent"
TELEMETRY_CLUSTER: Final = "holdfast.telemetry"
"""What an edge itself talks to: configuration from its agent, counts and samples to it. No service has a dot."""

RUNTIME_LAYER: Final = "holdfast"
"""The RTDS resource: walls that differ from those the clusters were built with. Each edge has one of its own above."""

SCOPED_ROUTES: Final = "holdfast"
"""Name of the scoped routes' configuration in the connection manager."""


def cluster_of(service: str, upstream: str | None) -> str:
    """The cluster of one of a service's upstreams; None is the one without a name."""
    return service if upstream is None else f"{service}~{upstream}"


def standby_of(service: str, upstream: str | None, standby: str) -> str:
    """The cluster of one of an upstream's standbys."""
    return f"{cluster_of(service, upstream)}~~{standby}"


def probe_of(cluster: str) -> str:
    """What `INNER_HEADER` says on a request that asks one cluster how it is, in nobody else's place."""
    return f"probe:{cluster}"


def chain_of(service: str, upstream: str | None, chain: str) -> str:
    """A cluster of clusters, each taking over from the one before it: `reads`, `deferred` or `static` ones."""
    return f"{cluster_of(service, upstream)}~~~{chain}"


def service_of(cluster: str) -> str:
    """The service that a cluster belongs to."""
    return cluster.partition("~")[0]


def own(name: str, edge: str) -> str:
    """The name of what one edge alone is given; other edges of its group don't see it."""
    return f"{name}/{edge}"


def owner_of(name: str) -> str | None:
    """The edge that alone is given a resource of this name; None for what all edges of a group share."""
    return name.rpartition("/")[2] if "/" in name else None


def inner_listener_name(edge: str) -> str:
    """The listener of one edge for Holdfast's own parts."""
    return own("inner", edge)


def is_outer_listener(name: str) -> bool:
    """Whether it is a listener for clients."""
    return name.startswith("edge/")


def primary_of(cluster: str) -> str:
    """The cluster of the upstream that a standby or a chain belongs to; itself, if it is an upstream's own."""
    return cluster.partition("~~")[0]


def listener_name(edge: str) -> str:
    """The listener of one edge."""
    return own("edge", edge)
