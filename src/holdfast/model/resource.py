"""What edges are given: serialised resources under content-hash versions, never seen as protobuf here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b


class ResourceType(StrEnum):
    """The kinds of resource an edge subscribes to, by xDS type URL."""

    CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
    ENDPOINTS = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
    LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener"
    ROUTES = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
    SCOPE = "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration"
    EXTENSION = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig"
    RUNTIME = "type.googleapis.com/envoy.service.runtime.v3.Runtime"
    TOKEN_BUCKET = "type.googleapis.com/envoy.type.v3.TokenBucket"  # noqa: S105 - no secret


@dataclass(frozen=True, slots=True)
class ResourceKey:
    """Type and name: unique within a snapshot."""

    type: ResourceType
    name: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as edges get it: `body` is the serialised message, `version` the hash of its bytes."""

    key: ResourceKey
    version: str
    body: bytes

    @staticmethod
    def of(resource_type: ResourceType, name: str, body: bytes) -> "Resource":
        """A resource under the version that its bytes give it."""
        return Resource(ResourceKey(resource_type, name), blake2b(body, digest_size=10).hexdigest(), body)


Snapshot = Mapping[ResourceKey, Resource]
"""The consistent whole that one edge group is given."""


@dataclass(frozen=True, slots=True)
class SnapshotDelta:
    """What turns one snapshot into the next."""

    upserts: tuple[Resource, ...] = ()
    removals: tuple[ResourceKey, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.upserts or self.removals)


def index_resources(resources: Iterable[Resource]) -> dict[ResourceKey, Resource]:
    """A snapshot of these resources; ValueError if two have one key."""
    snapshot: dict[ResourceKey, Resource] = {}
    for resource in resources:
        if resource.key in snapshot:
            raise ValueError(f"two resources are named {resource.key}")
        snapshot[resource.key] = resource
    return snapshot


def diff_snapshots(old: Snapshot, new: Snapshot) -> SnapshotDelta:
    """What must be sent and removed for an edge that has `old` to have `new`."""
    upserts = tuple(r for k, r in new.items() if (had := old.get(k)) is None or had.version != r.version)
    return SnapshotDelta(upserts, tuple(k for k in old if k not in new))
