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
class EdgeStatus:
    """One edge: its location, whether it is connected, and how much of what was sent it has acknowledged."""

    name: str
    location: str
    state: EdgeState
    since: float
    pending: int = 0
    nacks: tuple[Nack, ...] = field(default=())

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
