"""How the store of last good copies hears of what is asked for: a copy of each request of a static route, unanswered.

`static: true` on a route is all that an operator writes. Copies are fetched through an edge's inner listener, and given
out when no endpoint is left: the chain of a static route ends at the store.
"""

from typing import Final

from envoy.config.cluster.v3 import circuit_breaker_pb2, cluster_pb2
from envoy.config.common.mutation_rules.v3 import mutation_rules_pb2
from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_components_pb2 as route

from holdfast.compile import names
from holdfast.compile.message import uint32
from holdfast.model.inner import SERVICE_HEADER

PATH_HEADER: Final = "x-holdfast-path"
AUTHORITY_HEADER: Final = "x-holdfast-authority"
"""What the client asked for, path with query and host, before a route rewrites either."""
_TELLING: Final = ((SERVICE_HEADER, None), (PATH_HEADER, "%REQ(:PATH)%"), (AUTHORITY_HEADER, "%REQ(:AUTHORITY)%"))
_SECRETS: Final = ("authorization", "cookie", "proxy-authorization")
_TOLD_CONNECTIONS_MAX: Final = 32
_TOLD_AT_ONCE_MAX: Final = 128
"""What is beyond isn't told: a store that is slow or gone costs an edge that much and no more."""


def keep_copies(entry: route.Route, service: str) -> route.Route:
    """The same entry, of whose requests the store is told too. It hears no secrets: what it fetches is for anybody."""
    kept = route.Route()
    kept.CopyFrom(entry)
    for name, value in _TELLING:
        kept.request_headers_to_add.append(_set_header(name, value or service))
    told = kept.route.request_mirror_policies.add(
        cluster=names.ASSETS_FILL_CLUSTER, disable_shadow_host_suffix_append=True
    )
    told.request_headers_mutations.extend(mutation_rules_pb2.HeaderMutation(remove=name) for name in _SECRETS)
    told.trace_sampled.value = False
    return kept


def bound_telling(cluster: cluster_pb2.Cluster) -> None:
    """Hold what the store is told at once to a bound."""
    bounds = circuit_breaker_pb2.CircuitBreakers.Thresholds(
        max_connections=uint32(_TOLD_CONNECTIONS_MAX),
        max_pending_requests=uint32(_TOLD_AT_ONCE_MAX),
        max_requests=uint32(_TOLD_AT_ONCE_MAX),
    )
    del cluster.circuit_breakers.thresholds[:]
    cluster.circuit_breakers.thresholds.append(bounds)


def _set_header(name: str, value: str) -> base_pb2.HeaderValueOption:
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(key=name, value=value),
        append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
    )
