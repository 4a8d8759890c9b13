"""A service's own routes, and the scopes that lead each of its hosts to them.

Every service has one RouteConfiguration, which all its hosts share: so its buckets are the service's, not
the host's, adding a host refills none, and no service's routes can break another's.
"""

from collections.abc import Iterator

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_components_pb2 as route
from envoy.config.route.v3 import route_pb2, scoped_route_pb2
from envoy.extensions.filters.http.buffer.v3 import buffer_pb2
from envoy.extensions.retry.host.previous_hosts.v3 import previous_hosts_pb2
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import UInt64Value

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
from holdfast.model.effective import EffectiveService
from holdfast.model.platform import Mode, Retries

_RETRY_ALWAYS = "connect-failure,refused-stream"
"""Failures where the upstream can't have begun to work on the request."""
_RETRY_SAFE = "connect-failure,refused-stream,reset,5xx"


def compile_routes(service: EffectiveService, mask: ClientMask, edges: int) -> route_pb2.RouteConfiguration:
    """Everything that an edge does with this service's requests before they go upstream."""
    host = route.VirtualHost(
        name=service.name, domains=["*"], request_body_buffer_limit=UInt64Value(value=service.upstream.retries.body_max)
    )
    host.routes.extend(_routes(service))
    host.metadata.CopyFrom(_facts(service))
    for name, filter_config in _filter_configs(service, mask, edges):
        host.typed_per_filter_config[name].CopyFrom(filter_config)
    config = route_pb2.RouteConfiguration(name=service.name, virtual_hosts=[host])
    config.request_headers_to_remove.append(names.HOST_HEADER)
    config.request_headers_to_add.append(_client_address_header())
    return config


def compile_scope(host: str, service: str) -> scoped_route_pb2.ScopedRouteConfiguration:
    """Leads one host (or `*.rest.of.host`) to a service's routes."""
    scope = scoped_route_pb2.ScopedRouteConfiguration(name=host, route_configuration_name=service)
    scope.key.fragments.add(string_key=host)
    return scope


def _routes(service: EffectiveService) -> Iterator[route.Route]:
    retries = service.upstream.retries
    if retries.attempts_max and retries.methods:
        yield _route(service, _RETRY_SAFE, method_matcher(retries.methods))
    if retries.attempts_max and retries.idempotency_key:
        yield _route(service, _RETRY_SAFE, route.HeaderMatcher(name=retries.idempotency_key, present_match=True))
    yield _route(service, _RETRY_ALWAYS if retries.attempts_max else "")


def _route(service: EffectiveService, retry_on: str, *headers: route.HeaderMatcher) -> route.Route:
    timeouts = service.upstream.timeouts
    action = route.RouteAction(
        cluster=service.name, timeout=seconds(timeouts.request), idle_timeout=seconds(timeouts.idle)
    )
    if retry_on:
        action.retry_policy.CopyFrom(_retry_policy(service.upstream.retries, retry_on, timeouts.per_try))
    return route.Route(
        name=service.name,
        match=route.RouteMatch(prefix="/", headers=headers),
        route=action,
        metadata=_facts(service),
    )


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
    limit = compile_service_limit(service.total, service.per_client, service.mode, mask, edges)
    yield names.LIMIT_FILTER, _switch_on(limit)
    if needs_accept_filter(accept):
        yield names.ACCEPT_FILTER, _switch_on(compile_accept(accept, service.mode))
    if accept.body_max is not None and service.mode is Mode.ENFORCE:
        yield names.BODY_FILTER, _body_limit(accept.body_max)
    if accept.graphql:
        yield names.GRAPHQL_READER_FILTER, _switch_on(compile_graphql_reader())
        yield names.GRAPHQL_FILTER, _switch_on(compile_graphql(accept.graphql, service.mode))


def _switch_on(config: Message) -> Any:
    return pack(route.FilterConfig(config=pack(config)))


def _body_limit(most: int) -> Any:
    """Holds a body back until it is whole or too long, so that a chunked one can't be longer than it may either."""
    buffer = buffer_pb2.Buffer(max_request_bytes=uint32(most))
    return _switch_on(buffer_pb2.BufferPerRoute(buffer=buffer))


def _client_address_header() -> base_pb2.HeaderValueOption:
    """The upstream sees one X-Forwarded-For: the client as the edge knows it, whatever was sent along."""
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(key="x-forwarded-for", value="%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
        append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
    )


_PREVIOUS_HOSTS = pack(previous_hosts_pb2.PreviousHostsPredicate())
_HOST_IS_KNOWN = pack(route.FilterConfig(disabled=True))
