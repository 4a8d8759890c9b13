"""What befalls tenants by themselves, and platforms as a whole, without any revision; and what a bad revision does.

Everything is an addition to the shares of requests that go wrong, of some services for some time.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.drills.simulation.population import Floats
from holdfast.drills.simulation.traffic import DAY_S
from holdfast.model.telemetry import Metric

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """From a moment on, for some seconds: the share of these services' requests that goes wrong in ways is greater by
    so much, and `factor` times as many come.
    """

    kind: str
    rows: Rows
    began_s: float
    length_s: float
    shares: dict[Metric, float] = field(default_factory=dict)
    factor: float = 1.0
    extra_rps: float = 0.0
    """Requests besides, all of which go wrong in these ways."""

    def covers(self, now_s: float) -> bool:
        """Whether it goes on."""
        return self.began_s <= now_s < self.began_s + self.length_s


@dataclass(frozen=True, slots=True)
class Kind:
    """Events of tenants by themselves: how often a day, of which shares (drawn evenly by logarithm), how long."""

    name: str
    per_day: float
    metrics: tuple[Metric, ...]
    shares: tuple[float, float] = (1e-9, 1e-9)
    length_s: tuple[float, float] = (5.0, 120.0)
    factors: tuple[float, float] = (1.0, 1.0)
    extra_rps: tuple[float, float] = (0.0, 0.0)


TENANT_KINDS: Final = (
    Kind("errors", 2.0, (Metric.FAILED,), (0.01, 0.3)),
    Kind("outage", 0.1, (Metric.FAILED,), (0.5, 1.0), (10.0, 300.0)),
    Kind("slowness", 2.0, (Metric.SLOW, Metric.SLOWER), (0.05, 0.8)),
    Kind("stall", 0.1, (Metric.SLOW, Metric.SLOWER, Metric.SLOWEST), (0.5, 1.0), (5.0, 60.0)),
    Kind("broken links", 1.0, (Metric.CLIENT_ERRORS,), (0.01, 0.2), (30.0, 600.0)),
    Kind("scanner", 2.0, (Metric.REJECTED,), length_s=(5.0, 60.0), extra_rps=(1.0, 30.0)),
    Kind("crawler", 2.0, (Metric.CLIENT_ERRORS,), length_s=(5.0, 60.0), extra_rps=(1.0, 30.0)),
    Kind("flash crowd", 3.7, (Metric.SLOW,), (0.02, 0.3), (60.0, 600.0), factors=(2.0, 6.0)),
    Kind("overrun limit", 1.0, (Metric.LIMITED,), (0.3, 0.8), (10.0, 120.0), factors=(2.0, 8.0)),
    Kind("silence", 0.3, (), length_s=(10.0, 120.0), factors=(0.01, 0.2)),
)
"""Made up, but for the flash crowds, whose number is that of real traces."""
PLATFORM_KINDS: Final = (
    "nothing",
    "everything fails",
    "shared upstream fails",
    "edge restarts",
    "mitigation in force",
    "drift",
    "location full",
    "everything slow",
)


def draw_tenant_events(members: list[Rows], length_s: float, often: float, random: np.random.Generator) -> list[Event]:
    """What befalls tenants within so many seconds; `members` are each tenant's services."""
    events = []
    for kind in TENANT_KINDS:
        count = random.poisson(kind.per_day * often * len(members) * length_s / DAY_S)
        for tenant in random.integers(0, len(members), count).tolist():
            share = _draw_log(random, kind.shares)
            rows = members[tenant]
            if random.random() < 0.5:
                rows = rows[random.integers(0, len(rows), 1)]
            events.append(
                Event(
                    kind=kind.name,
                    rows=rows,
                    began_s=float(random.uniform(-60.0, length_s)),
                    length_s=_draw_log(random, kind.length_s),
                    shares={metric: share / (1 + number) for number, metric in enumerate(kind.metrics)},
                    factor=_draw_log(random, kind.factors),
                    extra_rps=_draw_log(random, kind.extra_rps) if kind.extra_rps[1] else 0.0,
                )
            )
    return events


def draw_platform_events(
    kind: str, members: list[Rows], services: int, between_s: tuple[float, float], random: np.random.Generator
) -> list[Event]:
    """What befalls a platform as a whole at some moment between two."""
    at, every = float(random.uniform(*between_s)), np.arange(services)
    length_s, share = float(random.uniform(5.0, 60.0)), _draw_log(random, (0.05, 0.95))
    if kind == "everything fails":
        return [Event(kind, every, at, length_s, {Metric.FAILED: share})]
    if kind == "everything slow":
        return [Event(kind, every, at, length_s, {Metric.SLOW: share, Metric.SLOWER: share / 2})]
    if kind == "location full":
        return [Event(kind, every, at, length_s, {Metric.SHED: share / 2, Metric.SLOW: share / 2})]
    if kind == "shared upstream fails":
        hit = max(1, round(len(members) * random.uniform(0.02, 0.2)))
        chosen = random.choice(len(members), hit, replace=False).tolist()
        return [Event(kind, np.concatenate([members[n] for n in chosen]), at, length_s, {Metric.FAILED: share})]
    if kind == "mitigation in force":
        rows = members[int(random.integers(0, len(members)))]
        refused = {Metric.MITIGATED: 0.6, Metric.LIMITED: 0.1, Metric.WALLED: 0.05, Metric.SHED: 0.05}
        return [Event(kind, rows, at, 120.0, refused, factor=float(random.uniform(5, 50)))]
    return []


@dataclass(frozen=True, slots=True)
class Badness:
    """A bad revision: of which part of its services, in which ways, which share of their requests goes wrong."""

    name: str
    shares: dict[Metric, float]
    part: float = 1.0
    of_tenants: int | None = None
    """Only so many tenants' services, each wholly."""
    factor: float = 1.0

    def strike(self, tenant_of: Rows, wave: Rows, at_s: float, random: np.random.Generator) -> Event:
        """What it does to a wave from a moment on."""
        if self.of_tenants is not None:
            tenants = random.permutation(np.unique(tenant_of[wave]))[: self.of_tenants]
            rows = wave[np.isin(tenant_of[wave], tenants)]
        else:
            rows = random.permutation(wave)[: max(1, round(self.part * len(wave)))]
        return Event(self.name, rows, at_s, 1e9, self.shares, self.factor)


def add_shares(shares: Floats, events: list[Event], columns: dict[Metric, int]) -> None:
    """Add what goes on to shares of shape (services, columns), in place."""
    for event in events:
        for metric, share in event.shares.items():
            shares[event.rows, columns[metric]] += share


def _draw_log(random: np.random.Generator, bounds: tuple[float, float]) -> float:
    return float(np.exp(random.uniform(np.log(bounds[0]), np.log(bounds[1]))))
