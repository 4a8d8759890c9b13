"""Whether clients are told that a service only reads: by the refusals of their writes, and beside what they read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holdfast.compile.names import READING_HEADER
from holdfast.model.inner import CAUSE_HEADER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holdfast.drills.provider_loss.probers import Probe

READ_ONLY: Final = "read-only"
UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class Told:
    """Probes while a service only read: writes refused as they should be, and reads that were answered and marked."""

    writes: int = 0
    writes_told: int = 0
    reads: int = 0
    reads_marked: int = 0

    def __add__(self, other: Told) -> Told:
        """Both together."""
        return Told(
            self.writes + other.writes,
            self.writes_told + other.writes_told,
            self.reads + other.reads,
            self.reads_marked + other.reads_marked,
        )


def count_told(probes: Sequence[Probe], start_ns: int, end_ns: int) -> Told:
    """Count probes that were asked within a time, moments of CLOCK_MONOTONIC."""
    within = [probe for probe in probes if start_ns <= probe.answer.asked_ns < end_ns]
    writes = [probe for probe in within if probe.is_write]
    reads = [probe for probe in within if not probe.is_write and probe.answer.is_good]
    return Told(len(writes), sum(map(_is_told, writes)), len(reads), sum(map(_is_marked, reads)))


def _is_told(probe: Probe) -> bool:
    """Refused with 503, with the cause, and when to try again."""
    headers = probe.answer.headers
    cause = headers.get(CAUSE_HEADER, "")
    return probe.answer.status == UNAVAILABLE and cause == READ_ONLY and "retry-after" in headers


def _is_marked(probe: Probe) -> bool:
    return READING_HEADER in probe.answer.headers
