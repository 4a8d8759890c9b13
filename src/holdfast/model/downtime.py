"""How long components were down or degraded, measured from traffic, and that traffic."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from holdfast.model.day import Day

Floats = NDArray[np.float64]


class Standing(IntEnum):
    """How a service or component did for a while; the worse, the higher."""

    UNKNOWN = 0
    """Nobody asked, or nobody measured."""
    UP = 1
    DEGRADED = 2
    DOWN = 3


@dataclass(frozen=True, slots=True)
class DayTally:
    """One day (UTC) of one component or tenant in one region, in seconds; what wasn't up, degraded or down is unknown.

    What fell into announced maintenance is in `maintenance_s` and nowhere else; drills count as up.
    """

    day: Day
    up_s: float = 0.0
    degraded_s: float = 0.0
    down_s: float = 0.0
    maintenance_s: float = 0.0

    @property
    def uptime(self) -> float | None:
        """The share of the known time outside maintenance in which it wasn't down; None if nothing is known."""
        known_s = self.up_s + self.degraded_s + self.down_s
        return None if not known_s else 1.0 - self.down_s / known_s


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time (Unix, in seconds) in which something stood the same, with the requests that say so."""

    began_at: float
    ended_at: float
    standing: Standing
    requests: float
    failed: float


@dataclass(frozen=True, slots=True, eq=False)
class TrafficSeries:
    """Requests a second of some services together; all arrays have the shape (steps,).

    `at` is when each step begins (Unix time, in seconds). `usual` is the mean at this time of other days, or of the
    time before, NaN where nothing is known.
    """

    at: Floats
    step_s: float
    offered: Floats
    refused: Floats
    """By limits, walls and mitigations."""
    failed: Floats
    usual: Floats


class Accounts(Protocol):
    """What was measured. Nothing here changes afterwards, but for what later maintenance or drills take out."""

    def list_days(self, component: str, region: str | None, days: int) -> Sequence[DayTally]:
        """The latest days of a component, oldest first, today last; in a region, or the worst of all regions."""

    def list_tenant_days(self, tenant: str, region: str | None, days: int) -> Sequence[DayTally]:
        """The same for all of a tenant's services together."""

    def list_stretches(
        self, services: Sequence[str], region: str | None, began_at: float, ended_at: float
    ) -> Sequence[Stretch]:
        """How services did together between two times, in order, without what was up or unknown."""

    def read_standing(self, component: str, region: str) -> Standing:
        """How a component does now."""

    def read_series(
        self,
        services: Sequence[str],
        regions: Sequence[str],
        began_at: float,
        ended_at: float,
        usual_until: float | None = None,
    ) -> TrafficSeries:
        """The traffic of services (of all together) in regions (none: all), in steps of at least 5 s, 2,000 at most.

        What was usual in the hour before `usual_until` (None: `began_at`) stands in where no other day is known.
        """
