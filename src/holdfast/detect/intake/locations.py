"""Locations: what they carry, how near that is to what they can carry, and where it is going."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.detect.findings import Sighting
from holdfast.detect.intake.edges import Edge
from holdfast.detect.traits import LocationTraits
from holdfast.model.finding import Evidence, FindingKind, Tier
from holdfast.model.reading import LocationReading
from holdfast.model.telemetry import METRICS, Counts, Metric

NEAR: Final = 0.8
"""From this share of a capacity on, a location is near it: tier 1."""
FULL: Final = 0.95
"""From this share on, or when it sheds while it is near, a location is full: tier 2."""
CLEARED: Final = 0.7
"""Down to this share, what was near stays so."""
HELD_S: Final = 2.0
"""It must be so for so long."""
SHED_SHARE: Final = 0.01
NOW_S: Final = 2.0
USUAL_S: Final = 300.0
RESOURCES: Final = ("requests", "in-flight", "connections", "cpu")


@dataclass(slots=True)
class Location:
    """One location's averages, in requests per second, and the shares of its capacities that are used."""

    name: str
    traits: LocationTraits
    tick: NDArray[np.float64] = field(default_factory=lambda: np.zeros(METRICS))
    now: NDArray[np.float64] = field(default_factory=lambda: np.zeros(METRICS))
    usual: NDArray[np.float64] = field(default_factory=lambda: np.zeros(METRICS))
    used: dict[str, float] = field(default_factory=lambda: dict.fromkeys(RESOURCES, 0.0))
    counts: NDArray[np.float64] = field(default_factory=lambda: np.zeros(METRICS))
    """Of the tick that was closed last."""
    tick_s: float = 0.0
    watched_s: float = 0.0
    near_s: float = 0.0
    full_s: float = 0.0
    in_flight: int = 0
    connections: int = 0
    connections_per_s: float = 0.0

    def count(self, counts: Counts, covered_s: float) -> None:
        """Add what a report of an edge counts, over `covered_s` of the edge's time."""
        self.tick += np.maximum(counts, 0).sum(axis=0)
        self.tick_s += covered_s

    def close_tick(self, edges: Sequence[Edge], tick_s: float) -> None:
        """Move on by a tick."""
        self.counts = self.tick.copy()
        if self.tick_s > 0:
            watched_s = self.tick_s / max(1, sum(not edge.gone for edge in edges))
            self.watched_s += watched_s
            _average(self.now, self.tick, watched_s, min(NOW_S, self.watched_s))
            _average(self.usual, self.tick, watched_s, min(USUAL_S, self.watched_s))
        self.tick[:] = 0
        self.tick_s = 0.0
        seen = [edge for edge in edges if edge.heard and not edge.blind]
        self.in_flight = sum(edge.figures.in_flight for edge in seen)
        self.connections = sum(edge.figures.connections for edge in seen)
        self.connections_per_s = sum(edge.connections_per_s for edge in seen)
        capacity = self.traits.capacity
        self.used = {
            "requests": float(self.now[Metric.ADMITTED]) / capacity.requests,
            "in-flight": self.in_flight / capacity.in_flight,
            "connections": self.connections / capacity.connections,
            "cpu": max((edge.cpu for edge in seen), default=0.0) / self.traits.edge_cores,
        }
        most = max(self.used.values())
        shed = self.now[Metric.SHED] > SHED_SHARE * self.now[Metric.OFFERED]
        self.near_s = self.near_s + tick_s if most >= NEAR else 0.0
        self.full_s = self.full_s + tick_s if most >= FULL or (most >= NEAR and shed) else 0.0

    def sight(self, now: float) -> Iterator[Sighting]:
        """Whether the location is near its capacity."""
        resource = max(self.used, key=lambda name: self.used[name])
        most = self.used[resource]
        if most < CLEARED:
            return
        full = self.full_s >= HELD_S
        harms = [f"{name} at {share:.0%} of the capacity" for name, share in self.used.items() if share >= NEAR]
        if full and self.now[Metric.SHED] > SHED_SHARE * self.now[Metric.OFFERED]:
            harms.append(f"{self.now[Metric.SHED]:.0f} requests/s are shed")
        yield Sighting(
            kind=FindingKind.SATURATION,
            tier=Tier.HARMFUL if full else Tier.UNUSUAL,
            evidence=Evidence(
                now=round(most, 4),
                usual=round(float(self.usual[Metric.ADMITTED]) / self.traits.capacity.requests, 4),
                capacity=1.0,
                score=round(most / NEAR, 3),
                threshold=1.0,
                harms=tuple(harms),
            ),
            began_at=now - max(self.near_s, self.full_s),
            clear=self.near_s >= HELD_S or full,
            location=self.name,
        )

    def read(self, edges: Iterable[Edge]) -> LocationReading:
        """The location as people are shown it."""
        edges = tuple(edges)
        return LocationReading(
            location=self.name,
            offered_rps=float(self.now[Metric.OFFERED]),
            admitted_rps=float(self.now[Metric.ADMITTED]),
            usual_rps=float(self.usual[Metric.OFFERED]),
            in_flight=self.in_flight,
            connections=self.connections,
            new_connections_per_s=self.connections_per_s,
            used=dict(self.used),
            edges=tuple(edge.name for edge in edges),
            blind_edges=tuple(edge.name for edge in edges if edge.blind),
        )


def keep_locations(before: Mapping[str, Location], traits: Mapping[str, LocationTraits]) -> dict[str, Location]:
    """These locations, with what is known of those that stay."""
    kept = {name: before.get(name) or Location(name, one) for name, one in traits.items()}
    for name, one in traits.items():
        kept[name].traits = one
    return kept


def _average(rates: NDArray[np.float64], counts: NDArray[np.float64], watched_s: float, over_s: float) -> None:
    share = 1 - exp(-watched_s / max(over_s, watched_s))
    rates += (counts / watched_s - rates) * share
