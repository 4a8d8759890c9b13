"""How long an edge's answers take lately: percentiles from counts in buckets that are forgotten little by little."""

from dataclasses import dataclass, field
from math import exp, inf
from typing import Final

from holdfast.model.telemetry import Latencies

MEMORY_S: Final = 10.0
"""After so long, an answer counts for a third."""
ANSWERS_MIN: Final = 1.0
"""With fewer answers left, nothing is said."""


@dataclass(slots=True)
class LatencyMeter:
    """Counts of answers by the upper bounds of their buckets, in seconds."""

    _counts: dict[float, float] = field(default_factory=dict)

    def take(self, latencies: Latencies, covered_s: float) -> None:
        """Add what was counted in the last `covered_s` seconds."""
        kept = exp(-covered_s / MEMORY_S)
        self._counts = {bound: count * kept for bound, count in self._counts.items()}
        for bound, count in zip(latencies.bounds_s, latencies.counts, strict=True):
            self._counts[bound] = self._counts.get(bound, 0.0) + count

    def percentile(self, share: float) -> float | None:
        """The time (seconds) that this share of answers took at most, as if they lay evenly within their bucket.

        None where too few were counted, and for what lies beyond the last bound.
        """
        whole = sum(self._counts.values())
        if whole < ANSWERS_MIN:
            return None
        below, passed = 0.0, 0.0
        for bound in sorted(self._counts):
            count = self._counts[bound]
            if passed + count >= share * whole and count > 0:
                return None if bound == inf else below + (bound - below) * (share * whole - passed) / count
            below, passed = bound, passed + count
        return None
