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
from envoy.extensions.retry.host.previous_hosts.v3 import previous_hosts_pb2
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message

from holdfast.compile import names
from holdfast.compile.accept import (
    accepted_methods,
    compile_accept,
    compile_graphql,
    compile_graphql_reader,
    describe_accept,
    method_matcher,
    needs_accept_filter,
)
from holdfast.compile.limits import ClientMask, compile_service_limit
from holdfast.compile.message import pack, seconds, uint32
from holdfast.model.effective import Bucket, EffectiveService
from holdfast.model.platform import Mode, Retries, Timeouts

_RETRY_ALWAYS = "connect-failure,refused-stream"
"""Failures where the upstream can't have begun to work on the request."""
_FRAMES_KEPT_MAX = 4096
_RETRY_SAFE = "connect-failure,refused-stream,reset,5xx"


def compile_routes(service: EffectiveService, mask: ClientMask, edges: int) -> route_pb2.RouteConfiguration:
    """Everything that an edge does with this service's requests before they go upstream."""
    config = route_pb2.RouteConfiguration(name=service.name, request_headers_to_remove=[names.HOST_HEADER])
    config.request_headers_to_add.append(_CLIENT_ADDRESS)
    host = config.virtual_hosts.add(name=service.name, domains=["*"])
    host.request_body_buffer_limit.value = service.upstream.retries.body_max
    facts = _facts(service)
    for frame in _route_frames(service.upstream.retries, service.upstream.timeouts):
        entry = host.routes.add()
        entry.CopyFrom(frame)
        entry.name = entry.route.cluster = service.name
        entry.metadata.CopyFrom(facts)
    for name, filter_config in _filter_configs(service, mask, edges):
        host.typed_per_filter_config[name].CopyFrom(filter_config)
    return config


def compile_scope(host: str, service: str) -> scoped_route_pb2.ScopedRouteConfiguration:
    """Leads one host (or `*.rest.of.host`) to a service's routes."""
    scope = scoped_route_pb2.ScopedRouteConfiguration(name=host, route_configuration_name=service)
    scope.key.fragments.add(string_key=host)
    return scope


@lru_cache(maxsize=_FRAMES_KEPT_MAX)
def _route_frames(retries: Retries, timeouts: Timeouts) -> tuple[route.Route, ...]:
    """A service's routes but for its name and facts; most services share them with many others."""
    if not retries.attempts_max:
        return (_route_frame(retries, timeouts, ""),)
    frames = []
    if retries.methods:
        frames.append(_route_frame(retries, timeouts, _RETRY_SAFE, method_matcher(retries.methods)))
    if retries.idempotency_key:
        key = route.HeaderMatcher(name=retries.idempotency_key, present_match=True)
        frames.append(_route_frame(retries, timeouts, _RETRY_SAFE, key))
    return (*frames, _route_frame(retries, timeouts, _RETRY_ALWAYS))


def _route_frame(retries: Retries, timeouts: Timeouts, retry_on: str, *headers: route.HeaderMatcher) -> route.Route:
    action = route.RouteAction(timeout=seconds(timeouts.request), idle_timeout=seconds(timeouts.idle))
    if retry_on:
        action.retry_policy.CopyFrom(_retry_policy(retries, retry_on, timeouts.per_try))
    return route.Route(match=route.RouteMatch(prefix="/", headers=headers), route=action)


def _retry_policy(retries: Retries, retry_on: str, per_try_s: float | None) -> route.RetryPolicy:
    policy = route.RetryPolicy(
        retry_on=retry_on, num_retries=uint32(retries.attempts_max), host_selection_retry_max_attempts=3
    )
    policy.retry_host_predicate.add(name="envoy.retry_host_predicates.previous_hosts", typed_config=_PREVIOUS_HOSTS)
    if per_try_s is not None:
        policy.per_try_timeout.CopyFrom(seconds(per_try_s))
    return policy


def _facts(service: EffectiveService) -> base_pb2.Metadata:
    """What an answer may say of the service that it is for."""
    metadata = base_pb2.Metadata()
    facts = metadata.filter_metadata[names.METADATA]
    facts["service"], facts["tenant"] = service.name, service.tenant
    if accepts := describe_accept(service.accept):
        facts["accepts"] = accepts
    if methods := accepted_methods(service.accept):
        facts["allow"] = ", ".join(methods)
    metadata.filter_metadata["envoy.filters.http.lua"]["known"] = True
    return metadata


def _filter_configs(service: EffectiveService, mask: ClientMask, edges: int) -> Iterator[tuple[str, Any]]:
    accept = service.accept
    for name in names.HOST_FILTERS:
        yield name, _HOST_IS_KNOWN
    yield names.LIMIT_FILTER, _limit(service.total, service.per_client, service.mode, mask, edges)
    if needs_accept_filter(accept):
        yield names.ACCEPT_FILTER, _switch_on(compile_accept(accept, service.mode))
    if accept.body_max is not None and service.mode is Mode.ENFORCE:
        yield names.BODY_FILTER, _body_limit(accept.body_max)
    if accept.graphql:
        yield names.GRAPHQL_READER_FILTER, _switch_on(compile_graphql_reader())
        yield names.GRAPHQL_FILTER, _switch_on(compile_graphql(accept.graphql, service.mode))


@lru_cache(maxsize=_FRAMES_KEPT_MAX)
def _limit(total: Bucket, per_client: Bucket | None, mode: Mode, mask: ClientMask, edges: int) -> Any:
    return _switch_on(compile_service_limit(total, per_client, mode, mask, edges))


def _switch_on(config: Message) -> Any:
    return pack(route.FilterConfig(config=pack(config)))


def _body_limit(most: int) -> Any:
    """Holds a body back until it is whole or too long, so that a chunked one can't be longer than it may either."""
    buffer = buffer_pb2.Buffer(max_request_bytes=uint32(most))
    return _switch_on(buffer_pb2.BufferPerRoute(buffer=buffer))


_PREVIOUS_HOSTS = pack(previous_hosts_pb2.PreviousHostsPredicate())
_HOST_IS_KNOWN = pack(route.FilterConfig(disabled=True))
_CLIENT_ADDRESS = base_pb2.HeaderValueOption(
    header=base_pb2.HeaderValue(key="x-forwarded-for", value="%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
    append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
)
"""The upstream sees one X-Forwarded-For: the client as the edge knows it, whatever was sent along."""
