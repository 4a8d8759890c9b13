"""How services come back after an outage: one after the other, and each a little more at a time."""

from dataclasses import dataclass
from enum import StrEnum

from holdfast.model.mitigation import MitigationId


class Stage(StrEnum):
    """How far back a service is."""

    HELD = "held"
    RAMPING = "ramping"


class Health(StrEnum):
    """How a service takes what it is sent."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Returning:
    """A service on its way back, as its hold says. Times are Unix, in seconds.

    `let_in_rps` is what it is let in for now, None while it is held. `pinned`: people release it, nobody else does.
    """

    service: str
    hold: MitigationId
    began_at: float
    changed_at: float
    expires_at: float
    let_in_rps: float | None
    pinned: bool
    author: str
    reason: str
    edges: tuple[str, ...] | None = None

    @property
    def stage(self) -> Stage:
        """How far back it is."""
        return Stage.HELD if self.let_in_rps is None else Stage.RAMPING


@dataclass(frozen=True, slots=True)
class Place:
    """What is declared of a service, and known of it, as far as it matters on the way back.

    `rank` counts from 0, the most critical class. `usual_rps` is what it is asked for at its peaks, 0 if that isn't
    known. `shares` are what it has in common with others that come back: names of locations and sites.
    """

    rank: int
    depends_on: tuple[str, ...] = ()
    usual_rps: float = 0.0
    shares: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """How a service is now: `answers` is what its probes say (None: nobody asked), rates are per second.

    `is_pending`: it has probes, and they weren't asked yet. `failing` and `slow` are shares of what was admitted.
    """

    answers: bool | None = None
    why: str = ""
    offered_rps: float = 0.0
    admitted_rps: float = 0.0
    refused_rps: float = 0.0
    failing: float = 0.0
    slow: float = 0.0
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a service on its way back waits for, and how it is, for people to read."""

    service: str
    waits_for: str
    health: Health
    stuck: bool
