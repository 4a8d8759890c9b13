"""Measurements in turn, A B A B, so that what the machine does meanwhile falls on all alike."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

CPUCLOCK_SCHED = 2


@dataclass(frozen=True, slots=True)
class Samples:
    """What repeated measurements of one thing gave, in the order they were made; at least one."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        """The lowest."""
        return min(self.values)

    @property
    def most(self) -> float:
        """The highest."""
        return max(self.values)


def divide(over: Samples, under: Samples) -> Samples:
    """Ratios of measurements made in the same round; ValueError unless there are as many of both."""
    return Samples(tuple(a / b for a, b in zip(over.values, under.values, strict=True)))


async def interleave(rounds: int, measures: Mapping[str, Callable[[], Awaitable[float]]]) -> dict[str, Samples]:
    """Each measure once a round, every second round backwards, after one round that isn't counted."""
    values: dict[str, list[float]] = {name: [] for name in measures}
    for turn in range(rounds + 1):
        names = list(measures) if turn % 2 else list(measures)[::-1]
        for name in names:
            value = await measures[name]()
            if turn:
                values[name].append(value)
    return {name: Samples(tuple(found)) for name, found in values.items()}


def read_cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has had, in user mode and in the kernel, all threads; exact to 1 ns.

    The same account as utime + stime in proc(5), without its rounding to ticks. OSError if there is no such process.
    """
    return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)
