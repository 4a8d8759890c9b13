"""What a location bears: counts of the last seconds, by class of criticality and of services that are cared for."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.model.intent import Intent
from holdfast.model.platform import Criticality
from holdfast.model.telemetry import METRICS, EdgeReport, Metric

BIN_S: Final = 0.25
BINS: Final = 60
"""Bins that are kept: fifteen seconds."""
LATE_S_MAX: Final = 1.5
"""Reports that are later than this aren't waited for."""
SLOTS: Final = BINS + 2 + round(LATE_S_MAX / BIN_S)
"""What is read ends before what the most punctual edges have reported."""
CARED_MAX: Final = 2_000
"""Services whose own counts are kept; the first by name, if more are wanted."""
IN_FLIGHT_AGE_S_MAX: Final = 3.0
"""What an edge had in flight isn't believed for longer."""
USUAL_OVER_S: Final = 10.0
USUAL_S: Final = 900.0
USUAL_SURGE: Final = 1.5
USUAL_HELD: Final = 20.0
"""What is usual follows means of ten seconds in a quarter of an hour, and so many times slower what is so much more."""
RANKS: Final = tuple(Criticality)
"""Classes of criticality, the one that is shed last first."""

Rates = NDArray[np.float64]
"""Shape (METRICS,): requests per second."""
Bins = NDArray[np.float64]
"""Shape (BINS, METRICS): requests in each quarter of a second, oldest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Pressure:
    """One location over the last seconds. `ends_at` (Unix time, in seconds) is where the last bin ends.

    `whole` is everything together; `classes` the same by criticality; `cared` single services.
    `usual_rps` is what the location is usually offered, None where that isn't known. `largest` is what the
    service that uses most had admitted in each bin, and `in_flight_largest` what the one with most has in flight.
    """

    ends_at: float
    in_flight: int
    whole: Bins
    classes: Mapping[Criticality, Bins]
    cared: Mapping[str, Bins] = field(default_factory=dict)
    usual_rps: float | None = None
    largest: NDArray[np.float64] = field(default_factory=lambda: np.zeros(BINS))
    in_flight_largest: int = 0

    def rates(self, bins: Bins, over_s: float = 2.0, until: float | None = None) -> Rates:
        """Mean rates over the `over_s` seconds before a moment, by default the latest that is complete."""
        back = 0 if until is None else max(0, round((self.ends_at - until) / BIN_S))
        last = max(1, len(bins) - back)
        rates: Rates = bins[max(0, last - max(1, round(over_s / BIN_S))) : last].mean(axis=0) / BIN_S
        return rates

    def others(self, services: Collection[str]) -> Bins:
        """Everything but these services, as far as they are cared for."""
        return np.maximum(self.whole - sum(self.cared[s] for s in services if s in self.cared), 0.0)


def compute_harm(rates: Rates) -> float:
    """The share of what is offered that is refused for want of room, by a mitigation, or fails; 0 where none is."""
    offered = float(rates[Metric.OFFERED])
    lost = float(rates[Metric.SHED] + rates[Metric.MITIGATED] + rates[Metric.FAILED])
    return lost / offered if offered > 0 else 0.0


class Gauges:
    """Adds up what edges report into `Pressure`, in memory that doesn't grow with time.

    It reads no clock: the same calls give the same readings. Reports of edges that aren't known are left out.
    """

    def __init__(self) -> None:
        self._rank: dict[str, int] = {}
        self._location: dict[str, str] = {}
        self._rings: dict[str, _Ring] = {}
        self._cared: frozenset[str] = frozenset()

    def set_platform(self, intent: Intent) -> None:
        """Whose traffic is counted from now on, and as which class; costs a little per service."""
        default, places = intent.platform.defaults.criticality, intent.platform.locations
        self._rank = {n: RANKS.index(o.service.criticality or default) for n, o in intent.services.items()}
        self._location = {edge.name: name for name, place in places.items() for edge in place.edges}
        self._rings = {name: self._rings.get(name) or _Ring() for name in places}

    def care_for(self, services: frozenset[str]) -> None:
        """Keep counts of these services of their own, from now on; those of others are dropped."""
        self._cared = frozenset(sorted(services)[:CARED_MAX])
        for ring in self._rings.values():
            ring.cared = {s: ring.cared[s] if s in ring.cared else _no_counts() for s in sorted(self._cared)}

    def take(self, report: EdgeReport) -> None:
        """Count a report. Those that are older than what is kept count for nothing."""
        location = self._location.get(report.edge)
        if location is None:
            return
        ranks = np.fromiter((self._rank.get(s, -1) for s in report.services), np.int64, len(report.services))
        cared = [(n, s) for n, s in enumerate(report.services) if s in self._cared] if self._cared else []
        self._rings[location].take(report, ranks, cared)

    def read(self, location: str, now: float, usual_rps: float | None = None) -> Pressure:
        """One location now; KeyError if it isn't known."""
        pressure, slowly = self._rings[location].read(now)
        known = [rate for rate in (usual_rps, slowly) if rate is not None]
        return replace(pressure, usual_rps=min(known, default=None))


class _SlowMean:
    """What a location is usually offered: it follows slowly, and hardly at all while all of it surges."""

    def __init__(self) -> None:
        self._mean = 0.0
        self._watched_s = 0.0
        self._at: float | None = None

    def take(self, rate: float, now: float) -> float | None:
        """The mean after a look; None until it was watched for long enough."""
        step_s = 0.0 if self._at is None else min(max(now - self._at, 0.0), USUAL_OVER_S)
        self._at, self._watched_s = now, self._watched_s + step_s
        if self._watched_s < 2 * USUAL_OVER_S:
            self._mean = rate
            return None
        pace_s = min(self._watched_s, USUAL_S) * (USUAL_HELD if rate > USUAL_SURGE * self._mean else 1.0)
        self._mean += (rate - self._mean) * min(step_s / pace_s, 1.0)
        return self._mean


class _Ring:
    """The last bins of one location; where they lie is the bin's number modulo `SLOTS`. Only whole bins are
    read, for which every edge has reported that isn't too late.
    """

    def __init__(self) -> None:
        self.cared: dict[str, Bins] = {}
        self._classes = np.zeros((len(RANKS), SLOTS, METRICS))
        self._largest = np.zeros(SLOTS)
        self._newest = -1
        self._in_flight: dict[str, tuple[float, int, int]] = {}
        self._usual = _SlowMean()

    def take(self, report: EdgeReport, ranks: NDArray[np.int64], cared: list[tuple[int, str]]) -> None:
        largest = int(report.counts[:, Metric.ADMITTED].max(initial=0))
        by_class = np.stack([report.counts[ranks == rank].sum(axis=0) for rank in range(len(RANKS))])
        self._advance(int(np.ceil(report.ended_at / BIN_S)) - 1)
        for number, share in _spread(report):
            if number <= self._newest - SLOTS:
                continue
            place = number % SLOTS
            self._classes[:, place] += by_class * share
            self._largest[place] += largest * share
            for row, service in cared:
                if service in self.cared:
                    self.cared[service][place] += report.counts[row] * share
        most = int(report.in_flight.max(initial=0))
        self._in_flight[report.edge] = report.ended_at, report.whole.in_flight, most

    def read(self, now: float) -> tuple[Pressure, float | None]:
        """The last bins in order, and what is usually offered, as far as that is known."""
        reported = (at for at, _, _ in self._in_flight.values() if now - at <= LATE_S_MAX)
        newest = int(np.floor(min(now, *reported, now) / BIN_S)) - 1
        self._advance(newest)
        order = np.arange(newest - BINS + 1, newest + 1) % SLOTS
        classes = self._classes[:, order]
        whole = classes.sum(axis=0)
        in_flight = [(n, most) for at, n, most in self._in_flight.values() if now - at <= IN_FLIGHT_AGE_S_MAX]
        pressure = Pressure(
            ends_at=(newest + 1) * BIN_S,
            in_flight=sum(n for n, _ in in_flight),
            whole=whole,
            classes={rank: classes[n] for n, rank in enumerate(RANKS)},
            cared={service: bins[order] for service, bins in self.cared.items()},
            largest=self._largest[order],
            in_flight_largest=sum(most for _, most in in_flight),
        )
        return pressure, self._usual.take(float(pressure.rates(whole, USUAL_OVER_S)[Metric.OFFERED]), now)

    def _advance(self, number: int) -> None:
        """Empty the bins between the newest there was and this one."""
        if number <= self._newest:
            return
        fresh = np.arange(max(self._newest + 1, number - SLOTS + 1), number + 1) % SLOTS
        self._classes[:, fresh] = 0.0
        self._largest[fresh] = 0.0
        for bins in self.cared.values():
            bins[fresh] = 0.0
        self._newest = number


def _spread(report: EdgeReport) -> Iterator[tuple[int, float]]:
    """The bins that a report reaches over, and the share of its counts that is taken to belong to each."""
    ended = report.ended_at / BIN_S
    began = max(min(report.began_at / BIN_S, ended - 1e-3), ended - SLOTS)
    for number in range(int(np.floor(began)), int(np.ceil(ended))):
        yield number, (min(number + 1, ended) - max(number, began)) / (ended - began)


def _no_counts() -> Bins:
    return np.zeros((SLOTS, METRICS))
