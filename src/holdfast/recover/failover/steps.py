"""What the policy of failover may do: each step becomes a command, as people give it."""

from dataclasses import dataclass

from holdfast.model.finding import Finding, FindingId
from holdfast.model.mitigation import FailOver, MitigationId


@dataclass(frozen=True, slots=True)
class Note:
    """Note that an upstream or a site is lost."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class Over:
    """Note that it no longer is."""

    finding: FindingId
    why: str


@dataclass(frozen=True, slots=True)
class Move:
    """Send requests to a standby, on some edges or on all; it answers the finding of this key."""

    measure: FailOver
    why: str
    finding: tuple[str, str]
    edges: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Suggest:
    """Tell people what would be done about the finding of this key."""

    measure: FailOver
    why: str
    finding: tuple[str, str]
    edges: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Make a move in force another: of another share, on more edges, or just for longer (`for_s` from now)."""

    id: MitigationId
    measure: FailOver
    why: str
    edges: tuple[str, ...] | None
    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """End a move: all requests go to the primary again."""

    id: MitigationId
    why: str


Moving = Move | Suggest | Change
Step = Note | Over | Moving | Return
