"""Who used the edges' cores: the edges themselves, or strangers, whose work would be taken for the edges' weakness."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psutil

from holdfast.drills.stage.machine import read_cpu_s

if TYPE_CHECKING:
    from collections.abc import Sequence

STRANGERS_MAX: Final = 0.15
"""Of the edges' cores: if other programs took more, what was measured is their doing."""


@dataclass(frozen=True, slots=True)
class CoreUse:
    """CPU time over the time that passed, of the edges' own cores: what edges used, and what others did there."""

    edges: float
    strangers: float


class CoreMeter:
    """Measures from when it is made. Where no core is set apart, strangers can't be told."""

    def __init__(self, cores: frozenset[int], edge_pids: Sequence[int]) -> None:
        self._cores = cores
        self._edge_pids = edge_pids
        self._began_s = time.monotonic()
        self._edges_s = read_cpu_s(edge_pids)
        self._busy_s = _read_busy_s(cores)

    def read(self) -> CoreUse:
        """Since it was made."""
        passed_s = time.monotonic() - self._began_s
        edges_s = read_cpu_s(self._edge_pids) - self._edges_s
        strangers_s = max(0.0, _read_busy_s(self._cores) - self._busy_s - edges_s) if self._cores else 0.0
        return CoreUse(edges_s / passed_s, strangers_s / passed_s)


def _read_busy_s(cores: frozenset[int]) -> float:
    """Time that programs used on these cores so far; what the kernel does for the network isn't anybody's."""
    times = psutil.cpu_times(percpu=True)
    return sum(times[core].user + times[core].nice + times[core].system for core in cores)
