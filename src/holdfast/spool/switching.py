"""The sticky switch of one service: whether its deferrable requests go to the upstream or all of them to the spool.

Invariant: while any edge may route directly to the upstream, the spool owes nothing that has an order: whatever it
acknowledged of that kind is delivered. So what a client sends after an acknowledgement never overtakes what was
acknowledged. It holds because

- an ordered message is acknowledged while `SPOOLING` only, or once it is delivered;
- `SPOOLING` begins when every edge has switched, and `RELEASING`, in which they may switch back, only when nothing is
  owed any more;
- from `CLOSING` on nothing new comes to be owed: everything is acknowledged after its delivery.

Edges are switched by control, which may die, be late, or speak of what was wanted before. So every wish has a number,
its `turn`, and what control says counts only where it is about the latest. `SPOOLING` must be remembered durably
before it is acted on, and be forgotten durably before `RELEASING` is told to anybody: see `is_open`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

STAY_S: Final = 2.0
"""The least time between two attempts at closing; doubled with every one that fails, up to STAY_S_MAX."""
STAY_S_MAX: Final = 60.0
CLOSING_S: Final = 0.5
"""For so long, at least, messages are delivered one by one before edges may switch back."""
FEW: Final = 32
"""With so many waiting, or fewer than are delivered in half a second, the backlog is as good as gone."""
SOON: Final = 4
"""With so many waiting that have an order, or fewer than are delivered in half of HELD_S_MAX, it may close: what comes
then waits behind them, and mustn't have it opened again at once."""
HELD_MAX: Final = 256
HELD_S_MAX: Final = 0.3
"""More that wait for their delivery, or one that waits for longer, show that the upstream doesn't keep up: the spool
opens again. Edges give up a try after a second or so, and clients wait meanwhile."""


class Phase(StrEnum):
    """Where the switch is. Two of them mean that edges are on their way: to the spool, and back."""

    DIRECT = "direct"
    OPENING = "opening"
    SPOOLING = "spooling"
    CLOSING = "closing"
    RELEASING = "releasing"


class Position(StrEnum):
    """How edges are switched, as control knows it: all to the spool, all directly, or neither."""

    OPEN = "open"
    MOVING = "moving"
    CLOSED = "closed"


class Hold(StrEnum):
    """What the acknowledgement of a message that is durable waits for."""

    NOTHING = "nothing"
    SWITCH = "switch"
    """That every edge has switched, or that it is delivered."""
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Switch:
    """The switch of one service. `since` is when its phase began, by the same clock as every `now` here, in seconds."""

    phase: Phase = Phase.DIRECT
    turn: int = 0
    since: float = 0.0
    pinned: bool = False
    """Somebody wants it open until they say otherwise."""
    failed_closings: int = 0

    @property
    def wants_open(self) -> bool:
        """Whether edges should be switched to the spool."""
        return self.phase in {Phase.OPENING, Phase.SPOOLING, Phase.CLOSING}

    @property
    def is_open(self) -> bool:
        """Whether every edge is switched, and none may switch back: to be remembered across a crash."""
        return self.phase in {Phase.SPOOLING, Phase.CLOSING}


@dataclass(frozen=True, slots=True)
class Load:
    """What is known of the spool's part for a service.

    Of those waiting, `ordered` have an order. `owed` counts what was acknowledged before it began to close, has an
    order and isn't delivered; it may be too high, never too low. `held` counts acknowledgements that wait, the oldest
    for `held_for_s`. `few` is how many waiting, and `soon` how many ordered ones, are as good as none.
    """

    waiting: int
    owed: int
    held: int
    is_failing: bool
    few: int = FEW
    held_for_s: float = 0.0
    ordered: int = 0
    soon: int = SOON

    @property
    def is_small(self) -> bool:
        """Whether what waits is as good as nothing."""
        return self.waiting <= self.few and self.ordered <= self.soon

    @property
    def is_late(self) -> bool:
        """Whether the upstream takes too long for clients to wait for it."""
        return self.is_failing or self.held > HELD_MAX or self.held_for_s > HELD_S_MAX


def resume_switch(*, was_open: bool, waiting: int, now: float) -> Switch:
    """The switch of a service after a restart. Nothing that waits can be owed if it wasn't open."""
    if was_open:
        return Switch(Phase.SPOOLING, turn=1, since=now)
    return Switch(Phase.OPENING, turn=1, since=now) if waiting else Switch(since=now)


def take_arrival(switch: Switch, now: float, *, ordered: bool) -> tuple[Switch, Hold]:
    """Decide about a message that was made durable just now."""
    if switch.phase is Phase.DIRECT:
        switch = _enter(switch, Phase.OPENING, now)
    match switch.phase:
        case Phase.SPOOLING:
            return switch, Hold.NOTHING
        case Phase.OPENING:
            return switch, Hold.SWITCH if ordered else Hold.NOTHING
        case _:
            return switch, Hold.DELIVERY if ordered else Hold.NOTHING


def take_failure(switch: Switch, now: float) -> Switch:
    """The upstream didn't take a message."""
    match switch.phase:
        case Phase.CLOSING:
            return _reopen(switch, Phase.SPOOLING, now)
        case Phase.RELEASING:
            return _reopen(switch, Phase.OPENING, now)
        case _:
            return switch


def take_position(switch: Switch, position: Position, turn: int, now: float, *, pinned: bool) -> Switch:
    """Hear from control how the edges are switched, and which wish it has heard of last."""
    if pinned != switch.pinned:
        switch = replace(switch, pinned=pinned)
    if pinned and switch.phase is Phase.DIRECT:
        return _enter(switch, Phase.OPENING, now)
    if pinned and switch.phase is Phase.RELEASING:
        return _reopen(switch, Phase.OPENING, now)
    if turn != switch.turn:
        return switch
    match switch.phase, position:
        case Phase.OPENING, Position.OPEN:
            return _enter(switch, Phase.SPOOLING, now)
        case ((Phase.SPOOLING | Phase.CLOSING), (Position.MOVING | Position.CLOSED)):
            return _enter(switch, Phase.OPENING, now)
        case _:
            return switch


def look_at_load(switch: Switch, load: Load, position: Position | None, now: float) -> Switch:
    """Go on towards direct routing as far as what is waiting allows; `position` is about the latest turn, or None."""
    stays_s = now - switch.since
    match switch.phase:
        case Phase.SPOOLING if not switch.pinned and not load.is_failing and load.is_small:
            patience_s = min(STAY_S_MAX, STAY_S * 2**switch.failed_closings)
            return _enter(switch, Phase.CLOSING, now) if stays_s >= patience_s else switch
        case Phase.CLOSING if switch.pinned or load.is_late:
            return _reopen(switch, Phase.SPOOLING, now)
        case Phase.CLOSING if load.owed == 0 and stays_s >= CLOSING_S:
            return _enter(switch, Phase.RELEASING, now)
        case Phase.RELEASING if load.held_for_s > HELD_S_MAX:
            return _reopen(switch, Phase.OPENING, now)
        case Phase.RELEASING if position is Position.CLOSED and load.held == 0:
            return replace(_enter(switch, Phase.DIRECT, now), failed_closings=0)
        case _:
            return switch


def _reopen(switch: Switch, phase: Phase, now: float) -> Switch:
    return replace(_enter(switch, phase, now), failed_closings=min(switch.failed_closings + 1, 10))


def _enter(switch: Switch, phase: Phase, now: float) -> Switch:
    """A wish that differs from the one before has a number of its own."""
    after = replace(switch, phase=phase, since=now)
    return replace(after, turn=switch.turn + 1) if after.wants_open != switch.wants_open else after
