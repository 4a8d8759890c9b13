"""Counts of every service for a while before a wave and since it began, and the verdict they add up to.

Time is told by what reports cover: a slice is over once an edge has reported for long enough. So late reports, lost
ones and clocks that go wrong change nothing but how much is known.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.model.telemetry import EdgeReport, Metric
from holdfast.rollout.cohort_noise import BLOCKS_S, Noise
from holdfast.rollout.cohort_roster import UNKNOWN, Roster, Rows
from holdfast.rollout.cohort_usual import COLUMNS, LONG_S, Usual
from holdfast.rollout.cohort_windows import Group, Windows
from holdfast.rollout.fares import Floats, fare
from holdfast.rollout.judging import COUNTED, SERVICES_NAMED_MAX, SIGNALS, Harm
from holdfast.rollout.judging_spread import CLASS_BOUNDS_RPS, CLASSES
from holdfast.rollout.judging_steps import SHARE_MIN
from holdfast.rollout.judging_verdict import Found, Scene, judge_windows, sign

SLICE_S: Final = 0.5
REPORT_S_MAX: Final = 60.0
"""A report that claims to cover more than this isn't believed."""
_COLUMNS: Final = np.array([Metric.OFFERED, *COUNTED])
_WARM_UP_S: Final = 30.0
"""How tenants vary isn't learned before so much is known of what is usual."""
AILING_FACTOR: Final = 5.0
AILING_MIN: Final = 3.0
"""What went wrong already when a wave began may go on, and be so many times as much, without the wave's doing; where it
was so many requests, and many of all, nothing that goes on is the wave's.
"""


class _Block:
    """Counts of n services for a few seconds, and the shares that were usual before."""

    def __init__(self, services: int, shares: Floats) -> None:
        self.shares = shares
        self.counts: Floats = np.zeros((services, COLUMNS), np.float32)
        self.watched_s: Floats = np.zeros(services, np.float32)
        self.length_s = 0.0

    def add(self, counts: Floats, watched_s: Floats, length_s: float) -> None:
        self.counts += counts
        self.watched_s += watched_s
        self.length_s += length_s


class Cohorts:
    """All services, those that were given the revision and those that weren't.

    Deterministic: it has no clock, and does nothing by itself.
    """

    def __init__(self) -> None:
        self._edges: dict[str, int] = {}
        self._traffic = np.zeros(0)
        """Requests of each edge, fading."""
        self._covered_s = np.zeros(0)
        """What each edge reported of, in this slice."""
        self._treated_s = np.zeros(0)
        """Likewise, of the time since the last wave began."""
        self._treated: list[tuple[frozenset[str], frozenset[str] | None]] = []
        """Services and edges of each wave, or None for all edges."""
        self._wave_at: float | None = None
        self._age_s = 0.0
        self._found: Found | None = None
        self._stale = False
        self._begin(Roster({}))

    def _begin(self, roster: Roster) -> None:
        """Begin with these services, and with nothing known of them."""
        services, tenants = len(roster.names), len(roster.tenants)
        self._roster = roster
        self._usual, self._noise, self._windows = Usual(services), Noise(tenants), Windows(tenants)
        self._shares: Floats = self._usual.find_shares()
        self._rates: Floats = self._usual.find_rates()
        self._ailing: Floats = np.zeros((tenants, SIGNALS), np.float32)
        self._counts: Floats = np.zeros((len(Group), services, COLUMNS), np.float32)
        self._since: Floats = np.zeros((services, COLUMNS), np.float32)
        """Of those that have the revision, since the last wave began."""
        self._blocks = [_Block(services, self._shares) for _ in BLOCKS_S]
        self._found, self._stale = None, False
        self._mark()
        self._classify()

    def set_services(self, tenants: Mapping[str, str]) -> None:
        """These services, of these tenants, from now on; what is known of those that stay is kept.

        The windows of a wave begin anew, as the services of its rows may be others.
        """
        if tenants == self._roster.owners:
            return
        roster, usual, noise, shares, rates = self._roster, self._usual, self._noise, self._shares, self._rates
        self._begin(Roster(tenants))
        here, there = self._roster.carry(roster)
        self._usual.carry(usual, here, there)
        self._shares, self._rates = self._usual.find_shares(), self._usual.find_rates()
        self._shares[here], self._rates[here] = shares[there], rates[there]
        number_of = {tenant: number for number, tenant in enumerate(roster.tenants)}
        stays = [(n, number_of[tenant]) for n, tenant in enumerate(self._roster.tenants) if tenant in number_of]
        places = np.array(stays, np.intp).reshape(-1, 2)
        self._noise.carry(noise, places[:, 0], places[:, 1])
        self._classify()

    def take(self, report: EdgeReport) -> None:
        """Take in what an edge counted; services that aren't known are left out."""
        covered_s = report.ended_at - report.began_at
        if not 0 < covered_s <= REPORT_S_MAX:
            return
        edge = self._find_edge(report.edge)
        if self._covered_s[edge] + covered_s / 2 > SLICE_S:
            self._close_slice()
        self._covered_s[edge] += covered_s
        rows, counts = self._roster.find_rows(report.services), report.counts
        groups = self._groups[edge][rows]
        taken = rows != UNKNOWN
        if self._wave_at is not None and report.began_at < self._wave_at:
            taken &= groups != Group.LATEST
        else:
            self._treated_s[edge] += covered_s
        if not taken.all():
            rows, groups, counts = rows[taken], groups[taken], counts[taken]
        columns = counts.take(_COLUMNS, axis=1).astype(np.float32)
        self._counts.reshape(-1, COLUMNS)[groups * len(self._roster.names) + rows] += columns
        self._traffic[edge] += columns[:, 0].sum()

    def begin_wave(self, services: frozenset[str], locations_edges: frozenset[str] | None, at: float) -> None:
        """These services have the newer revision on these edges, or on all, since `at` (Unix time, in seconds).

        Those of earlier waves have it still. What is usual for services that have it nowhere else is what was before.
        """
        self._close_slice()
        treated = np.any([groups != Group.REST for groups in (*self._groups, self._elsewhere)], axis=0)
        self._shares = np.where(treated[:, None], self._shares, self._usual.find_shares())
        self._rates = np.where(treated, self._rates, self._usual.find_rates())
        self._treated = [*self._treated, (services, locations_edges)]
        self._wave_at = at
        self._ailing = self._find_ailing()
        self._mark()
        self._classify()
        self._windows = Windows(len(self._roster.tenants))
        self._since[:] = 0
        self._found = None

    def end(self) -> None:
        """The rollout is over: whatever services have now is what they have."""
        self._close_slice()
        self._treated, self._wave_at, self._found = [], None, None
        self._mark()
        self._windows = Windows(len(self._roster.tenants))

    def judge(self, now: float) -> Harm | None:
        """The plainest harm since the last wave began, as of Unix time `now`; None if nothing is proved."""
        if self._wave_at is None or self._windows.length_s == 0.0:
            return None
        if self._stale:
            scene = Scene(self._windows, self._noise, self._ailing, self._member_of)
            self._found, self._stale = judge_windows(scene), False
        if self._found is None:
            return None
        return sign(self._found, self._roster.tenants, self._name_services(self._found), max(now - self._wave_at, 0.0))

    def _mark(self) -> None:
        """Which group each service is of on each edge, and on edges that aren't known yet."""
        self._groups = [self._mark_edge(edge) for edge in self._edges]
        self._elsewhere = self._mark_edge(None)

    def _mark_edge(self, edge: str | None) -> NDArray[np.intp]:
        groups = np.full(len(self._roster.names), Group.REST, np.intp)
        for number, (services, edges) in enumerate(self._treated, start=1):
            if edges is None or edge in edges:
                rows = [self._roster.row_of[name] for name in services if name in self._roster.row_of]
                latest = number == len(self._treated)
                groups[rows] = np.maximum(groups[rows], Group.EARLIER) if not latest else Group.LATEST
        return groups

    def _classify(self) -> None:
        """Put each tenant into the class of its usual rate."""
        rates = self._roster.sum_by_tenant(np.nan_to_num(self._usual.find_rates())[:, None])[:, 0]
        self._member_of: Floats = np.eye(CLASSES, dtype=np.float32)[np.searchsorted(CLASS_BOUNDS_RPS, rates)]

    def _find_edge(self, name: str) -> int:
        number = self._edges.get(name)
        if number is None:
            number = self._edges[name] = len(self._edges)
            self._traffic, self._covered_s = np.append(self._traffic, 0.0), np.append(self._covered_s, 0.0)
            self._treated_s = np.append(self._treated_s, 0.0)
            self._groups.append(self._mark_edge(name))
        return number

    def _close_slice(self) -> None:
        length_s = float(self._covered_s.max(initial=0.0))
        if length_s == 0.0:
            return
        watched_s = self._find_watched()
        self._learn(watched_s[Group.REST], length_s)
        if self._wave_at is not None:
            self._add_to_windows(watched_s, length_s)
        self._traffic *= np.exp(-length_s / LONG_S)
        self._covered_s[:], self._treated_s[:] = 0, 0
        self._counts[:] = 0

    def _find_watched(self) -> Floats:
        """For how much of its usual traffic each service was watched, in seconds; shape (groups, services)."""
        shares = (self._traffic + 1.0) / (self._traffic + 1.0).sum()
        watched: Floats = np.zeros((len(Group), len(self._roster.names)), np.float32)
        rows = np.arange(len(self._roster.names))
        for edge, groups in enumerate(self._groups):
            covered_s = np.full(len(Group), self._covered_s[edge])
            covered_s[Group.LATEST] = self._treated_s[edge]
            watched[groups, rows] += (shares[edge] * covered_s[groups]).astype(np.float32)
        return watched

    def _learn(self, watched_s: Floats, length_s: float) -> None:
        counts = self._counts[Group.REST]
        self._usual.learn(counts, watched_s, length_s)
        self._age_s += length_s
        for number, block in enumerate(self._blocks):
            block.add(counts, watched_s, length_s)
            if block.length_s >= BLOCKS_S[number]:
                self._close_block(number)

    def _close_block(self, number: int) -> None:
        """Learn how tenants vary, from what was usual before the block."""
        block = self._blocks[number]
        if self._age_s >= _WARM_UP_S + block.length_s:
            counts, expected, usual = self._sum(block.counts, block.watched_s, block.shares)
            self._noise.learn(number, fare(counts[:, 0], counts[:, 1:], expected, usual[:, 0]), self._member_of)
        if self._wave_at is None and number == 0:
            self._shares, self._rates = self._usual.find_shares(), self._usual.find_rates()
            self._classify()
        self._blocks[number] = _Block(len(self._roster.names), self._shares)

    def _find_ailing(self) -> Floats:
        """The share of each tenant's requests that goes wrong beyond the usual just now; (tenants, SIGNALS)."""
        recent = self._usual.find_recent()
        excess = self._roster.sum_by_tenant(np.maximum(recent[:, 1:] - recent[:, :1] * self._shares, 0))
        requests = self._roster.sum_by_tenant(recent[:, :1])
        shares = AILING_FACTOR * excess / (requests + np.float32(1.0))
        shares[(excess >= AILING_MIN) & (shares >= SHARE_MIN)] = 1.0
        return np.hstack([shares, np.zeros_like(requests)]).astype(np.float32, copy=False)

    def _add_to_windows(self, watched_s: Floats, length_s: float) -> None:
        self._windows.add(*self._sum(self._counts, watched_s, self._shares), length_s)
        self._since += self._counts[Group.EARLIER] + self._counts[Group.LATEST]
        self._stale = True

    def _sum(self, counts: Floats, watched_s: Floats, shares: Floats) -> tuple[Floats, Floats, Floats]:
        """Counts, expected and usual requests by tenant, from those of services."""
        add = self._roster.sum_by_tenant
        usual = np.where(watched_s > 0, self._rates * watched_s, np.float32(0))
        return add(counts), add(counts[..., :1] * shares), add(usual[..., None])

    def _name_services(self, found: Found) -> tuple[str, ...]:
        """Those of the tenants that suffer most that suffer most."""
        column = 1 + min(found.column, COLUMNS - 2)
        excess = self._since[:, column] - self._since[:, 0] * self._shares[:, column - 1]
        rows: Rows = np.flatnonzero(np.isin(self._roster.tenant_of, found.tenants))
        worst = rows[np.argsort(-excess[rows], kind="stable")][:SERVICES_NAMED_MAX]
        return tuple(self._roster.names[row] for row in worst.tolist() if excess[row] > 0)
