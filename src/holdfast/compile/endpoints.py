"""The machines behind a cluster, sent apart from it so that changing them touches no pool.

Stable machines are one locality and those that may be taken back at any time another, so that their part of the traffic
is a weight and not a matter of how many there are. Within each, requests go to who has least to do. When machines of
one kind are lost, the other kind takes over what they had; when all are, everything.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.core.v3 import address_pb2, base_pb2, health_check_pb2
from envoy.config.endpoint.v3 import endpoint_components_pb2, endpoint_pb2

from holdfast.compile.message import seconds
from holdfast.compile.names import METADATA, cluster_of, standby_of
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Drain
from holdfast.model.recovery import Endpoint
from holdfast.model.upstream import Standby

_EPHEMERAL: Final = "ephemeral"
_ANY_LEFT: Final = 1_000_000
_WEIGHT_WHOLE: Final = 10_000
"""What the weights of both kinds add up to."""


def compile_endpoints(
    name: str, upstream: Standby, found: Sequence[Endpoint] | None = None, drained: Collection[str] = ()
) -> endpoint_pb2.ClusterLoadAssignment:
    """A cluster's endpoints: those `found` last if it learns them, else those stated. The `drained` get nothing new.

    A machine's kind is its locality even where there is one kind only: a machine whose locality changes is a new one to
    Envoy, without connections and not known to be healthy. Only the weights follow what there is.
    """
    assignment = endpoint_pb2.ClusterLoadAssignment(cluster_name=name)
    endpoints = list_endpoints(upstream, found)
    stable = [each for each in endpoints if not each.ephemeral]
    ephemeral = [each for each in endpoints if each.ephemeral]
    share = share_ephemeral(len(stable), len(ephemeral), upstream.ephemeral_max)
    for theirs, weight in ((stable, 1 - share), (ephemeral, share)):
        if not theirs:
            continue
        locality = assignment.endpoints.add()
        if is_mixed(upstream):
            # Envoy heeds a weight only where a locality is stated, be it the empty one.
            locality.locality.SetInParent()
            locality.load_balancing_weight.value = max(1, round(weight * _WEIGHT_WHOLE))
        if theirs is ephemeral:
            locality.locality.sub_zone = _EPHEMERAL
        locality.lb_endpoints.extend(_compile_endpoint(each, each.address in drained) for each in theirs)
    return assignment


def keep_to_the_last(assignment: endpoint_pb2.ClusterLoadAssignment) -> None:
    """In a chain, have nobody take over as long as any endpoint is left. Else a part goes on when 29 % are lost.

    Not where there are endpoints of both kinds: there the same number says what the other kind takes over.
    """
    if len(assignment.endpoints) <= 1:
        assignment.policy.overprovisioning_factor.value = _ANY_LEFT


def list_endpoints(upstream: Standby, found: Sequence[Endpoint] | None) -> Sequence[Endpoint]:
    """The endpoints of an upstream: those `found` last if it learns them and did, else those stated."""
    return upstream.endpoints if found is None or upstream.endpoints_from is None else found


def share_ephemeral(stable: int, ephemeral: int, share_max: float) -> float:
    """The part of a service's traffic that its ephemeral endpoints have: by their number, but at most `share_max`.

    All of it where there are no others.
    """
    if not stable or not ephemeral:
        return 1.0 if ephemeral else 0.0
    return min(share_max, ephemeral / (stable + ephemeral))


def balance_load(cluster: cluster_pb2.Cluster, upstream: Standby) -> None:
    """How a cluster spreads requests over its endpoints: by kind, and new ones are given more only little by little.

    That an endpoint has died or is drained is heeded at once. Envoy would gather such news for up to a second, in which
    the next one may die.
    """
    cluster.lb_policy = cluster_pb2.Cluster.LEAST_REQUEST
    if has_several(upstream):
        cluster.common_lb_config.update_merge_window.SetInParent()
    if is_mixed(upstream):
        cluster.common_lb_config.locality_weighted_lb_config.SetInParent()
    if upstream.slow_start is not None:
        cluster.least_request_lb_config.slow_start_config.slow_start_window.CopyFrom(seconds(upstream.slow_start))


def is_mixed(upstream: Standby) -> bool:
    """Whether some of its endpoints may be stable and others ephemeral, now or later."""
    return upstream.endpoints_from is not None or len({each.ephemeral for each in upstream.endpoints}) > 1


def has_several(upstream: Standby) -> bool:
    """Whether it has more than one endpoint, now or later."""
    return upstream.endpoints_from is not None or len(upstream.endpoints) > 1


def has_own_endpoints(upstream: Standby) -> bool:
    """Whether endpoints are addresses, sent apart from the cluster; if not, Envoy resolves their names."""
    if upstream.endpoints_from is not None:
        return True
    return all(_is_ip(address.rpartition(":")[0].strip("[]")) for address in upstream.addresses)


def list_drained(intent: Intent, service: str) -> frozenset[str]:
    """The addresses of a service that nothing new is sent to."""
    return index_drained(intent).get(service, frozenset())


def index_drained(intent: Intent) -> Mapping[str, frozenset[str]]:
    """By service, the addresses that nothing new is sent to; costs a little for each mitigation."""
    found = dict[str, frozenset[str]]()
    for mitigation in intent.mitigations:
        if isinstance(mitigation.measure, Drain):
            service = mitigation.measure.service
            found[service] = found.get(service, frozenset()) | frozenset(mitigation.measure.endpoints)
    return found


def list_clusters(intent: Intent, service: str) -> Mapping[str, Standby]:
    """The clusters of a service that have endpoints, with where each is stated; KeyError if it isn't known."""
    stated, found = intent.services[service].service, dict[str, Standby]()
    for name, upstream in ((None, stated.upstream), *stated.upstreams.items()):
        found[cluster_of(service, name)] = upstream
        found |= {standby_of(service, name, other): standby for other, standby in upstream.standbys.items()}
    return found


def socket_address(host: str, port: int) -> address_pb2.Address:
    """An address and a TCP port."""
    return address_pb2.Address(socket_address=address_pb2.SocketAddress(address=host, port_value=port))


def _compile_endpoint(endpoint: Endpoint, is_drained: bool) -> endpoint_components_pb2.LbEndpoint:
    host, _, port = endpoint.address.rpartition(":")
    compiled = endpoint_components_pb2.LbEndpoint(
        endpoint=endpoint_components_pb2.Endpoint(address=socket_address(host.strip("[]"), int(port)))
    )
    if is_drained:
        compiled.health_status = health_check_pb2.DRAINING
    if endpoint.zone is not None:
        compiled.metadata.CopyFrom(_state_zone(endpoint.zone))
    return compiled


def _state_zone(zone: str) -> base_pb2.Metadata:
    metadata = base_pb2.Metadata()
    metadata.filter_metadata[METADATA]["zone"] = zone
    return metadata


@lru_cache(maxsize=65_536)
def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
