"""A service's own routes, and the scopes that lead each of its hosts to them.

Every service has one RouteConfiguration, which all its hosts share: so its buckets are the service's, not
the host's, adding a host refills none, and no service's routes can break another's.
"""

from collections.abc import Iterator
from functools import lru_cache

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_components_pb2 as route
from envoy.config.route.v3 import route_pb2, scoped_route_pb2
from envoy.extensions.filters.http.buffer.v3 import buffer_pb2
from envoy.extensions.filters.http.local_ratelimit.v3.local_rate_limit_pb2 import LocalRateLimit
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message

from holdfast.compile import names
from holdfast.compile.accept import (
    GRAPHQL_OBSERVED_BODY_MAX,
    accepted_methods,
    compile_accept,
    compile_graphql,
    compile_graphql_reader,
    complete_accept,
    describe_accept,
    needs_accept_filter,
)
from holdfast.compile.counting import name_limit
from holdfast.compile.limits import ClientMask, compile_service_limit
from holdfast.compile.message import pack, uint32
from holdfast.compile.route_table import compile_route_table
from holdfast.compile.shedding import state_class
from holdfast.model.effective import Bucket, EffectiveService
from holdfast.model.inner import CAUSE_HEADER
from holdfast.model.platform import Accept, Clients, Mode

_FRAMES_KEPT_MAX = 4096


def compile_routes(
    service: EffectiveService, clients: Clients, mask: ClientMask, edges: int
) -> route_pb2.RouteConfiguration:
    """Everything that an edge does with this service's requests before they go upstream."""
    config = route_pb2.RouteConfiguration(name=service.name, request_headers_to_remove=[names.HOST_HEADER])
    if clients.trusted_proxies:
        config.request_headers_to_add.append(_CLIENT_ADDRESS)
    config.response_headers_to_remove.extend((CAUSE_HEADER, names.MITIGATION_HEADER))
    config.response_headers_to_add.append(_READ_ONLY)
    host = config.virtual_hosts.add(name=service.name, domains=["*"])
    host.request_body_buffer_limit.value = _held_for_retries(service)
    facts = _facts(service)
    for route_name, entry in compile_route_table(service):
        entry.name = service.name
        entry.metadata.MergeFrom(facts)
        if service.routes:
            entry.metadata.filter_metadata[names.METADATA]["route"] = route_name
        host.routes.append(entry)
    for name, filter_config in _filter_configs(service, mask, edges):
        host.typed_per_filter_config[name].CopyFrom(filter_config)
    return config


def _held_for_retries(service: EffectiveService) -> int:
    """How much of a body is held back, in bytes, so that it can be sent once more."""
    deferred = (stated.deferred.body_max for stated in service.routes if stated.deferred)
    return max(*(upstream.retries.body_max for _, upstream in service.each_upstream()), 0, *deferred)


def compile_scope(host: str, service: str) -> scoped_route_pb2.ScopedRouteConfiguration:
    """Leads one host (or `*.rest.of.host`) to a service's routes."""
    scope = scoped_route_pb2.ScopedRouteConfiguration(name=host, route_configuration_name=service)
    scope.key.fragments.add(string_key=host)
    return scope


def _facts(service: EffectiveService) -> base_pb2.Metadata:
    """What an answer may say of the service that it is for."""
    metadata = base_pb2.Metadata()
    facts = metadata.filter_metadata[names.METADATA]
    facts["service"], facts["tenant"] = service.name, service.tenant
    state_class(facts, service.criticality)
    if accepts := describe_accept(complete_accept(service.accept)):
        facts["accepts"] = accepts
    if methods := accepted_methods(service.accept):
        facts["allow"] = ", ".join(methods)
    metadata.filter_metadata["envoy.filters.http.lua"]["known"] = True
    return metadata


def _filter_configs(service: EffectiveService, mask: ClientMask, edges: int) -> Iterator[tuple[str, Any]]:
    accept, graphql = complete_accept(service.accept), service.accept.graphql
    for name in names.HOST_FILTERS:
        yield name, _OUT_OF_CHAIN
    yield names.LIMIT_FILTER, _limit(service, mask, edges)
    has_head_checks = needs_accept_filter(accept)
    yield (
        names.ACCEPT_FILTER,
        _switch_on(compile_accept(accept, service.mode, service.name)) if has_head_checks else _OUT_OF_CHAIN,
    )
    held_max = _held_bytes_max(accept, service.mode)
    yield names.BODY_FILTER, _ANY_BODY if held_max is None else _body_limit(held_max)
    yield names.GRAPHQL_READER_FILTER, _switch_on(compile_graphql_reader(accept)) if graphql else _OUT_OF_CHAIN
    yield (
        names.GRAPHQL_FILTER,
        _switch_on(compile_graphql(graphql, service.mode, service.name)) if graphql else _OUT_OF_CHAIN,
    )


def _limit(service: EffectiveService, mask: ClientMask, edges: int) -> Any:
    own = LocalRateLimit()
    own.CopyFrom(_shared_limit(service.total, service.per_client, service.mode, mask, edges))
    own.stat_prefix = name_limit(service.name, service.mode)
    return _switch_on(own)


@lru_cache(maxsize=_FRAMES_KEPT_MAX)
def _shared_limit(total: Bucket, per_client: Bucket | None, mode: Mode, mask: ClientMask, edges: int) -> LocalRateLimit:
    return compile_service_limit(total, per_client, mode, mask, edges)


def _switch_on(config: Message) -> Any:
    return pack(route.FilterConfig(config=pack(config)))


def _held_bytes_max(accept: Accept, mode: Mode) -> int | None:
    """How much of a body is held back until it is whole; None if none is."""
    if mode is Mode.OBSERVE:
        return GRAPHQL_OBSERVED_BODY_MAX if accept.graphql else None
    return accept.body_max


def _body_limit(most: int) -> Any:
    """Holds a body back until it is whole or too long, so that a chunked one can't be longer than it may either.

    One byte is the least limit that Envoy has.
    """
    buffer = buffer_pb2.Buffer(max_request_bytes=uint32(max(1, most)))
    return _switch_on(buffer_pb2.BufferPerRoute(buffer=buffer))


_OUT_OF_CHAIN = pack(route.FilterConfig(disabled=True))
_ANY_BODY = pack(buffer_pb2.BufferPerRoute(disabled=True))
"""Not taken out of the chain: where a host's spelling led here late, the filter would hold every body back."""
_READ_ONLY = base_pb2.HeaderValueOption(
    header=base_pb2.HeaderValue(key=names.READING_HEADER, value=names.READING_VALUE),
    append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
)
_CLIENT_ADDRESS = base_pb2.HeaderValueOption(
    header=base_pb2.HeaderValue(key="x-forwarded-for", value="%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
    append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
)
"""The upstream sees one X-Forwarded-For: the client as the edge knows it, whatever was sent along.

Without trusted proxies this needs no header of ours: what a client sent was removed, and Envoy adds the peer.
"""
