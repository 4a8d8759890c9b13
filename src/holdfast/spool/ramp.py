"""How many messages a service's upstream is sent at a time, so that one that has just come back keeps room.

How many it can work on at once isn't known, so it is found by trying: for a moment more are sent at a time. By Little's
law, what is in flight is the rate times the time an answer takes; so where that time is r times what it is with less
in flight, only 1/r of what was in flight was worked on, and the rest stood in line. That share is the room that the
upstream has, as far as it was seen: `ceiling`. SHARE of it is what is used, so the upstream is busy for about that
share of what it can do. Where that is less than one message, the one that is sent is followed by a rest.

A trial is compared with what was measured right before it, since the machines and networks in between have their own
ups and downs.
"""

from dataclasses import dataclass, field
from math import ceil
from statistics import median
from typing import Final

SHARE: Final = 0.7
SLOW: Final = 3.0
"""Answers that take so many times what they took at their quickest: others use what the upstream has."""
STEP_BACK: Final = 0.85
CEILING_MAX: Final = 256.0
GROWTH_MAX: Final = 1.5
GROWTH_MIN: Final = 1.1
FOUND: Final = 1.05
"""Room is found where there is so many times what was known of."""
TRY_S: Final = 0.25
TRY_S_MAX: Final = 20.0
"""Between two trials; doubled by every one that finds no more room."""
FAILED_S: Final = 2.0
"""Until the next trial after a failure, at most: what was known of the upstream may no longer be so."""
SAMPLES_MIN: Final = 24
SAMPLES_MAX: Final = 256
FORGET: Final = 1.005
"""By so much the quickest rises with each median after it, so that what was quick once isn't asked for for ever."""


@dataclass(slots=True)
class Ramp:
    """Towards one upstream. All times are in seconds."""

    ceiling: float = 1.0
    growth: float = GROWTH_MAX
    quickest_s: float | None = None
    """The least median that answers took."""
    usual_s: float = 0.0
    """The latest, while nothing was tried."""
    failures: int = 0
    """In a row."""
    _trying: float | None = None
    _try_at: float = 0.0
    _pause_s: float = TRY_S
    _samples: list[float] = field(default_factory=list)
    _in_flight: float = 0.0
    _skip: int = 0

    @property
    def target(self) -> float:
        """How many should be in flight on average."""
        return self._trying if self._trying is not None else SHARE * self.ceiling

    @property
    def slots(self) -> int:
        """The most that may be in flight."""
        return max(1, ceil(self.target))

    def rest_s(self, took_s: float) -> float:
        """How long the slot of a message that took so long stays empty."""
        return max(0.0, took_s * (self.slots / self.target - 1.0))

    def take_answer(self, took_s: float, in_flight: int, now: float) -> None:
        """An answer came, after so long; so many were in flight when it was asked for, itself included."""
        self.failures = 0
        if self._skip > 0:
            self._skip -= 1
            return
        self._samples.append(took_s)
        self._in_flight += in_flight
        if len(self._samples) >= min(SAMPLES_MAX, max(SAMPLES_MIN, 2 * self.slots)):
            typical_s, in_flight_mean = median(self._samples), self._in_flight / len(self._samples)
            self._restart()
            if self._trying is None:
                self._note_usual(typical_s, now)
            else:
                self._judge_trial(in_flight_mean, typical_s, now)

    def take_failure(self, now: float) -> None:
        """The upstream failed, or had no room: half as many from now on."""
        self.failures += 1
        self.ceiling = max(1.0, self.ceiling / 2)
        if self._trying is not None:
            self._end_trial(now, found=False)
            return
        self._pause_s = min(self._pause_s, FAILED_S)
        self._try_at = now + self._pause_s
        self._restart()

    def _note_usual(self, typical_s: float, now: float) -> None:
        self.usual_s = typical_s
        self.quickest_s = typical_s if self.quickest_s is None else min(self.quickest_s * FORGET, typical_s)
        if typical_s > SLOW * self.quickest_s:
            self.ceiling = max(1.0, self.ceiling * STEP_BACK)
        elif now >= self._try_at:
            self._trying = min(CEILING_MAX, float(ceil(max(self.ceiling * self.growth, self.ceiling + 1.0))))
            self._restart()

    def _judge_trial(self, in_flight: float, typical_s: float, now: float) -> None:
        room = in_flight / max(1.0, typical_s / self.usual_s)
        found = room > FOUND * self.ceiling
        if room > self.ceiling:
            self.ceiling = min(CEILING_MAX, room)
        elif in_flight > self.ceiling:
            self.ceiling = max(1.0, (self.ceiling + room) / 2)
        self._end_trial(now, found=found)

    def _end_trial(self, now: float, *, found: bool) -> None:
        if found:
            self.growth = min(GROWTH_MAX, self.growth * GROWTH_MIN)
            self._pause_s = TRY_S
        else:
            self.growth = max(GROWTH_MIN, 1.0 + (self.growth - 1.0) / 2)
            self._pause_s = min(TRY_S_MAX, self._pause_s * 2)
        self._try_at = now + self._pause_s
        self._trying = None
        self._restart()

    def _restart(self) -> None:
        """Count anew; answers to what was sent before the change don't count."""
        self._samples.clear()
        self._in_flight = 0.0
        self._skip = 2 * self.slots
