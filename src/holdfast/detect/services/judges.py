"""All detectors of services, over the same tick."""

from collections.abc import Callable, Iterator
from math import ceil
from typing import Final

import numpy as np

from holdfast.detect.findings import Findings, Sighting
from holdfast.detect.intake.exposure import Exposed
from holdfast.detect.intake.intake import Intake
from holdfast.detect.roster import Roster
from holdfast.detect.series.arrays import NEW, Floats, Rows
from holdfast.detect.series.baselines import Baselines
from holdfast.detect.series.windows import Windows
from holdfast.detect.services.headroom import ServiceHeadroom
from holdfast.detect.services.rooms import Rooms
from holdfast.detect.services.shares import Shares
from holdfast.detect.services.silences import Silences
from holdfast.detect.services.slow_steps import SlowSteps
from holdfast.detect.services.surges import Room, Surges
from holdfast.model.finding import FindingKind, Tier
from holdfast.model.telemetry import Metric

HOUR_S: Final = 3600.0
STEPS_S: Final = 10.0
"""So often it is thought over what counts as a slow answer."""
IN_FLIGHT_SHARE: Final = 0.9
IN_FLIGHT_MIN: Final = 4
"""A service has no room left in flight from this share of its maximum on, and not with fewer than so many."""
SHED_SHARE: Final = 0.05
SHED_RPS_MIN: Final = 1.0
"""What is refused for want of room is a harm from this share of what is offered, and this rate, on."""
NEWCOMER_RPS: Final = 1.0
"""What a service is supposed to be offered where no other tells."""


class Judges:
    """The detectors' states, one row for each service."""

    def __init__(self) -> None:
        self.surges = Surges(0)
        self.errors = Shares(FindingKind.ERRORS, 0)
        self.slowness = Shares(FindingKind.SLOWNESS, 0)
        self.steps = SlowSteps(0)
        self._silences = Silences(0)
        self._silent: Rows = np.empty(0, np.intp)
        self._admitted = Windows(0)
        self._headroom = ServiceHeadroom(0)
        self._roster = Roster({}, {})
        self._hour_s = 0.0
        self._steps_s = 0.0

    def set_platform(self, roster: Roster, rows: Rows) -> None:
        """Judge these services; `rows` are their rows before. New ones start from their class's usual rate."""
        before, self._roster = self._roster, roster
        new = rows == NEW
        rates = _suppose_rates(before, self.surges.baselines, roster) if new.any() else np.zeros(len(rows), np.float32)
        for state in (
            self.surges,
            self.errors,
            self.slowness,
            self.steps,
            self._silences,
            self._admitted,
            self._headroom,
        ):
            state.select(rows)
        self.surges.baselines.rate[new] = rates[new]
        self._silent = np.empty(0, np.intp)

    def close_tick(self, intake: Intake, exposed: Exposed, findings: Findings) -> None:
        """Judge what was counted in a tick, and learn from it."""
        traffic, tick_s = intake.traffic, float(exposed.tick_lengths_s[-1])
        offered = traffic.tick[:, Metric.OFFERED].copy()
        admitted = traffic.tick[:, Metric.ADMITTED].copy()
        usual_admitted = traffic.usual[:, Metric.ADMITTED].copy()
        self._silent = self._silences.close_tick(offered, exposed.present, self.surges.baselines)
        held = self._find_rows(findings, FindingKind.SURGE, Tier.HARMFUL)
        held = np.union1d(held, self._find_rows(findings, FindingKind.SILENCE, Tier.UNUSUAL))
        self.surges.close_tick(offered, exposed, held)
        self._admitted.push(admitted)
        for shares, events in (
            (self.errors, traffic.tick[:, Metric.FAILED].copy()),
            (self.slowness, self.steps.pick_counts(traffic.tick)),
        ):
            held = self._find_rows(findings, shares.kind, Tier.HARMFUL)
            shares.close_tick(events, self._admitted, admitted, usual_admitted, tick_s, held)
        self._move_steps(intake, tick_s)
        self._pass_hour(tick_s)

    def look_ahead(self, intake: Intake, rooms: Rooms, watched_s: float) -> None:
        """Forecast when services reach their headroom, from the tick's counts."""
        usual = self.surges.baselines.rate
        self._headroom.close_tick(
            intake.traffic.tick[:, Metric.OFFERED],
            watched_s,
            lambda rows: rooms.find_headroom(rows, usual).sum(0),
        )

    def sight(
        self, intake: Intake, rooms: Rooms, exposed: Exposed, findings: Findings, now: float
    ) -> Iterator[Sighting]:
        """What is to be said of services now."""
        roster = self._roster
        rows = self.surges.find_candidates(self._find_rushing(intake), self._find_rows(findings, FindingKind.SURGE))
        room = Room(rooms.find_headroom(rows, self.surges.baselines.rate), intake.traffic.spread(rows))

        def opened(kind: FindingKind) -> Callable[[str], bool]:
            return lambda name: (kind, name) in findings

        yield from self.surges.sight(
            rows, room, roster, lambda row: list(self._list_harms(row, intake)), opened(FindingKind.SURGE), now
        )
        for shares in (self.errors, self.slowness):
            rows = shares.find_candidates(self._find_rows(findings, shares.kind))
            yield from shares.sight(rows, exposed, roster, opened(shares.kind), now)
        yield from self._silences.sight(self._silent, self.surges.baselines, roster, now)
        yield from self._headroom.sight(roster, now)

    def _find_rows(self, findings: Findings, kind: FindingKind, tier: Tier = Tier.UNUSUAL) -> Rows:
        return np.array([self._roster.row_of[name] for name in findings.about_services(kind, tier)], np.intp)

    def _find_rushing(self, intake: Intake) -> Rows:
        """Services too young to be judged by what is usual, which are offered more than they may be at one location."""
        young = np.flatnonzero(self.surges.baselines.young)
        rushing: Rows = young[intake.traffic.now[young, Metric.OFFERED] > self._roster.capacity_rps[young]]
        return rushing

    def _list_harms(self, row: int, intake: Intake) -> Iterator[str]:
        for shares in (self.errors, self.slowness):
            harm = shares.describe_harm(row)
            if harm:
                yield harm
        here = intake.traffic.in_flight[:, row]
        most = int(self._roster.in_flight_max[row])
        if here.max() >= max(ceil(IN_FLIGHT_SHARE * most), IN_FLIGHT_MIN):
            yield f"{here.max()} of at most {most} requests in flight at {self._roster.location_names[here.argmax()]}"
        rates = intake.traffic.now[row]
        if rates[Metric.SHED] >= max(SHED_RPS_MIN, SHED_SHARE * rates[Metric.OFFERED]):
            yield f"{rates[Metric.SHED]:.0f} requests/s refused for want of room"

    def _move_steps(self, intake: Intake, tick_s: float) -> None:
        self._steps_s += tick_s
        if self._steps_s < STEPS_S:
            return
        self._steps_s = 0.0
        base = self.slowness.baselines
        moved = self.steps.move(intake.traffic.usual, ~base.unusual & ~base.young)
        usual = intake.traffic.usual[moved]
        picked: Floats = usual[np.arange(len(moved)), self.steps.columns(moved)]
        self.slowness.restart(moved, (picked / np.maximum(usual[:, Metric.ADMITTED], 1e-6)).astype(np.float32))

    def _pass_hour(self, tick_s: float) -> None:
        self._hour_s += tick_s
        if self._hour_s < HOUR_S:
            return
        self._hour_s = 0.0
        for baselines in (self.surges.baselines, self.errors.baselines, self.slowness.baselines):
            baselines.end_hour()
        self._silences.end_hour()


def _suppose_rates(before: Roster, known: Baselines, roster: Roster) -> Floats:
    """For each service the median rate of its class, as far as it was learned: a newcomer's, until more is known."""
    learned = np.flatnonzero(~known.young)
    classes: dict[str, list[float]] = {}
    for row in learned.tolist():
        classes.setdefault(before.services[before.names[row]].criticality, []).append(float(known.rate[row]))
    medians = {name: float(np.median(rates)) for name, rates in classes.items()}
    return np.array([medians.get(one.criticality, NEWCOMER_RPS) for one in roster.services.values()], np.float32)
