"""Readings of services, locations and edges at one moment, and charts of the last minutes, for people to look at."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from holdfast.model.telemetry import Metric


@dataclass(frozen=True, slots=True)
class ServiceReading:
    """One service now, over all its locations: rates in requests per second, averaged over about two seconds."""

    service: str
    rates: Mapping[Metric, float]
    """Requests per second by metric; OFFERED is what clients send, refused or not."""
    usual_rps: float
    """What is usually offered."""
    headroom_rps: float | None
    """Beyond this, a surge is harmful; None where nothing bounds it."""
    in_flight: int
    in_flight_max: int
    """At each location."""
    slow_s: float
    """From how long on its answers count as slow; one of `SLOW_S`, the first that they usually keep."""
    score: float
    """How unusual its surge statistic is, as a share of the threshold: from 1 on it is tier 1."""
    learned: bool
    """Whether the watch has seen it for long enough to judge it."""


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """How much is let in now, by name: requests per second, and requests in flight. Arrays of shape (names,)."""

    names: tuple[str, ...]
    rps: NDArray[np.float32]
    in_flight: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LocationReading:
    """One location now. Rates are per second; each of `used` is a share of the capacity, 1 is full."""

    location: str
    offered_rps: float
    admitted_rps: float
    usual_rps: float
    in_flight: int
    connections: int
    new_connections_per_s: float
    used: Mapping[str, float]
    """By resource: `requests`, `in-flight`, `connections`, `cpu`."""
    edges: tuple[str, ...]
    blind_edges: tuple[str, ...]
    """Edges whose reports are missing or late."""


@dataclass(frozen=True, slots=True)
class EdgeReading:
    """One edge now. `age_s` is how old its last report is; None if it never reported. `blind` is too old."""

    edge: str
    location: str
    age_s: float | None
    blind: bool
    offered_rps: float
    in_flight: int
    connections: int
    cpu: float
    """Cores that Envoy uses."""
    memory_bytes: int
    lost_reports: int
    degraded: tuple[str, ...]
    unknown_hosts_per_s: float = 0.0
    p50_s: float | None = None
    p99_s: float | None = None
    """How long all its answers of about the last ten seconds took; None where there were none."""


@dataclass(frozen=True, slots=True)
class Series:
    """A chart's data: points every `step_s`, oldest first; `ends_at` is the Unix time that the last one ends at.

    A point is NaN where nothing was known.
    """

    step_s: float
    ends_at: float
    values: Mapping[str, tuple[float, ...]]
    """By name: `offered`, `admitted`, `refused`, `failed`, `slow` (per second), `in-flight`."""
