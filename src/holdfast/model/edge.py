"""Edges as control sees them."""

from dataclasses import dataclass, field
from enum import StrEnum

from holdfast.model.resource import ResourceKey, ResourceType


class EdgeState(StrEnum):
    """Whether an edge is known to run what it should."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class Nack:
    """An edge's refusal of resources, in Envoy's words."""

    edge: str
    type: ResourceType
    message: str
    resources: tuple[ResourceKey, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeHolding:
    """What a connected edge acknowledged, beside what it should have, as digests of all resources in their versions.

    `differing` are some of the `differing_count` resources that it lacks, has in another version, or shouldn't have;
    `types` are the types of all of them. `since` is how long at least something has differed without a break (Unix
    time, in seconds), None if nothing does.
    """

    has: str
    should: str
    count: int
    differing_count: int = 0
    differing: tuple[ResourceKey, ...] = ()
    types: frozenset[ResourceType] = frozenset()
    since: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the edge has all that it should, and nothing else: its digest proves it."""
        return self.has == self.should


@dataclass(frozen=True, slots=True)
class EdgeStatus:
    """One edge: its location, whether it is connected, and how much of what was sent it has acknowledged.

    `holding` is None until it has said what it has.
    """

    name: str
    location: str
    state: EdgeState
    since: float
    pending: int = 0
    nacks: tuple[Nack, ...] = field(default=())
    holding: EdgeHolding | None = None

    @property
    def programmed(self) -> bool:
        """Whether the edge has acknowledged everything it was given."""
        return self.state is EdgeState.CONNECTED and not self.pending and not self.nacks


@dataclass(frozen=True, slots=True)
class Proof:
    """What a canary Envoy said of a revision: proved if it refused nothing."""

    nacks: tuple[Nack, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether the canary acknowledged everything."""
        return not self.nacks
