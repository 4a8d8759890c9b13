"""One service's deliveries: how many may be sent now, what was claimed for it, and whether its clock stands still."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from holdfast.model.spool import Message
from holdfast.spool.backoff import DOWN_S_MAX, back_off_s, held_up_s, pause_s
from holdfast.spool.ramp import Ramp

ASKED_S_MAX: Final = 30.0
"""The longest that one answer may have everybody else wait; its own message waits for as long as it says."""
BLAMED_MAX: Final = 10_000
CLAIM_MIN: Final = 4
CLAIM_MAX: Final = 128


@dataclass(slots=True)
class Lane:
    """Towards one service. Times are by a clock that nobody sets, in seconds."""

    service: str
    ramp: Ramp = field(default_factory=Ramp)
    claimed: deque[Message] = field(default_factory=deque)
    """For delivery, in order."""
    in_flight: int = 0
    resting: int = 0
    """Slots whose message was answered, and that stay empty for a while."""
    unsettled: int = 0
    """Answered, and not written down yet."""
    has_work: bool = True
    """Whether the store may have something for it."""
    is_claiming: bool = False
    paused_until: float = 0.0
    held_up: int = 0
    """How often in a row it was our own doing that nothing was taken."""
    held_up_since: float | None = None
    delivered: int = 0
    """Since the process began."""
    blamed: Counter[str] = field(default_factory=Counter)
    """How often each message failed right after another was taken, so that it may be its own fault."""

    def has_room(self, now: float) -> bool:
        """Whether one more message may be sent."""
        slots = 1 if self.is_failing else self.ramp.slots
        is_behind = self.unsettled > CLAIM_MAX + slots
        return now >= self.paused_until and self.in_flight + self.resting < slots and not is_behind

    @property
    def claimed_bytes(self) -> int:
        """Bytes of the bodies that were claimed and aren't sent yet."""
        return sum(len(message.body) for message in self.claimed)

    @property
    def is_failing(self) -> bool:
        """Whether the last that was heard of the upstream wasn't that it took something."""
        return self.ramp.failures > 0 or self.held_up > 0

    def wants_more(self, now: float) -> bool:
        """Whether to claim: ahead of what is sent, so that nobody waits for the store, but not far ahead."""
        is_ready = self.has_work and not self.is_claiming and now >= self.paused_until
        return is_ready and len(self.claimed) < self.claims

    @property
    def claims(self) -> int:
        """How many messages to claim at once: few, so that what comes later and is more urgent isn't kept waiting."""
        return 1 if self.is_failing else min(CLAIM_MAX, max(CLAIM_MIN, self.ramp.slots))

    @property
    def rate(self) -> float:
        """So many are delivered in a second, about; 0 where that isn't known."""
        return self.ramp.target / self.ramp.quickest_s if self.ramp.quickest_s else 0.0

    def note_taken(self, message: Message, took_s: float, in_flight: int, now: float) -> None:
        """The upstream answered, whatever it thinks of the message; so many were in flight when it was sent."""
        self.ramp.take_answer(took_s, in_flight, now)
        self.blamed.pop(message.id, None)
        self.held_up = 0

    def note_failed(self, message: Message, retry_after_s: float, now: float, chance: float) -> float:
        """The upstream failed; how many seconds this message waits.

        Where the upstream takes nobody's, what it is sent soon finds out when it does again: who was tried meanwhile
        mustn't wait for long after it.
        """
        if self.ramp.failures:
            due_s = back_off_s(message.attempts + 1, chance, retry_after_s, DOWN_S_MAX)
        else:
            due_s = back_off_s(self._blame(message), chance, retry_after_s)
        self.ramp.take_failure(now)
        self.held_up = 0
        asked_s = min(retry_after_s, ASKED_S_MAX)
        self.paused_until = max(self.paused_until, now + max(pause_s(self.ramp.failures, chance), asked_s))
        return due_s

    def _blame(self, message: Message) -> int:
        if len(self.blamed) >= BLAMED_MAX:
            self.blamed.clear()
        self.blamed[message.id] += 1
        return self.blamed[message.id]

    def note_held_up(self, now: float, chance: float, *, is_crowded: bool) -> None:
        """We don't let it through, or can't."""
        if is_crowded:
            self.ramp.take_failure(now)
        self.held_up += 1
        self.held_up_since = now if self.held_up_since is None else self.held_up_since
        self.paused_until = max(self.paused_until, now + held_up_s(self.held_up, chance))

    def take_lost_s(self, now: float) -> float:
        """How long its clock stood still since this was last asked."""
        if self.held_up_since is None:
            return 0.0
        lost_s = now - self.held_up_since
        self.held_up_since = now if self.held_up else None
        return lost_s
