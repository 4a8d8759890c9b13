"""Limits that mitigations lay over services' own: one rate limit filter with buckets of its own.

They begin anew whenever one of them changes, which lets at most `LIMIT_BURST_S` seconds' worth of requests through
once more; so a limit that is adjusted every second holds to within a tenth.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from envoy.config.route.v3 import route_components_pb2 as route
from envoy.extensions.common.ratelimit.v3 import ratelimit_pb2
from envoy.extensions.filters.http.local_ratelimit.v3 import local_rate_limit_pb2
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2 as rbac_filter_pb2
from google.protobuf.message import Message

from holdfast.compile import names
from holdfast.compile.held import find_held
from holdfast.compile.limits import (
    CLIENTS_MAX,
    ClientMask,
    client_action,
    client_entry,
    compile_bucket,
    header,
    limit_frame,
    mask_clients,
    unlimited_bucket,
)
from holdfast.model.effective import Bucket
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Limit
from holdfast.model.platform import Mode

LIMIT_BURST_S: Final = 0.1
"""A limit mitigation's burst in seconds' worth of requests: small, since it begins anew with its neighbours."""
_ADDRESS_BITS: Final = 32


def compile_mitigation_limits(intent: Intent, location: str) -> Message:
    """Each edge's part of the limits that an intent's mitigations lay; a filter that does nothing if there are none.

    Services that are only observed have none: this filter can't count without refusing.
    """
    held = sorted(find_held(intent).items())
    limits = [h.limit for service, h in held if h.limit and intent.mode_of(service) is Mode.ENFORCE]
    place = intent.platform.locations[location]
    mask, edges = mask_clients(intent.platform.clients, place), len(place.edges)
    descriptors = [descriptor for limit in limits for descriptor in _descriptors(limit, mask, edges)]
    if not descriptors:
        return rbac_filter_pb2.RBAC()
    config = limit_frame("mitigation_limit", "limit.mitigation", Mode.ENFORCE, retry_after_s=1)
    config.response_headers_to_add.append(header(names.MITIGATION_HEADER, names.MITIGATION_VALUE))
    config.token_bucket.CopyFrom(unlimited_bucket())
    config.always_consume_default_token_bucket.value = False
    config.max_dynamic_descriptors.value = CLIENTS_MAX
    config.descriptors.extend(descriptors)
    prefixes = sorted({limit.client_prefix for limit in limits if limit.per_client} - {_ADDRESS_BITS})
    _add_actions(config, mask, (*prefixes, _ADDRESS_BITS))
    return config


def _descriptors(limit: Limit, mask: ClientMask, edges: int) -> Iterator[ratelimit_pb2.LocalRateLimitDescriptor]:
    if limit.requests_per_s is not None:
        burst = max(1, round(limit.requests_per_s * LIMIT_BURST_S))
        total = ratelimit_pb2.LocalRateLimitDescriptor(
            token_bucket=compile_bucket(Bucket(limit.requests_per_s, burst), edges)
        )
        total.entries.add(key="service", value=limit.service)
        yield total
    if limit.per_client is not None:
        rate = limit.per_client.requests
        burst = limit.per_client.burst or max(1, round(rate * LIMIT_BURST_S))
        each = ratelimit_pb2.LocalRateLimitDescriptor(token_bucket=compile_bucket(Bucket(rate, burst), edges))
        each.entries.add(key=_service_key(limit.client_prefix), value=limit.service)
        client_entry(each, _widen(mask, limit.client_prefix))
        yield each


def _add_actions(config: local_rate_limit_pb2.LocalRateLimit, mask: ClientMask, prefixes: Iterable[int]) -> None:
    config.rate_limits.add().actions.append(_service_action(_service_key(_ADDRESS_BITS)))
    for prefix in prefixes:
        each = config.rate_limits.add()
        each.actions.append(_service_action(_service_key(prefix)))
        each.actions.append(client_action(_widen(mask, prefix)))


def _widen(mask: ClientMask, prefix: int) -> ClientMask:
    return mask if prefix == _ADDRESS_BITS else replace(mask, ipv4_prefix=prefix)


def _service_key(prefix: int) -> str:
    """What tells limits apart that take clients together by prefixes of different lengths."""
    return "service" if prefix == _ADDRESS_BITS else f"service/{prefix}"


def _service_action(key: str) -> route.RateLimit.Action:
    action = route.RateLimit.Action()
    action.metadata.descriptor_key = key
    action.metadata.source = route.RateLimit.Action.MetaData.ROUTE_ENTRY
    action.metadata.metadata_key.key = names.METADATA
    action.metadata.metadata_key.path.add(key="service")
    return action
