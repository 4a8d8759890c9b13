"""What edges are given for each service to go over to another revision, and to go back."""

from collections.abc import Callable, Iterable, Mapping

from holdfast.model.resource import Resource, ResourceKey, Snapshot, SnapshotDelta

ServiceOf = Callable[[Resource], str | None]
"""Whose a resource is; None for what services share."""
Passages = Mapping[str | None, SnapshotDelta]
"""What goes over with each service that differs; None is what they share."""


def find_passages(old: Snapshot, new: Snapshot, service_of: ServiceOf) -> Passages:
    """The way from one snapshot to another, taken apart by service.

    A service that only lost something to another, such as a host, is among them with nothing to send: both must go
    together (see `waves`).
    """
    upserts: dict[str | None, list[Resource]] = {}
    removals: dict[str | None, list[ResourceKey]] = {}
    for key, resource in old.items():
        after = new.get(key)
        if after is None or after.version != resource.version:
            gone = removals.setdefault(service_of(resource), [])
            gone.extend(() if key in new else (key,))
    for key, resource in new.items():
        before = old.get(key)
        if before is None or before.version != resource.version:
            upserts.setdefault(service_of(resource), []).append(resource)
    return {
        service: SnapshotDelta(tuple(upserts.get(service, ())), tuple(removals.get(service, ())))
        for service in upserts.keys() | removals.keys()
    }


def invert_delta(delta: SnapshotDelta, old: Snapshot) -> SnapshotDelta:
    """What takes a change back, for edges that had `old` before it."""
    keys = [*(resource.key for resource in delta.upserts), *delta.removals]
    return SnapshotDelta(tuple(old[key] for key in keys if key in old), tuple(key for key in keys if key not in old))


def join_deltas(deltas: Iterable[SnapshotDelta]) -> SnapshotDelta:
    """Several changes as one, the later before the earlier. What one removes and another brings is brought."""
    upserts, removals = dict[ResourceKey, Resource](), dict[ResourceKey, None]()
    for delta in deltas:
        upserts |= {resource.key: resource for resource in delta.upserts}
        removals |= dict.fromkeys(delta.removals)
    return SnapshotDelta(tuple(upserts.values()), tuple(key for key in removals if key not in upserts))
