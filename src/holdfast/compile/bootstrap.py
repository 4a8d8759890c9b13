"""How an Envoy starts: knowing only the socket of its own agent, which tells it everything else."""

import base64
from dataclasses import dataclass
from typing import Any

from holdfast.compile.names import RUNTIME_LAYER
from holdfast.compile.observed import OBSERVED

_TYPE = "type.googleapis.com/"
STATS_KEPT = (
    *(("suffix", f".upstream_rq_{name}") for name in ("active", "total", "2xx", "4xx", "5xx", "pending_overflow")),
    *(("suffix", f".{name}") for name in ("upstream_cx_active", "upstream_cx_total", "membership_healthy", "rq_open")),
    *(
        ("prefix", name)
        for name in ("http.edge.downstream_", "http.edge.rbac", "server.", "overload.", "control_plane.")
    ),
    ("prefix", f"{OBSERVED}."),
    *(("prefix", f"{name}_limit.") for name in ("service", "mitigation", "location")),
    *(("prefix", f"{name}.update_") for name in ("cluster_manager.cds", "listener_manager.lds")),
)
"""What Envoy counts at all; the rest costs memory and time at every request for nobody.

Names are put together of parts, and a prefix with a dot at its end is compared part by part: what is counted for each
rule of `http.edge.rbac` has that and more in one part, and is only found without the dot.
"""


@dataclass(frozen=True, slots=True)
class EdgeBoot:
    """What one edge's Envoy must know before it knows anything. Sockets are paths of UNIX sockets."""

    edge: str
    location: str
    agent_socket: str
    admin_socket: str
    connections_max: int
    heap_bytes_max: int = 2 * 1024**3
    upstreams_unreachable: bool = False
    """For a canary: bind upstream sockets to a network device that isn't there, so that no connection is ever begun."""


def compile_bootstrap(boot: EdgeBoot) -> dict[str, Any]:
    """The bootstrap, in its JSON form."""
    manager: dict[str, Any] = {}
    if boot.upstreams_unreachable:
        manager = {"upstream_bind_config": {"socket_options": [_NO_DEVICE]}}
    return {
        "node": {"id": boot.edge, "cluster": boot.location},
        "admin": {"address": {"pipe": {"path": boot.admin_socket, "mode": 0o600}}},
        "dynamic_resources": _dynamic_resources(),
        "static_resources": {"clusters": [_agent_cluster(boot.agent_socket)]},
        "cluster_manager": manager,
        "layered_runtime": {"layers": [_fixed_layer(), _changing_layer()]},
        "overload_manager": _overload_manager(boot),
        "stats_config": {"stats_matcher": {"inclusion_list": {"patterns": [{how: text} for how, text in STATS_KEPT]}}},
        "stats_flush_interval": "5s",
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
                        "cluster_name": "agent",
                        "retry_policy": {"retry_back_off": {"base_interval": "0.1s", "max_interval": "1s"}},
                    }
                }
            ],
        },
        "cds_config": ads,
        "lds_config": ads,
    }


def _agent_cluster(socket: str) -> dict[str, Any]:
    return {
        "name": "agent",
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": _TYPE + "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
        "load_assignment": {
            "cluster_name": "agent",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"pipe": {"path": socket}}}}]}],
        },
    }


def _fixed_layer() -> dict[str, Any]:
    return {"name": "fixed", "static_layer": {"re2.max_program_size.error_level": 2000}}


def _changing_layer() -> dict[str, Any]:
    ads = {"ads": {}, "resource_api_version": "V3"}
    return {"name": RUNTIME_LAYER, "rtds_layer": {"name": RUNTIME_LAYER, "rtds_config": ads}}


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
