"""Edges that get what they are sent only when the test says so, and may refuse it, lose touch or restart."""

from dataclasses import dataclass, field

from holdfast.model.edge import EdgeHolding, EdgeState, EdgeStatus, Nack, Proof
from holdfast.model.resource import Resource, ResourceKey, Snapshot, SnapshotDelta, diff_snapshots
from holdfast.model.resource_digest import ResourceDigest


@dataclass
class FakeEdge:
    name: str
    location: str
    has: dict[ResourceKey, Resource] = field(default_factory=dict)
    connected: bool = True
    refused: dict[ResourceKey, str] = field(default_factory=dict)

    def deliver(self, wanted: Snapshot) -> None:
        """Take everything that is wanted and wasn't refused in this very version."""
        delta = diff_snapshots(self.has, wanted)
        for resource in delta.upserts:
            if self.refused.get(resource.key) != resource.version:
                self.has[resource.key] = resource
        for key in delta.removals:
            del self.has[key]

    def lags(self, wanted: Snapshot) -> SnapshotDelta:
        return diff_snapshots(self.has, wanted)


class FakeFleet:
    def __init__(self, locations: dict[str, tuple[str, ...]], *, prompt: bool = True) -> None:
        self.edges = [FakeEdge(name, location) for location, names in locations.items() for name in names]
        self.wanted: dict[str, dict[ResourceKey, Resource]] = {}
        self.prompt = prompt
        """Whether edges take everything at once."""
        self.published = 0

    def publish(self, group: str, delta: SnapshotDelta) -> None:
        wanted = self.wanted[group]
        wanted.update({resource.key: resource for resource in delta.upserts})
        for key in delta.removals:
            del wanted[key]
        self._publish(group)

    def replace(self, group: str, snapshot: Snapshot) -> None:
        self.wanted[group] = dict(snapshot)
        self._publish(group)

    async def programmed(self, group: str, deadline_s: float) -> bool:  # noqa: ARG002
        return all(not self._lag(edge) for edge in self.edges if edge.location == group and edge.connected)

    def statuses(self) -> tuple[EdgeStatus, ...]:
        return tuple(self._status(edge) for edge in self.edges)

    def forget(self) -> None:
        """Control died: edges keep what they have, and nobody knows what they should have."""
        self.wanted = {}

    def _publish(self, group: str) -> None:
        self.published += 1
        if self.prompt:
            for edge in self.edges:
                if edge.location == group and edge.connected:
                    edge.deliver(self.wanted[group])

    def _lag(self, edge: FakeEdge) -> SnapshotDelta:
        return edge.lags(self.wanted.get(edge.location, {}))

    def _status(self, edge: FakeEdge) -> EdgeStatus:
        lag = self._lag(edge)
        keys = [resource.key for resource in lag.upserts if edge.refused.get(resource.key) == resource.version]
        nacks = tuple(Nack(edge.name, key.type, "refused", (key,)) for key in keys)
        return EdgeStatus(
            name=edge.name,
            location=edge.location,
            state=EdgeState.CONNECTED if edge.connected else EdgeState.DISCONNECTED,
            since=0.0,
            pending=len(lag.upserts) + len(lag.removals) - len(nacks),
            nacks=nacks,
            holding=self._hold(edge) if edge.connected else None,
        )

    def _hold(self, edge: FakeEdge) -> EdgeHolding:
        """Whatever differs has always done so."""
        wanted, lag = self.wanted.get(edge.location, {}), self._lag(edge)
        differing = (*(resource.key for resource in lag.upserts), *lag.removals)
        return EdgeHolding(
            has=str(_digest(edge.has)),
            should=str(_digest(wanted)),
            count=len(wanted),
            differing_count=len(differing),
            differing=differing,
            types=frozenset(key.type for key in differing),
            since=0.0 if differing else None,
        )


def _digest(snapshot: Snapshot) -> ResourceDigest:
    digest = ResourceDigest()
    for key, resource in snapshot.items():
        digest.add(key, resource.version)
    return digest


class FakeCanary:
    def __init__(self) -> None:
        self.complaint = ""
        self.asked = 0

    async def prove(self, snapshot: Snapshot) -> Proof:
        self.asked += 1
        if not self.complaint:
            return Proof()
        key = next(iter(snapshot))
        return Proof((Nack("canary", key.type, self.complaint, (key,)),))
