"""Where a service's requests go: a cluster for each of its upstreams, with walls around it."""

from dataclasses import dataclass

from envoy.config.cluster.v3 import circuit_breaker_pb2, cluster_pb2, outlier_detection_pb2
from envoy.config.core.v3 import config_source_pb2, health_check_pb2, protocol_pb2
from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2
from google.protobuf.any_pb2 import Any

from holdfast.compile.endpoints import (
    balance_load,
    compile_endpoints,
    has_own_endpoints,
    has_several,
    keep_to_the_last,
)
from holdfast.compile.message import boolean, pack, seconds, uint32
from holdfast.compile.upstream_health import name_site_stats
from holdfast.model.intent import Walls
from holdfast.model.platform import Criticality
from holdfast.model.shedding import CRITICAL
from holdfast.model.upstream import HealthCheck, Retries, Standby

_HTTP_OPTIONS_KEY = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_BUFFER_BYTES_MAX = 1024 * 1024
_RETRIES_CONCURRENT_MIN, _RETRIES_CONCURRENT_MIN_CRITICAL = 3, 20
"""However few requests a service has in flight, so many may be retried at once; more of critical ones, since it is for
them that others are shed."""
_EJECT_AFTER_ERRORS = 5
_EJECTED_SHARE_MAX = 50


@dataclass(frozen=True, slots=True)
class Place:
    """What a cluster is built with beside its endpoints: one edge's part of the walls, its service's class and retries.

    `watched`: whether it is counted how its endpoints do, since others may take its place. `alone`: whether nobody can.
    `last`: whether it is what a chain ends with, after which there is nobody else.
    """

    walls: Walls
    criticality: Criticality
    retries: Retries
    watched: bool = False
    alone: bool = True
    last: bool = False


def compile_cluster(name: str, upstream: Standby, place: Place) -> cluster_pb2.Cluster:
    """The cluster of one upstream or standby."""
    cluster = cluster_pb2.Cluster(
        name=name,
        connect_timeout=seconds(upstream.timeouts.connect),
        per_connection_buffer_limit_bytes=uint32(_BUFFER_BYTES_MAX),
        ignore_health_on_host_removal=True,
    )
    cluster.common_lb_config.healthy_panic_threshold.value = 0
    balance_load(cluster, upstream)
    cluster.typed_extension_protocol_options[_HTTP_OPTIONS_KEY].CopyFrom(_http_options(upstream))
    cluster.circuit_breakers.thresholds.append(_thresholds(place, len(upstream.endpoints)))
    if place.watched:
        cluster.alt_stat_name = name_site_stats(name)
    is_relieved = not (place.alone or place.last)
    if has_several(upstream) or is_relieved:
        cluster.outlier_detection.CopyFrom(_outlier_detection(100 if is_relieved else _EJECTED_SHARE_MAX))
    if upstream.health_check:
        cluster.health_checks.append(_health_check(upstream.health_check))
    if has_own_endpoints(upstream):
        cluster.type = cluster_pb2.Cluster.EDS
        cluster.eds_cluster_config.eds_config.CopyFrom(ads())
    else:
        cluster.type = cluster_pb2.Cluster.STRICT_DNS
        cluster.respect_dns_ttl = True
        cluster.dns_lookup_family = cluster_pb2.Cluster.V4_PREFERRED
        cluster.load_assignment.CopyFrom(compile_endpoints(name, upstream))
        if not place.alone:
            keep_to_the_last(cluster.load_assignment)
    return cluster


def ads() -> config_source_pb2.ConfigSource:
    """The one stream that everything comes by."""
    return config_source_pb2.ConfigSource(
        ads=config_source_pb2.AggregatedConfigSource(), resource_api_version=config_source_pb2.V3
    )


def _http_options(upstream: Standby) -> Any:
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


def find_budget(retries: Retries, endpoints: int) -> float:
    """The share of what is in flight that may be retries: at least one endpoint's part, so that its loss costs none."""
    return max(retries.budget, 1 / endpoints if endpoints > 1 else 0.0)


def _thresholds(place: Place, endpoints: int) -> circuit_breaker_pb2.CircuitBreakers.Thresholds:
    walls = place.walls
    thresholds = circuit_breaker_pb2.CircuitBreakers.Thresholds(
        max_connections=uint32(walls.connections),
        max_pending_requests=uint32(walls.pending),
        max_requests=uint32(walls.in_flight),
        track_remaining=True,
    )
    least = _RETRIES_CONCURRENT_MIN_CRITICAL if place.criticality in CRITICAL else _RETRIES_CONCURRENT_MIN
    thresholds.retry_budget.budget_percent.value = find_budget(place.retries, endpoints) * 100
    thresholds.retry_budget.min_retry_concurrency.value = least
    return thresholds


def _outlier_detection(ejected_percent_max: int) -> outlier_detection_pb2.OutlierDetection:
    """Endpoints that keep failing rest a while; never more than half of them, unless others can take over from all.

    Then only not being reached counts: else whoever knows a page that fails could have all the endpoints rest.
    """
    detection = outlier_detection_pb2.OutlierDetection(
        consecutive_5xx=uint32(_EJECT_AFTER_ERRORS),
        enforcing_success_rate=uint32(0),
        interval=seconds(1),
        base_ejection_time=seconds(5),
        max_ejection_percent=uint32(ejected_percent_max),
        successful_active_health_check_uneject_host=boolean(value=False),
    )
    if ejected_percent_max > _EJECTED_SHARE_MAX:
        detection.enforcing_consecutive_5xx.CopyFrom(uint32(0))
        detection.split_external_local_origin_errors = True
        detection.consecutive_local_origin_failure.CopyFrom(uint32(_EJECT_AFTER_ERRORS))
        detection.enforcing_local_origin_success_rate.CopyFrom(uint32(0))
    return detection


def _health_check(check: HealthCheck) -> health_check_pb2.HealthCheck:
    return health_check_pb2.HealthCheck(
        timeout=seconds(check.timeout),
        interval=seconds(check.interval),
        no_traffic_interval=seconds(check.interval),
        unhealthy_threshold=uint32(check.unhealthy_after),
        healthy_threshold=uint32(check.healthy_after),
        http_health_check=health_check_pb2.HealthCheck.HttpHealthCheck(path=check.path),
    )
