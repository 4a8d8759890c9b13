"""Names that several resources must agree on."""

from typing import Final

HOST_HEADER: Final = "x-holdfast-host"
"""The host as scopes are keyed by it; set by the edge itself, a client's own is overwritten."""
CAUSE_HEADER: Final = "x-holdfast-cause"
"""On every answer that an edge gives itself: which rule gave it."""
MITIGATION_HEADER: Final = "x-holdfast-mitigation"
"""On answers that a limit mitigation gave: its kind and id, such as `limit.m-17`. Other kinds say it in their rule."""
MITIGATION_VALUE: Final = "%DYNAMIC_METADATA(envoy.filters.http.rbac:enforced_effective_policy_id)%"
"""Which of the mitigations' rules a request met, as Envoy's formatter says it."""
METADATA: Final = "holdfast"
"""Namespace of the facts that a service's routes carry into answers."""

HOST_FILTERS: Final = tuple(f"holdfast.host_{n}" for n in range(1, 5))
"""Each takes one more step towards a host that is known; how many there are is how deep a wildcard reaches."""
MITIGATIONS_FILTER: Final = "holdfast.mitigations"
ACCEPT_FILTER: Final = "holdfast.accept"
BODY_FILTER: Final = "holdfast.body"
LIMIT_FILTER: Final = "holdfast.limit"
GRAPHQL_READER_FILTER: Final = "holdfast.graphql_reader"
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
    GRAPHQL_FILTER,
    LOCATION_LIMIT_FILTER,
    ROUTER_FILTER,
)
"""The one list that decides who sees a request first.

What is cheapest and refuses most comes first; a body is read only after the service's own limit let the
request through, so that parsing can't be had without tokens; what all services share comes last, so that
nobody spends it on requests that would be refused anyway.
"""

RUNTIME_LAYER: Final = "holdfast"
"""The RTDS resource: walls that differ from those the clusters were built with."""

SCOPED_ROUTES: Final = "holdfast"
"""Name of the scoped routes' configuration in the connection manager."""


def listener_name(edge: str) -> str:
    """The listener of one edge; other edges of its group don't see it."""
    return f"edge/{edge}"
