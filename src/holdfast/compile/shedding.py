"""What a location takes of each class of criticality: the last limit that a request meets before its upstream.

Each class has a bucket of its own, so that critical requests never wait behind others: not in a queue, and not for a
token that somebody less critical took. All sheddable ones share one more bucket, which keeps the part of the capacity
that is reserved for critical ones. A `Shed` mitigation steers the buckets of single classes while a location is short
of capacity; they are small then, since they begin anew each time. Whatever a dead control last said stays in force.
"""

from collections.abc import Iterator
from typing import Final

from envoy.config.core.v3 import extension_pb2
from envoy.config.route.v3 import route_components_pb2 as route
from envoy.extensions.common.ratelimit.v3 import ratelimit_pb2
from envoy.type.v3 import http_status_pb2
from google.protobuf.struct_pb2 import Struct

from holdfast.compile import names
from holdfast.compile.limits import compile_bucket, limit_frame, unlimited_bucket
from holdfast.compile.message import pack, to_resource
from holdfast.model.effective import Bucket
from holdfast.model.intent import Intent
from holdfast.model.mitigation import Shed
from holdfast.model.platform import Criticality
from holdfast.model.resource import Resource, ResourceType
from holdfast.model.shedding import CRITICAL, SHEDDABLE, share_capacity

CRITICAL_BURST_S: Final = 1.0
SHEDDABLE_BURST_S: Final = 0.25
"""What a bucket holds, in seconds' worth: little of what may be shed, so that a surge leaves no queue behind it."""
BURST_MIN: Final = 10
"""The least that it holds, in requests, so that small locations take what comes at once."""
STEERED_BURST_S: Final = 0.05
"""The same for buckets that are steered: whenever one of them is changed, all of them are full once more."""
CLASS_KEY: Final = "class"
POOL_KEY: Final = "pool"
SHEDDABLE_POOL: Final = "sheddable"


def compile_shedding(intent: Intent, location: str) -> Resource:
    """The limits of a location for each class, at no cost per service; steered by the latest `Shed` for it, if any."""
    config = limit_frame("location_limit", "limit.location", intent.platform.mode, retry_after_s=1)
    config.status.code = http_status_pb2.ServiceUnavailable
    config.token_bucket.CopyFrom(unlimited_bucket())
    config.always_consume_default_token_bucket.value = False
    config.descriptors.extend(_descriptors(intent, location))
    config.rate_limits.add().actions.append(_fact(CLASS_KEY))
    config.rate_limits.add().actions.append(_fact(POOL_KEY))
    extension = extension_pb2.TypedExtensionConfig(name=names.LOCATION_LIMIT_FILTER, typed_config=pack(config))
    return to_resource(ResourceType.EXTENSION, names.LOCATION_LIMIT_FILTER, extension)


def state_class(facts: Struct, criticality: Criticality) -> None:
    """Write a service's class among the facts that its routes carry, where the location's limits read it."""
    facts[CLASS_KEY] = criticality.value
    if criticality in SHEDDABLE:
        facts[POOL_KEY] = SHEDDABLE_POOL


def _descriptors(intent: Intent, location: str) -> Iterator[ratelimit_pb2.LocalRateLimitDescriptor]:
    place = intent.platform.locations[location]
    shares, edges = share_capacity(place.capacity, intent.guaranteed), len(place.edges)
    steered = _find_steered(intent, location)
    for criticality, share in shares.classes.items():
        burst_s = CRITICAL_BURST_S if criticality in CRITICAL else SHEDDABLE_BURST_S
        bucket = Bucket(share, max(BURST_MIN, round(share * burst_s)))
        if criticality in steered:
            bucket = Bucket(steered[criticality], max(1, round(steered[criticality] * STEERED_BURST_S)))
        yield _descriptor(CLASS_KEY, criticality.value, bucket, edges)
    if not any(criticality in steered for criticality in SHEDDABLE):
        bucket = Bucket(shares.sheddable, max(BURST_MIN, round(shares.sheddable * SHEDDABLE_BURST_S)))
        yield _descriptor(POOL_KEY, SHEDDABLE_POOL, bucket, edges)


def _find_steered(intent: Intent, location: str) -> dict[Criticality, float]:
    sheds = [m for m in intent.mitigations if isinstance(m.measure, Shed) and m.measure.location == location]
    latest = max(sheds, key=lambda m: m.started_at, default=None)
    return dict(latest.measure.requests_per_s) if latest and isinstance(latest.measure, Shed) else {}


def _descriptor(key: str, value: str, bucket: Bucket, edges: int) -> ratelimit_pb2.LocalRateLimitDescriptor:
    descriptor = ratelimit_pb2.LocalRateLimitDescriptor(token_bucket=compile_bucket(bucket, edges))
    descriptor.entries.add(key=key, value=value)
    return descriptor


def _fact(key: str) -> route.RateLimit.Action:
    """A descriptor entry from a fact of the request's route; none for routes without that fact."""
    action = route.RateLimit.Action()
    action.metadata.descriptor_key = key
    action.metadata.source = route.RateLimit.Action.MetaData.ROUTE_ENTRY
    action.metadata.skip_if_absent = True
    action.metadata.metadata_key.key = names.METADATA
    action.metadata.metadata_key.path.add(key=key)
    return action
