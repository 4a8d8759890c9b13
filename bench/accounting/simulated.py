"""Hundreds of seeded outages, fed as the reports of edges: what is booked against what was.

Each service has a rate of its own and one outage after the other, of a minute to four hours. Requests are Poisson.
Where services have probes, Holdfast's own questions come on top, as often as it would ask them; none of them writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import count, repeat
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.incidents.downtime.definition import SLOT_S, judge_shares
from holdfast.incidents.downtime.intake import Dead, Moment
from holdfast.incidents.downtime.layout import WHOLE, Layout, Subject
from holdfast.incidents.downtime.sparse import SparseRounds
from holdfast.incidents.downtime.windows import bridge, clip
from holdfast.model.downtime import Standing, Stretch
from holdfast.model.telemetry import METRICS, EdgeFigures, EdgeReport, Metric
from holdfast.runtime.incidents.accounting.asking import LOOK_S
from holdfast.runtime.incidents.accounting.measure import Measurer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

EDGE, REGION = "edge-1", "us"
REPORT_S: Final = 1.0
TIMEOUT_S: Final = 15.0
BASE_LOST: Final = 0.0005
"""What is lost of the requests while nothing is wrong."""
LEAD_S: Final = 900.0
PAUSE_S: Final = (900.0, 3_600.0)
LASTS_S: Final = (60.0, 4 * 3_600.0)
EPOCH_S: Final = 1_700_000_000.0
_SEEN_S: Final = 300.0
"""So far around an outage something is booked to it."""


class Kind(StrEnum):
    """How a service is out."""

    KILLED = "killed"
    HUNG = "hung"
    MOSTLY = "60 % lost"
    PARTLY = "20 % lost"
    READ_ONLY = "read-only"


SHARE: Final = {Kind.KILLED: 1.0, Kind.HUNG: 1.0, Kind.MOSTLY: 0.6, Kind.PARTLY: 0.2, Kind.READ_ONLY: 0.0}
TRUE: Final = {
    Kind.KILLED: Standing.DOWN,
    Kind.HUNG: Standing.DOWN,
    Kind.MOSTLY: Standing.DOWN,
    Kind.PARTLY: Standing.DEGRADED,
    Kind.READ_ONLY: Standing.DEGRADED,
}


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage of one service (Unix times, in seconds)."""

    service: int
    kind: Kind
    began_at: float
    ended_at: float
    rps: float


@dataclass(frozen=True, slots=True)
class Booked:
    """An outage, the seconds that were booked around it, and the share of those who asked in it that met it."""

    outage: Outage
    down_s: float
    degraded_s: float
    met: float

    @property
    def error_s(self) -> float:
        """The larger of the two errors."""
        return self._compare(TRUE[self.outage.kind])

    @property
    def error_to_met_s(self) -> float:
        """The same against what the definition says of those who asked, which chance may have made another."""
        return self._compare(judge_shares(self.met, 0.0, 0.0))

    def _compare(self, standing: Standing) -> float:
        lasted_s = self.outage.ended_at - self.outage.began_at
        down_s = lasted_s if standing is Standing.DOWN else 0.0
        degraded_s = lasted_s if standing is Standing.DEGRADED else 0.0
        return max(abs(self.down_s - down_s), abs(self.degraded_s - degraded_s))


def draw_outages(
    rng: np.random.Generator, rates: Sequence[float], kinds: Sequence[Kind], until_s: float
) -> list[Outage]:
    """For each service one outage after the other, until the time is over."""
    found = []
    for service, rps in enumerate(rates):
        at = EPOCH_S + LEAD_S + rng.uniform(0, PAUSE_S[0])
        while True:
            lasts_s = float(np.exp(rng.uniform(*np.log(LASTS_S))))
            if at + lasts_s + LEAD_S > EPOCH_S + until_s:
                break
            kind = kinds[int(rng.integers(len(kinds)))]
            found.append(Outage(service, kind, at, at + lasts_s, rps))
            at += lasts_s + rng.uniform(*PAUSE_S)
    return found


def play(
    seed: int, rates: Sequence[float], kinds: Sequence[Kind], hours: float, *, probed: bool = False
) -> list[Booked]:
    """Simulate so many hours, with or without probes; what was booked for each outage."""
    rng = np.random.default_rng(seed)
    outages = draw_outages(rng, rates, kinds, hours * 3600)
    services = [f"service-{n}" for n in range(len(rates))]
    layout = Layout(services, {WHOLE: services}, {REGION: [EDGE]})
    measurer = Measurer(layout, dict.fromkeys(services, TIMEOUT_S), int(EPOCH_S // SLOT_S))
    found: list[list[Stretch]] = [[] for _ in services]
    asking = _ask(measurer, services) if probed else repeat(np.zeros(len(services), np.int64))
    met = {outage: np.zeros(2) for outage in outages}
    for report in _report(rng, services, np.array(rates), met, hours * 3600, asking):
        measurer.take([report], report.ended_at)
        while (measurer.next + 1) * SLOT_S + 2 < report.ended_at:
            began_at = measurer.next * SLOT_S
            closed = measurer.close(Moment(read_only=_find_read_only(outages, services, began_at)))
            for each in closed.stretches:
                if each.subject.kind == "service":
                    found[layout.row_of[each.subject.name]].append(each.stretch)
    for row, name in enumerate(services):
        found[row] += measurer.peek(Subject("service", name), REGION)
    return [_book(outage, bridge(found[outage.service], 0.001), met[outage]) for outage in outages]


def _find_read_only(outages: Sequence[Outage], services: Sequence[str], began_at: float) -> frozenset[str]:
    lasting = (each for each in outages if each.began_at < began_at + SLOT_S and each.ended_at > began_at)
    return frozenset(services[each.service] for each in lasting if each.kind is Kind.READ_ONLY)


def _report(
    rng: np.random.Generator,
    services: Sequence[str],
    rates: NDArray[np.float64],
    met: dict[Outage, NDArray[np.float64]],
    until_s: float,
    asking: Iterator[NDArray[np.int64]],
) -> Iterator[EdgeReport]:
    """What one edge reports, second by second; `asking` is how often Holdfast itself asks each service.

    Adds up in `met` how many asked in an outage, and how many of them were lost.
    """
    steps = int(until_s / REPORT_S)
    waiting = np.zeros((int(TIMEOUT_S / REPORT_S) + 1, len(services)), np.int64)
    for step in range(steps):
        began_at = EPOCH_S + step * REPORT_S
        users = rng.poisson(rates * REPORT_S)
        arrived = users + next(asking)
        lost_share, hung, written = _find_shares(met, len(services), began_at)
        lost = rng.binomial(arrived, np.maximum(lost_share, BASE_LOST))
        for outage in met:
            if outage.began_at <= began_at < outage.ended_at:
                met[outage] += arrived[outage.service], lost[outage.service]
        late = np.where(hung, lost, 0)
        waiting = np.roll(waiting, -1, axis=0)
        waiting[-1] = late
        counts = np.zeros((len(services), METRICS), np.int64)
        counts[:, Metric.OFFERED] = arrived
        refused = rng.binomial(users, 0.3) * written
        counts[:, Metric.MITIGATED] = refused
        counts[:, Metric.ADMITTED] = arrived - refused
        counts[:, Metric.FAILED] = np.minimum(np.where(hung, 0, lost), arrived - refused) + waiting[0]
        counts[:, Metric.SLOWEST] = waiting[0]
        rows = np.flatnonzero(counts.any(axis=1))
        names = tuple(services[row] for row in rows.tolist())
        whole = EdgeFigures(requests=int(arrived.sum()))
        flight = np.zeros(len(rows), np.int64)
        yield EdgeReport(EDGE, "1", step, began_at, began_at + REPORT_S, names, counts[rows], flight, whole)


def _ask(measurer: Measurer, services: Sequence[str]) -> Iterator[NDArray[np.int64]]:
    """How often each service is asked, report by report."""
    rounds, row_of = SparseRounds(), {name: row for row, name in enumerate(services)}
    for step in count():
        asked, traffic = np.zeros(len(services), np.int64), measurer.read_traffic(services)
        for tick in range(round(REPORT_S / LOOK_S)):
            for place in rounds.choose(traffic, step * REPORT_S + tick * LOOK_S):
                asked[row_of[place.service]] += 1
        yield asked


def _find_shares(
    outages: Iterable[Outage], services: int, began_at: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """Of what arrives in a report's time: the share lost, whether after a wait, and whether writes are refused."""
    lost, hung, written = np.zeros(services), np.zeros(services, np.bool_), np.zeros(services, np.int64)
    for each in outages:
        within = min(each.ended_at, began_at + REPORT_S) - max(each.began_at, began_at)
        if within > 0:
            lost[each.service] = SHARE[each.kind] * within / REPORT_S
            hung[each.service] = each.kind is Kind.HUNG
            written[each.service] = each.kind is Kind.READ_ONLY
    return lost, hung, written


def _book(outage: Outage, stretches: Sequence[Stretch], met: NDArray[np.float64]) -> Booked:
    near = list(clip(stretches, outage.began_at - _SEEN_S, outage.ended_at + _SEEN_S))
    down_s, degraded_s = (
        sum(each.ended_at - each.began_at for each in near if each.standing is standing)
        for standing in (Standing.DOWN, Standing.DEGRADED)
    )
    return Booked(outage, down_s, degraded_s, float(met[1] / met[0]) if met[0] else 0.0)


__all__ = ["Booked", "Dead", "Kind", "Outage", "play"]
