"""A primary that is lost and comes back, and what edges report of it while requests are sent to it and to a standby."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.model.telemetry import METRICS, UPSTREAM_METRICS, EdgeReport, UpstreamFigures, UpstreamMetric

BEGINS_AT: Final = 1_700_000_000.0
REPORT_S: Final = 0.25
CHECK_S: Final = 1.0
CHECK_TIMEOUT_S: Final = 1.0
UNHEALTHY_AFTER: Final = 2
TRY_S: Final = 1.5
"""An edge tries elsewhere after so long."""
EJECT_AFTER: Final = 5
EJECTED_S: Final = 5.0
"""An edge leaves alone for so long what failed so often in a row."""
CONNECT_S: Final = 1.0
"""A connection that isn't made within this fails."""
LATENCY_S: Final = 0.02
SLOW_S: Final = 1.2


class Fate(StrEnum):
    """How a primary takes what it is sent."""

    WELL = "well"
    DEAD = "dead"
    HUNG = "hung"
    BLACKHOLED = "blackholed"
    SLOW = "slow"
    HALF = "half gone"


_ENDS: Final = {
    Fate.HUNG: (TRY_S, UpstreamMetric.TIMED_OUT),
    Fate.BLACKHOLED: (CONNECT_S, UpstreamMetric.UNREACHED),
    Fate.SLOW: (SLOW_S, UpstreamMetric.RECEIVED),
}
"""How long a try takes, and how it ends; at once for others."""
FateOf = Callable[[float, int], Fate]
"""How the primary is for an edge (by number), so many seconds after the beginning."""


@dataclass
class _Seen:
    """What one edge has of one cluster: counts since its last report, requests under way, and how its checks go."""

    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(UPSTREAM_METRICS, np.int64))
    due: list[tuple[float, UpstreamMetric]] = field(default_factory=list)
    """When what is under way ends, and how: received, timed out, or unreached."""
    healthy: bool = True
    missed: int = 0
    check_at: float = 0.0
    check_ends: tuple[float, bool] | None = None
    failed_in_row: int = 0
    ejected_until: float = 0.0
    reported: tuple[int, int] = (-1, -1)


@dataclass(eq=False)
class FailoverWorld:
    """Edges in front of one service, from one seed. `share_moved` says what part of an edge's requests goes to the
    standby; the standby is always well.
    """

    fate: FateOf
    edges: int
    rps: float
    checked: bool
    random: np.random.Generator
    service: str = "shop"
    share_moved: Callable[[str], float] = lambda _: 0.0
    now_s: float = 0.0
    tick_s: float = 0.05
    first_failed_s: float | None = None
    """When the first request was sent that the primary didn't answer."""

    def __post_init__(self) -> None:
        self._primary = [_Seen(check_at=float(self.random.uniform(0, CHECK_S))) for _ in range(self.edges)]
        self._standby = [_Seen() for _ in range(self.edges)]
        self._phase = self.random.uniform(0, REPORT_S, self.edges)
        self._reported_s = [0.0] * self.edges
        self._sequence = 0

    @property
    def now(self) -> float:
        """Unix time, in seconds."""
        return BEGINS_AT + self.now_s

    def step(self) -> Iterator[EdgeReport]:
        """Let `tick_s` pass; the reports that come in."""
        self.now_s += self.tick_s
        for edge in range(self.edges):
            self._settle(edge)
            self._check(edge)
            self._send(edge)
            if self.now_s - self._reported_s[edge] >= REPORT_S and self.now_s > self._phase[edge]:
                yield self._report(edge)

    def _settle(self, edge: int) -> None:
        seen, left = self._primary[edge], []
        for at_s, outcome in seen.due:
            if at_s > self.now_s:
                left.append((at_s, outcome))
            elif outcome is UpstreamMetric.RECEIVED:
                seen.counts[outcome] += 400
                seen.failed_in_row = 0
            else:
                self._fail(edge, seen, outcome)
        seen.due = left

    def _check(self, edge: int) -> None:
        """As Envoy does: a check that hangs counts when its time is up, and the next one comes an interval after."""
        seen = self._primary[edge]
        if not self.checked:
            seen.healthy = self.now_s >= seen.ejected_until
            return
        if seen.check_ends is None and self.now_s >= seen.check_at:
            fate = self.fate(self.now_s, edge)
            took_s = CHECK_TIMEOUT_S if fate in {Fate.HUNG, Fate.SLOW, Fate.BLACKHOLED} else LATENCY_S
            seen.check_ends = (self.now_s + took_s, fate in {Fate.WELL, Fate.HALF})
        if seen.check_ends is not None and self.now_s >= seen.check_ends[0]:
            passed, seen.check_ends, seen.check_at = seen.check_ends[1], None, self.now_s + CHECK_S
            seen.missed = 0 if passed else seen.missed + 1
            seen.healthy = passed or (seen.healthy and seen.missed < UNHEALTHY_AFTER)

    def _send(self, edge: int) -> None:
        moved, seen = self.share_moved(f"e{edge}"), self._primary[edge]
        wanted = int(self.random.poisson(self.rps * self.tick_s))
        direct = int(self.random.binomial(wanted, 1 - moved)) if self._is_tried(seen) else 0
        self._ask_standby(edge, wanted - direct)
        for _ in range(direct):
            self._try_primary(edge, seen)

    def _is_tried(self, seen: _Seen) -> bool:
        return seen.healthy and self.now_s >= seen.ejected_until

    def _try_primary(self, edge: int, seen: _Seen) -> None:
        fate = self.fate(self.now_s, edge)
        is_lost = fate is Fate.DEAD or (fate is Fate.HALF and self.random.random() < 0.5)
        if is_lost:
            self.first_failed_s = self.now_s if self.first_failed_s is None else self.first_failed_s
            self._fail(edge, seen, UpstreamMetric.UNREACHED)
            return
        if fate in _ENDS and self.first_failed_s is None:
            self.first_failed_s = self.now_s
        takes_s, outcome = _ENDS.get(fate, (LATENCY_S, UpstreamMetric.RECEIVED))
        seen.counts[UpstreamMetric.BEGUN] += outcome is not UpstreamMetric.UNREACHED
        seen.due.append((self.now_s + takes_s, outcome))

    def _fail(self, edge: int, seen: _Seen, how: UpstreamMetric) -> None:
        seen.counts[[how, UpstreamMetric.RETRIED]] += 1
        self._ask_standby(edge, 1)
        seen.failed_in_row += 1
        if seen.failed_in_row >= EJECT_AFTER:
            seen.ejected_until, seen.failed_in_row = self.now_s + EJECTED_S, 0

    def _ask_standby(self, edge: int, requests: int) -> None:
        counts = self._standby[edge].counts
        counts[UpstreamMetric.BEGUN] += requests
        counts[UpstreamMetric.RECEIVED] += 400 * requests

    def _report(self, edge: int) -> EdgeReport:
        began_s, self._reported_s[edge] = self._reported_s[edge], self.now_s
        self._sequence += 1
        primary = self._primary[edge]
        primary_now = (int(self._is_tried(primary)), 1)
        rows = [
            (name, seen, endpoints)
            for name, seen, endpoints in (
                (self.service, primary, primary_now),
                (f"{self.service}~~b", self._standby[edge], (1, 1)),
            )
            if seen.counts.any() or seen.reported != endpoints
        ]
        counts = [seen.counts.copy() for _, seen, _ in rows]
        for _, seen, endpoints in rows:
            seen.counts[:] = 0
            seen.reported = endpoints
        return EdgeReport(
            edge=f"e{edge}",
            process="1",
            sequence=self._sequence,
            began_at=BEGINS_AT + began_s,
            ended_at=self.now,
            services=(),
            counts=np.zeros((0, METRICS), np.int64),
            in_flight=np.zeros(0, np.int64),
            upstreams=UpstreamFigures(
                tuple(name for name, _, _ in rows),
                np.stack(counts) if counts else np.zeros((0, UPSTREAM_METRICS), np.int64),
                np.array([endpoints for _, _, endpoints in rows], np.int64).reshape(len(rows), 2),
            ),
        )
