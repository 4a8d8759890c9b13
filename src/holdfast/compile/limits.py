"""Token buckets as Envoy's local rate limit filter keeps them: one set for all workers of an edge, exact."""

from dataclasses import dataclass

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_components_pb2 as route
from envoy.extensions.common.ratelimit.v3 import ratelimit_pb2
from envoy.extensions.filters.http.local_ratelimit.v3 import local_rate_limit_pb2
from envoy.type.v3 import percent_pb2, token_bucket_pb2

from holdfast.compile.message import seconds, uint32
from holdfast.model.effective import Bucket
from holdfast.model.inner import CAUSE_HEADER
from holdfast.model.platform import Clients, Location, Mode

CLIENTS_MAX = 50_000
"""Clients whose buckets are kept for one service on one edge, 0.6 KB each; the longest unseen are forgotten first.

Whoever has more addresses than this passes the per-client limit, which is why a total always stands beside it.
"""
SERVICE_LIMIT = "service_limit"
"""What the limits of all services that are enforced are counted as, together."""
FILL_INTERVAL_MIN_S = 0.05
"""Envoy's own minimum."""

_UNLIMITED = token_bucket_pb2.TokenBucket(
    max_tokens=4_000_000_000, tokens_per_fill=uint32(4_000_000_000), fill_interval=seconds(1)
)


@dataclass(frozen=True, slots=True)
class ClientMask:
    """How much of an address is one client; None where no client can come by IPv6, which is cheaper to tell."""

    ipv6_prefix: int | None
    ipv4_prefix: int = 32

    @property
    def is_whole(self) -> bool:
        """Whether it needs no masking at all: clients come by IPv4 only, and each address is one."""
        return self.ipv6_prefix is None and self.ipv4_prefix == 32

    @property
    def key(self) -> str:
        """The name that Envoy gives the descriptor entry of a client."""
        return "remote_address" if self.is_whole else "masked_remote_address"


def mask_clients(clients: Clients, location: Location) -> ClientMask:
    """How clients are told apart at a location: by IPv6 prefix too, unless all connect directly and over IPv4."""
    directly = not clients.trusted_proxies
    over_ipv4 = all(edge.listen.rpartition(":")[0].replace(".", "").isdecimal() for edge in location.edges)
    return ClientMask(None if directly and over_ipv4 else clients.ipv6_prefix)


def compile_bucket(bucket: Bucket, edges: int) -> token_bucket_pb2.TokenBucket:
    """One edge's part of a bucket, its rate exact over time: whole tokens at an interval Envoy allows."""
    per_s = bucket.per_s / edges
    tokens = max(1, round(per_s * FILL_INTERVAL_MIN_S))
    burst = max(tokens, round(bucket.burst / edges), 1)
    return token_bucket_pb2.TokenBucket(
        max_tokens=burst,
        tokens_per_fill=uint32(tokens),
        fill_interval=seconds(max(tokens / per_s, FILL_INTERVAL_MIN_S)),
    )


def compile_service_limit(
    total: Bucket, per_client: Bucket | None, mode: Mode, mask: ClientMask, edges: int, counted_as: str = SERVICE_LIMIT
) -> local_rate_limit_pb2.LocalRateLimit:
    """A service's own limits: its total, and each of its clients'."""
    config = limit_frame(counted_as, "limit.service", mode, retry_after_s=_retry_after_s(total, per_client))
    config.token_bucket.CopyFrom(compile_bucket(total, edges))
    config.enable_x_ratelimit_headers = ratelimit_pb2.DRAFT_VERSION_03
    if per_client:
        config.max_dynamic_descriptors.value = CLIENTS_MAX
        config.rate_limits.add().actions.add().CopyFrom(client_action(mask))
        descriptor = ratelimit_pb2.LocalRateLimitDescriptor(token_bucket=compile_bucket(per_client, edges))
        descriptor.entries.add(key=mask.key)
        config.descriptors.append(descriptor)
    return config


def limit_frame(stat_prefix: str, cause: str, mode: Mode, retry_after_s: int) -> local_rate_limit_pb2.LocalRateLimit:
    """All of a rate limit but its buckets. In observe mode it counts and refuses nothing."""
    enforced = 100 if mode is Mode.ENFORCE else 0
    config = local_rate_limit_pb2.LocalRateLimit(stat_prefix=stat_prefix, filter_enabled=_fraction(100))
    config.filter_enforced.CopyFrom(_fraction(enforced))
    if enforced:
        config.response_headers_to_add.append(header(CAUSE_HEADER, cause))
        config.response_headers_to_add.append(header("retry-after", str(retry_after_s)))
    return config


def unlimited_bucket() -> token_bucket_pb2.TokenBucket:
    """A bucket that never runs dry, for filters that must have one."""
    return _UNLIMITED


def client_action(mask: ClientMask) -> route.RateLimit.Action:
    """The descriptor entry that stands for one client."""
    action = route.RateLimit.Action()
    if mask.is_whole:
        action.remote_address.SetInParent()
        return action
    action.masked_remote_address.v4_prefix_mask_len.value = mask.ipv4_prefix
    action.masked_remote_address.v6_prefix_mask_len.value = 128 if mask.ipv6_prefix is None else mask.ipv6_prefix
    return action


def client_entry(descriptor: ratelimit_pb2.LocalRateLimitDescriptor, mask: ClientMask) -> None:
    """Make a descriptor match any client, each with a bucket of its own."""
    descriptor.entries.add(key=mask.key)


def _retry_after_s(total: Bucket, per_client: Bucket | None) -> int:
    slowest = min(b.per_s for b in (total, per_client) if b)
    return max(1, round(1 / slowest))


def _fraction(percent: int) -> base_pb2.RuntimeFractionalPercent:
    return base_pb2.RuntimeFractionalPercent(
        default_value=percent_pb2.FractionalPercent(
            numerator=percent, denominator=percent_pb2.FractionalPercent.HUNDRED
        )
    )


def header(name: str, value: str) -> base_pb2.HeaderValueOption:
    """A header for refusals, in place of any other of its name."""
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(key=name, value=value),
        append_action=base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
    )
