"""How much somebody may send: so much a second on average, and some seconds' worth at once."""

from dataclasses import dataclass


@dataclass
class Allowance:
    """A token bucket. Times are of any steady clock, in seconds."""

    per_s: float
    burst_s: float
    _left: float = -1.0
    _at: float = 0.0

    def spend(self, now: float, amount: float = 1.0) -> bool:
        """Whether so much is still allowed; if so, it is spent."""
        full = self.per_s * self.burst_s
        self._left = full if self._left < 0 else min(full, self._left + (now - self._at) * self.per_s)
        self._at = now
        if self._left < amount:
            return False
        self._left -= amount
        return True
