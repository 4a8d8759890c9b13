"""The resources that a set of edges shares, and who wants to hear of changes to them."""

from collections import defaultdict
from collections.abc import Callable, Mapping

from holdfast.model.resource import Resource, ResourceKey, ResourceType, Snapshot, SnapshotDelta, diff_snapshots
from holdfast.model.resource_digest import ResourceDigest

Listener = Callable[[SnapshotDelta], None]
OwnerOf = Callable[[str], str | None]
"""Whose a resource is by its name; None for what all share."""


class ResourceGroup:
    """A mutable snapshot. Changing it costs what changed, times the streams that follow it.

    With `owner_of`, it knows what each owner's resources and the shared ones come to.
    """

    def __init__(self, owner_of: OwnerOf | None = None) -> None:
        self._owner_of = owner_of
        self._digests: dict[str | None, ResourceDigest] = defaultdict(ResourceDigest)
        self._by_type: dict[ResourceType, dict[str, Resource]] = defaultdict(dict)
        self._listeners: list[Listener] = []

    def resources(self, resource_type: ResourceType) -> Mapping[str, Resource]:
        """All resources of a type, by name."""
        return self._by_type[resource_type]

    def snapshot(self) -> Snapshot:
        """Everything, as one mapping."""
        return {r.key: r for resources in self._by_type.values() for r in resources.values()}

    def apply(self, delta: SnapshotDelta) -> None:
        """Take a change and tell every follower of what really differs."""
        upserts = tuple(r for r in delta.upserts if self._is_news(r))
        removals = tuple(k for k in delta.removals if k.name in self._by_type[k.type])
        for resource in upserts:
            self._count(resource.key, resource.version)
            self._by_type[resource.key.type][resource.key.name] = resource
        for key in removals:
            self._count(key, None)
            del self._by_type[key.type][key.name]
        if upserts or removals:
            for listener in tuple(self._listeners):
                listener(SnapshotDelta(upserts, removals))

    def replace(self, snapshot: Snapshot) -> None:
        """Become this snapshot, by the least change."""
        self.apply(diff_snapshots(self.snapshot(), snapshot))

    def follow(self, listener: Listener) -> Callable[[], None]:
        """Hear of every later change; the returned function stops it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def digest(self, owner: str) -> ResourceDigest:
        """What somebody should have: what is its own, and what all share."""
        return self._digests.get(owner, ResourceDigest()) + self._digests.get(None, ResourceDigest())

    def get(self, key: ResourceKey) -> Resource | None:
        """One resource, if there is one."""
        return self._by_type[key.type].get(key.name)

    def _count(self, key: ResourceKey, version: str | None) -> None:
        if self._owner_of is None:
            return
        digest, had = self._digests[self._owner_of(key.name)], self.get(key)
        if had is not None:
            digest.remove(key, had.version)
        if version is not None:
            digest.add(key, version)

    def _is_news(self, resource: Resource) -> bool:
        had = self._by_type[resource.key.type].get(resource.key.name)
        return had is None or had.version != resource.version
