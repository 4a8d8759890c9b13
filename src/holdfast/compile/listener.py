"""An edge's one listener: static after boot, since changing it would close connections."""

from importlib.resources import files
from typing import Any

from envoy.config.listener.v3 import listener_pb2
from envoy.extensions.access_loggers.file.v3 import file_pb2  # noqa: F401 - registers the type
from envoy.extensions.access_loggers.filters.cel.v3 import cel_pb2  # noqa: F401 - registers the type
from envoy.extensions.access_loggers.filters.process_ratelimit.v3 import (  # noqa: F401 - registers the type
    process_ratelimit_pb2,
)
from envoy.extensions.access_loggers.grpc.v3 import als_pb2  # noqa: F401 - registers the type
from envoy.extensions.access_loggers.stats.v3 import stats_pb2  # noqa: F401 - registers the type
from envoy.extensions.filters.http.buffer.v3 import buffer_pb2  # noqa: F401 - registers the type
from envoy.extensions.filters.http.json_to_metadata.v3 import json_to_metadata_pb2  # noqa: F401 - registers the type
from envoy.extensions.filters.http.local_ratelimit.v3 import local_rate_limit_pb2  # noqa: F401 - registers the type
from envoy.extensions.filters.http.lua.v3 import lua_pb2  # noqa: F401 - registers the type
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2  # noqa: F401 - registers the type
from envoy.extensions.filters.http.router.v3 import router_pb2  # noqa: F401 - registers the type
from envoy.extensions.filters.network.http_connection_manager.v3 import (  # noqa: F401 - registers the type
    http_connection_manager_pb2,
)
from envoy.extensions.formatter.req_without_query.v3 import req_without_query_pb2  # noqa: F401 - registers the type
from envoy.extensions.http.early_header_mutation.header_mutation.v3 import (  # noqa: F401 - registers the type
    header_mutation_pb2,
)
from envoy.extensions.http.original_ip_detection.xff.v3 import xff_pb2  # noqa: F401 - registers the type
from google.protobuf.json_format import ParseDict

from holdfast.compile import names
from holdfast.compile.access_logs import compile_access_log
from holdfast.compile.counting import compile_counting
from holdfast.compile.replies import compile_local_replies
from holdfast.compile.sampling import compile_sampling
from holdfast.model.inner import CAUSE_HEADER, INNER_HEADER, ROUTE_HEADER, SERVICE_HEADER
from holdfast.model.platform import AccessLog, Clients

_TYPE = "type.googleapis.com/"
_FILTERS = _TYPE + "envoy.extensions.filters.http."
_RBAC_TYPE = _FILTERS + "rbac.v3.RBAC"
_LIMIT_TYPE = _FILTERS + "local_ratelimit.v3.LocalRateLimit"

FORGEABLE_HEADERS = (
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-original-url",
    "x-rewrite-url",
    "x-original-host",
    "x-forwarded-host",
    "x-envoy-original-path",
    "x-envoy-external-address",
    "x-envoy-decorator-operation",
    "x-envoy-retry-on",
    "x-envoy-max-retries",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-alt-stat-name",
    CAUSE_HEADER,
    names.MITIGATION_HEADER,
    INNER_HEADER,
    SERVICE_HEADER,
    ROUTE_HEADER,
)
"""What only a trusted peer could say truthfully, and this edge says itself or not at all."""
_REMOVED_BY_ENVOY = {
    "x-envoy-retry-on",
    "x-envoy-max-retries",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-alt-stat-name",
}
"""Those that Envoy takes from every request that isn't internal, and it knows no internal addresses unless told."""
_REMOVED_AT_THE_EDGE = {"x-envoy-decorator-operation", "x-envoy-original-path", "x-envoy-external-address"}
"""Those that it also takes, or writes anew, where the peer is the client."""


def compile_listener(edge: str, host: str, port: int, clients: Clients, access_log: AccessLog) -> listener_pb2.Listener:
    """The listener of one edge at an address."""
    manager = _connection_manager(edge, clients, access_log)
    return ParseDict(
        {
            "name": names.listener_name(edge),
            "address": {"socket_address": {"address": host, "port_value": port}},
            "per_connection_buffer_limit_bytes": 65_536,
            "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
        },
        listener_pb2.Listener(),
    )


def compile_inner_listener(edge: str, access_log: AccessLog) -> listener_pb2.Listener:
    """Where Holdfast's own parts send requests through an edge: only who may open its socket.

    What they send is judged as clients' requests are; the client is who they say it is.
    """
    manager = _connection_manager(edge, Clients(), access_log)
    del manager["use_remote_address"]
    host = {"key": names.HOST_HEADER, "value": "%REQ(:AUTHORITY)%"}
    mutations = [{"append": {"header": host, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}]
    manager["stat_prefix"] = "inner"
    manager["early_header_mutation_extensions"][0]["typed_config"]["mutations"] = mutations
    return ParseDict(
        {
            "name": names.inner_listener_name(edge),
            "address": {"pipe": {"path": names.INNER_SOCKET, "mode": 0o600}},
            "per_connection_buffer_limit_bytes": 1024 * 1024,
            "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
        },
        listener_pb2.Listener(),
    )


def _connection_manager(edge: str, clients: Clients, access_log: AccessLog) -> dict[str, Any]:
    return {
        "@type": _TYPE + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "scoped_routes": _scoped_routes(),
        "http_filters": [_filter(name, edge) for name in names.FILTER_ORDER],
        "early_header_mutation_extensions": [_early_mutations(clients)],
        **_client_identity(clients),
        **_spelling(),
        **_self_protection(),
        "local_reply_config": compile_local_replies(),
        "access_log": [*compile_counting(), *compile_sampling(), *compile_access_log(access_log, edge)],
        "always_set_request_id_in_response": False,
        "server_header_transformation": "PASS_THROUGH",
    }


def _scoped_routes() -> dict[str, Any]:
    key = {"header_value_extractor": {"name": names.HOST_HEADER, "index": 0}}
    ads = {"ads": {}, "resource_api_version": "V3"}
    return {
        "name": names.SCOPED_ROUTES,
        "scope_key_builder": {"fragments": [key]},
        "rds_config_source": ads,
        "scoped_rds": {"scoped_rds_config_source": ads},
    }


def _client_identity(clients: Clients) -> dict[str, Any]:
    """Without trusted proxies the peer is the client; with them, the last address that isn't one of theirs."""
    if not clients.trusted_proxies:
        return {"use_remote_address": True}
    cidrs = [{"address_prefix": str(n.network_address), "prefix_len": n.prefixlen} for n in clients.trusted_proxies]
    return {
        "use_remote_address": False,
        "original_ip_detection_extensions": [
            {
                "name": "envoy.http.original_ip_detection.xff",
                "typed_config": {
                    "@type": _TYPE + "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig",
                    "xff_trusted_cidrs": {"cidrs": cidrs},
                    "skip_xff_append": False,
                },
            }
        ],
    }


def _early_mutations(clients: Clients) -> dict[str, Any]:
    spared = _REMOVED_BY_ENVOY if clients.trusted_proxies else _REMOVED_BY_ENVOY | _REMOVED_AT_THE_EDGE
    forged = [name for name in FORGEABLE_HEADERS if name not in spared]
    if not clients.trusted_proxies:
        forged.append("x-forwarded-for")
    host = {"key": names.HOST_HEADER, "value": "%REQ(:AUTHORITY)%"}
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {
            "@type": _TYPE + "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": [
                *({"remove": name} for name in forged),
                {"append": {"header": host, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}},
            ],
        },
    }


def _spelling() -> dict[str, Any]:
    """One spelling for every request, so that no rule is got around by another."""
    return {
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "UNESCAPE_AND_REDIRECT",
        "strip_any_host_port": True,
        "strip_trailing_host_dot": True,
        "common_http_protocol_options": {
            "headers_with_underscores_action": "DROP_HEADER",
            "idle_timeout": "300s",
            "max_headers_count": 100,
        },
    }


def _self_protection() -> dict[str, Any]:
    """Against slow clients, endless heads and greedy HTTP/2 peers.

    Every stage has its own deadline (head, upload, the route's for the answer, the flush of its rest), so a timer
    of idleness, which is set anew at every step of every request, isn't needed beside them.
    """
    return {
        "request_headers_timeout": "10s",
        "request_timeout": "300s",
        "stream_idle_timeout": "0s",
        "stream_flush_timeout": "60s",
        "max_request_headers_kb": 60,
        "delayed_close_timeout": "1s",
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 65_536,
            "initial_connection_window_size": 1_048_576,
        },
    }


def _filter(name: str, edge: str) -> dict[str, Any]:
    """A filter in the chain of an edge; its configuration is looked for under the filter's name."""
    if name in _DISCOVERED:
        discovered = names.own(name, edge) if name in names.OWN_FILTERS else name
        return {"name": discovered, "config_discovery": _discovery(_DISCOVERED[name])}
    return {"name": name, **_FIXED[name]}


def _discovery(types: tuple[str, ...]) -> dict[str, Any]:
    """Config that comes by the stream, and changes without the listener; absent, the filter does nothing."""
    return {
        "config_source": {"ads": {}, "resource_api_version": "V3"},
        "type_urls": list(types),
        "default_config": {"@type": _RBAC_TYPE},
        "apply_default_config_without_warming": False,
    }


_DISCOVERED = {
    names.MITIGATIONS_FILTER: (_RBAC_TYPE,),
    names.MITIGATION_LIMITS_FILTER: (_LIMIT_TYPE, _RBAC_TYPE),
    names.READ_ONLY_FILTER: (_RBAC_TYPE,),
    names.LOCATION_LIMIT_FILTER: (_LIMIT_TYPE, _RBAC_TYPE),
}
_KNOWN_HOST = {
    "typed_config": {
        "@type": _FILTERS + "lua.v3.Lua",
        "default_source_code": {"inline_string": files(__package__).joinpath("known_host.lua").read_text()},
    }
}
_FIXED: dict[str, dict[str, Any]] = {
    **dict.fromkeys(names.HOST_FILTERS, _KNOWN_HOST),
    names.ACCEPT_FILTER: {"typed_config": {"@type": _RBAC_TYPE}},
    names.BODY_FILTER: {"typed_config": {"@type": _FILTERS + "buffer.v3.Buffer", "max_request_bytes": 4_294_967_295}},
    names.LIMIT_FILTER: {"typed_config": {"@type": _LIMIT_TYPE, "stat_prefix": "service_limit"}},
    names.GRAPHQL_READER_FILTER: {
        "typed_config": {
            "@type": _FILTERS + "json_to_metadata.v3.JsonToMetadata",
            "request_rules": {
                "allow_content_types": ["application/vnd.holdfast.none"],
                "rules": [
                    {
                        "selectors": [{"key": "query"}],
                        "on_present": {"metadata_namespace": "holdfast.graphql", "key": "query"},
                    }
                ],
            },
        },
    },
    names.GRAPHQL_FILTER: {"typed_config": {"@type": _RBAC_TYPE}},
    names.ROUTER_FILTER: {
        "typed_config": {"@type": _FILTERS + "router.v3.Router", "dynamic_stats": False, "suppress_envoy_headers": True}
    },
}
"""Filters that do nothing of themselves, and are there all the same: which are in a request's chain is decided
by the first look-up of its host, and what they do by the last. Routes take out what they don't need."""
