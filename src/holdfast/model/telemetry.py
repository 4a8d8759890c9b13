"""What edges count, on its way from an agent to whoever watches."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

SLOW_S: Final = (0.25, 1.0, 4.0)
"""Answers that took at least so long, in seconds, are counted as slow, for each of these thresholds."""


class Metric(IntEnum):
    """The columns of a report's counts, in requests. What was offered was admitted or refused, for one cause."""

    OFFERED = 0
    """All that clients sent to the service, refused or not: what surges."""
    ADMITTED = 1
    """Sent on to the upstream; tries after the first don't count."""
    LIMITED = 2
    """Refused by the limits of the platform file or of the owner: 429."""
    SHED = 3
    """Refused for want of room: the service's walls, the location's limit: 503."""
    MITIGATED = 4
    """Refused by a mitigation."""
    REJECTED = 5
    """Refused for what it is: accept rules, sizes, GraphQL, a path that no route of the service is for."""
    FAILED = 6
    """Admitted, and answered 5xx by the upstream or for want of one."""
    CLIENT_ERRORS = 7
    """Admitted, and answered 4xx by the upstream."""
    SLOW = 8
    """Admitted, and took at least `SLOW_S[0]`."""
    SLOWER = 9
    """Admitted, and took at least `SLOW_S[1]`."""
    SLOWEST = 10
    """Admitted, and took at least `SLOW_S[2]`."""
    WALLED = 11
    """Of those shed, the ones that the service's own walls refused: they had passed the location's limit."""
    GIVEN_UP = 12
    """Admitted, and left by its client after at least `SLOW_S[1]` without the beginning of an answer."""


METRICS: Final = len(Metric)

Counts = NDArray[np.int64]
"""Shape (services, METRICS): requests since the report before."""


class UpstreamMetric(IntEnum):
    """The columns of what is counted of an upstream that may be lost, or of a standby: since the report before."""

    BEGUN = 0
    """Tries that found a connection."""
    UNREACHED = 1
    """Tries that found none: it was refused, or not made in time."""
    BROKEN = 2
    """Connections that ended with a request on them."""
    TIMED_OUT = 3
    """Tries and requests that weren't answered in time."""
    RETRIED = 4
    """Tries that failed in any way, and were followed by another."""
    RECEIVED = 5
    """Bytes that came back: the sign of life."""


UPSTREAM_METRICS: Final = len(UpstreamMetric)


@dataclass(frozen=True, slots=True, eq=False)
class UpstreamFigures:
    """What one edge sees of upstreams that have standbys, and of these: of those that anything changed of, or of all.

    `names` are their clusters. Endpoints are counted as they are now; without active checks all are healthy unless
    they were ejected.
    """

    names: tuple[str, ...] = ()
    counts: Counts = field(default_factory=lambda: np.zeros((0, UPSTREAM_METRICS), np.int64))
    """Shape (names, UPSTREAM_METRICS)."""
    endpoints: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    """Shape (names, 2): healthy endpoints, and all."""


@dataclass(frozen=True, slots=True)
class Latencies:
    """How long the answers of one edge took since the report before: `counts[i]` of at most `bounds_s[i]` seconds.

    Bounds ascend, the last is infinite; counts aren't cumulative.
    """

    bounds_s: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeFigures:
    """One edge as a whole: counts since the report before, and gauges of now."""

    requests: int = 0
    new_connections: int = 0
    connections: int = 0
    in_flight: int = 0
    cpu_s: float = 0.0
    """CPU time that Envoy used since the report before."""
    memory_bytes: int = 0
    unknown_hosts: int = 0
    """Requests for hosts that the platform doesn't know."""
    latencies: Latencies = field(default_factory=Latencies)


@dataclass(frozen=True, slots=True)
class EdgeReport:
    """What one edge counted between two moments (Unix time, in seconds). Services without any change are left out.

    `process` names the run of Envoy that counted: another one than before begins at zero, and the agent
    reports nothing for the gap. `sequence` rises by one with each report of an agent; a hole is a lost report.
    `sampled_share` is the share of ordinary requests that the samples were drawn with.
    """

    edge: str
    process: str
    sequence: int
    began_at: float
    ended_at: float
    services: tuple[str, ...]
    counts: Counts
    in_flight: NDArray[np.int64]
    """Shape (services,): requests in flight now."""
    whole: EdgeFigures = field(default_factory=EdgeFigures)
    sampled_share: float = 0.0
    degraded: tuple[str, ...] = ()
    """What the agent does less of, in plain words, because its own budget is spent."""
    upstreams: UpstreamFigures = field(default_factory=UpstreamFigures)


@dataclass(frozen=True, slots=True, eq=False)
class Recollection:
    """What an agent remembers of a time: reports like those it made, of longer times each, oldest first.

    It speaks of what was asked for up to `until` (Unix time, in seconds); the rest is to be asked for again.
    """

    reports: tuple[EdgeReport, ...] = ()
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Memory:
    """That an agent remembers what it counted, `remembers_s` seconds back. `stream` numbers its streams to control."""

    stream: int
    remembers_s: float
