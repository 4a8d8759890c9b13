"""Where a service's requests go: a cluster for each of its upstreams, with walls around it, and endpoints."""

from functools import lru_cache
from ipaddress import ip_address

from envoy.config.cluster.v3 import circuit_breaker_pb2, cluster_pb2, outlier_detection_pb2
from envoy.config.core.v3 import address_pb2, config_source_pb2, health_check_pb2, protocol_pb2
from envoy.config.endpoint.v3 import endpoint_components_pb2, endpoint_pb2
from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2
from google.protobuf.any_pb2 import Any

from holdfast.compile.message import boolean, pack, seconds, uint32
from holdfast.model.intent import Walls
from holdfast.model.platform import Criticality, HealthCheck, Upstream
from holdfast.model.shedding import CRITICAL

_HTTP_OPTIONS_KEY = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_BUFFER_BYTES_MAX = 1024 * 1024
_RETRIES_CONCURRENT_MIN, _RETRIES_CONCURRENT_MIN_CRITICAL = 3, 20
"""However few requests a service has in flight, so many may be retried at once; more of critical ones, since it is for
them that others are shed."""
_EJECT_AFTER_ERRORS = 5
_EJECTED_SHARE_MAX = 50


def compile_cluster(name: str, upstream: Upstream, walls: Walls, criticality: Criticality) -> cluster_pb2.Cluster:
    """The cluster of one upstream, built with these walls (one edge's part of them)."""
    cluster = cluster_pb2.Cluster(
        name=name,
        connect_timeout=seconds(upstream.timeouts.connect),
        lb_policy=cluster_pb2.Cluster.LEAST_REQUEST,
        per_connection_buffer_limit_bytes=uint32(_BUFFER_BYTES_MAX),
        ignore_health_on_host_removal=True,
    )
    cluster.common_lb_config.healthy_panic_threshold.value = 0
    cluster.typed_extension_protocol_options[_HTTP_OPTIONS_KEY].CopyFrom(_http_options(upstream))
    cluster.circuit_breakers.thresholds.append(_thresholds(walls, upstream, criticality))
    if len(upstream.endpoints) > 1:
        cluster.outlier_detection.CopyFrom(_outlier_detection())
    if upstream.health_check:
        cluster.health_checks.append(_health_check(upstream.health_check))
    if _is_resolved(upstream):
        cluster.type = cluster_pb2.Cluster.EDS
        cluster.eds_cluster_config.eds_config.CopyFrom(ads())
    else:
        cluster.type = cluster_pb2.Cluster.STRICT_DNS
        cluster.respect_dns_ttl = True
        cluster.dns_lookup_family = cluster_pb2.Cluster.V4_PREFERRED
        cluster.load_assignment.CopyFrom(compile_endpoints(name, upstream))
    return cluster


def compile_endpoints(name: str, upstream: Upstream) -> endpoint_pb2.ClusterLoadAssignment:
    """A cluster's endpoints, in the order they were written."""
    assignment = endpoint_pb2.ClusterLoadAssignment(cluster_name=name)
    locality = assignment.endpoints.add()
    for address in upstream.endpoints:
        host, _, port = address.rpartition(":")
        locality.lb_endpoints.append(
            endpoint_components_pb2.LbEndpoint(
                endpoint=endpoint_components_pb2.Endpoint(address=socket_address(host.strip("[]"), int(port)))
            )
        )
    return assignment


def has_own_endpoints(upstream: Upstream) -> bool:
    """Whether endpoints are addresses, sent apart from the cluster so that changing them touches no pool."""
    return _is_resolved(upstream)


def socket_address(host: str, port: int) -> address_pb2.Address:
    """An address and a TCP port."""
    return address_pb2.Address(socket_address=address_pb2.SocketAddress(address=host, port_value=port))


def ads() -> config_source_pb2.ConfigSource:
    """The one stream that everything comes by."""
    return config_source_pb2.ConfigSource(
        ads=config_source_pb2.AggregatedConfigSource(), resource_api_version=config_source_pb2.V3
    )


def _is_resolved(upstream: Upstream) -> bool:
    return all(_is_ip(address.rpartition(":")[0].strip("[]")) for address in upstream.endpoints)


@lru_cache(maxsize=65_536)
def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _http_options(upstream: Upstream) -> Any:
    key = (upstream.protocol, upstream.timeouts.idle)
    if key not in _options:
        options = http_protocol_options_pb2.HttpProtocolOptions()
        options.common_http_protocol_options.idle_timeout.CopyFrom(seconds(upstream.timeouts.idle))
        if upstream.protocol == "http2":
            options.explicit_http_config.http2_protocol_options.CopyFrom(protocol_pb2.Http2ProtocolOptions())
        else:
            options.explicit_http_config.http_protocol_options.CopyFrom(protocol_pb2.Http1ProtocolOptions())
        _options[key] = pack(options)
    return _options[key]


_options: dict[tuple[str, float], Any] = {}


def _thresholds(
    walls: Walls, upstream: Upstream, criticality: Criticality
) -> circuit_breaker_pb2.CircuitBreakers.Thresholds:
    thresholds = circuit_breaker_pb2.CircuitBreakers.Thresholds(
        max_connections=uint32(walls.connections),
        max_pending_requests=uint32(walls.pending),
        max_requests=uint32(walls.in_flight),
        track_remaining=True,
    )
    least = _RETRIES_CONCURRENT_MIN_CRITICAL if criticality in CRITICAL else _RETRIES_CONCURRENT_MIN
    thresholds.retry_budget.budget_percent.value = upstream.retries.budget * 100
    thresholds.retry_budget.min_retry_concurrency.value = least
    return thresholds


def _outlier_detection() -> outlier_detection_pb2.OutlierDetection:
    """Endpoints that keep failing rest a while; never more than half of them."""
    return outlier_detection_pb2.OutlierDetection(
        consecutive_5xx=uint32(_EJECT_AFTER_ERRORS),
        enforcing_success_rate=uint32(0),
        interval=seconds(1),
        base_ejection_time=seconds(5),
        max_ejection_percent=uint32(_EJECTED_SHARE_MAX),
        successful_active_health_check_uneject_host=boolean(value=False),
    )


def _health_check(check: HealthCheck) -> health_check_pb2.HealthCheck:
    return health_check_pb2.HealthCheck(
        timeout=seconds(check.timeout),
        interval=seconds(check.interval),
        no_traffic_interval=seconds(check.interval),
        unhealthy_threshold=uint32(check.unhealthy_after),
        healthy_threshold=uint32(check.healthy_after),
        http_health_check=health_check_pb2.HealthCheck.HttpHealthCheck(path=check.path),
    )
