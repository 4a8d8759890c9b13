"""How an Envoy starts: knowing only the socket of its own agent, which tells it everything else."""

import base64
from dataclasses import dataclass
from typing import Any

from holdfast.compile.counting import ANSWERS, DOWNSTREAM_TIME
from holdfast.compile.names import AGENT_CLUSTER, RUNTIME_LAYER, TELEMETRY_CLUSTER, own
from holdfast.compile.upstream_health import UPSTREAM_STATS

_TYPE = "type.googleapis.com/"
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
STATS_KEPT = (
    *(
        ("prefix", name)
        for name in ("http.edge.downstream_", "http.edge.rbac", "server.", "overload.", "control_plane.")
    ),
    *(("suffix", f".http_local_rate_limit.{name}") for name in ("enabled", "rate_limited")),
    ("prefix", f"{ANSWERS}."),
    *(("prefix", f"{name}.update_") for name in ("cluster_manager.cds", "listener_manager.lds")),
    ("safe_regex", UPSTREAM_STATS),
)
"""What Envoy counts at all; the rest costs memory and time at every request, and at every report, for nobody.

Of services only counters are kept: a report skips those that haven't changed, but has every gauge in it. Upstreams that
have standbys, and these, have two gauges each.

Names are put together of parts, and a prefix with a dot at its end is compared part by part: what is counted for each
rule of `http.edge.rbac` has that and more in one part, and is only found without the dot.
"""
REPORT_INTERVAL_S = 0.25
LATENCY_BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000)


@dataclass(frozen=True, slots=True)
class EdgeBoot:
    """What one edge's Envoy must know before it knows anything. Sockets are paths of UNIX sockets."""

    edge: str
    location: str
    agent_socket: str
    admin_socket: str
    connections_max: int
    telemetry_socket: str = ""
    """Where reports and samples go; without one nothing is reported."""
    heap_bytes_max: int = 2 * 1024**3
    upstreams_unreachable: bool = False
    """For a canary: bind upstream sockets to a network device that isn't there, so that no connection is ever begun."""


def compile_bootstrap(boot: EdgeBoot) -> dict[str, Any]:
    """The bootstrap, in its JSON form."""
    manager: dict[str, Any] = {}
    if boot.upstreams_unreachable:
        manager = {"upstream_bind_config": {"socket_options": [_NO_DEVICE]}}
    clusters = [_cluster(AGENT_CLUSTER, boot.agent_socket), _cluster(TELEMETRY_CLUSTER, boot.telemetry_socket)]
    return {
        "node": {"id": boot.edge, "cluster": boot.location},
        "admin": {"address": {"pipe": {"path": boot.admin_socket, "mode": 0o600}}},
        "dynamic_resources": _dynamic_resources(),
        "static_resources": {"clusters": clusters},
        "cluster_manager": manager,
        "layered_runtime": {"layers": _layers(boot.edge)},
        "overload_manager": _overload_manager(boot),
        "stats_config": {
            "stats_matcher": {"inclusion_list": {"patterns": [_match_name(how, text) for how, text in STATS_KEPT]}},
            "histogram_bucket_settings": [{"match": {"exact": DOWNSTREAM_TIME}, "buckets": LATENCY_BOUNDS_MS}],
        },
        "stats_flush_interval": f"{REPORT_INTERVAL_S}s",
        "stats_sinks": [_report_sink()] if boot.telemetry_socket else [],
    }


def _match_name(how: str, text: str) -> dict[str, Any]:
    return {how: {"regex": text} if how == "safe_regex" else text}


def _report_sink() -> dict[str, Any]:
    """Pushes what has changed since the last report: a call for each, given up if it isn't answered soon.

    So an agent that is gone or stuck costs its Envoy a few unanswered calls, and never more.
    """
    return {
        "name": "envoy.stat_sinks.open_telemetry",
        "typed_config": {
            "@type": _TYPE + "envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig",
            "grpc_service": {"envoy_grpc": {"cluster_name": TELEMETRY_CLUSTER}, "timeout": "1s"},
            "report_counters_as_deltas": True,
            "report_histograms_as_deltas": True,
            "emit_tags_as_attributes": False,
            "use_tag_extracted_name": False,
        },
    }


def _dynamic_resources() -> dict[str, Any]:
    ads = {"ads": {}, "resource_api_version": "V3"}
    return {
        "ads_config": {
            "api_type": "DELTA_GRPC",
            "transport_api_version": "V3",
            "set_node_on_first_message_only": True,
            "grpc_services": [
                {
                    "envoy_grpc": {
                        "cluster_name": AGENT_CLUSTER,
                        "retry_policy": {"retry_back_off": {"base_interval": "0.1s", "max_interval": "1s"}},
                    }
                }
            ],
        },
        "cds_config": ads,
        "lds_config": ads,
    }


def _cluster(name: str, socket: str) -> dict[str, Any]:
    """A server on a UNIX socket; without a path, nobody. A peer that hangs is hung up on."""
    endpoint = {"endpoint": {"address": {"pipe": {"path": socket}}}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            _HTTP_OPTIONS: {
                "@type": _TYPE + _HTTP_OPTIONS,
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}] if socket else []},
    }


def _layers(edge: str) -> list[dict[str, Any]]:
    """What is fixed, what changes for the whole location, and what changes for this edge; the last counts most."""
    ads = {"ads": {}, "resource_api_version": "V3"}
    changing = (RUNTIME_LAYER, own(RUNTIME_LAYER, edge))
    return [
        {"name": "fixed", "static_layer": {"re2.max_program_size.error_level": 2000}},
        *({"name": name, "rtds_layer": {"name": name, "rtds_config": ads}} for name in changing),
        {"name": "agent", "admin_layer": {}},
    ]


def _overload_manager(boot: EdgeBoot) -> dict[str, Any]:
    """A cap on connections, and less and less service as the heap fills: existing work is finished first."""
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [
            {
                "name": "envoy.resource_monitors.fixed_heap",
                "typed_config": {
                    "@type": _TYPE + "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                    "max_heap_size_bytes": str(boot.heap_bytes_max),
                },
            },
            {
                "name": "envoy.resource_monitors.global_downstream_max_connections",
                "typed_config": {
                    "@type": _TYPE
                    + "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                    "max_active_downstream_connections": str(boot.connections_max),
                },
            },
        ],
        "actions": [
            _heap_action("envoy.overload_actions.shrink_heap", 0.90),
            _heap_action("envoy.overload_actions.disable_http_keepalive", 0.92),
            _heap_action("envoy.overload_actions.stop_accepting_requests", 0.95),
            _heap_action("envoy.overload_actions.reject_incoming_connections", 0.98),
        ],
    }


def _heap_action(name: str, share: float) -> dict[str, Any]:
    trigger = {"name": "envoy.resource_monitors.fixed_heap", "threshold": {"value": share}}
    return {"name": name, "triggers": [trigger]}


_NO_DEVICE = {
    "description": "SO_BINDTODEVICE",
    "level": 1,
    "name": 25,
    "buf_value": base64.b64encode(b"holdfast-none\0").decode(),
    "state": "STATE_PREBIND",
}
