"""Services that are offered far more than usual, and whether that is more than there is room for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from holdfast.detect.findings import Sighting
from holdfast.detect.intake.exposure import Exposed, nothing_exposed
from holdfast.detect.roster import Roster
from holdfast.detect.series.arrays import Flags, Floats, Rows
from holdfast.detect.series.baselines import Baselines, bound_counts
from holdfast.detect.series.onset import find_onset
from holdfast.detect.series.windows import Windows
from holdfast.model.finding import Evidence, FindingKind, Tier

RATE_MIN_RPS: Final = 0.5
"""Nobody's usual traffic counts as less, so that a visitor to a forgotten site isn't a surge."""
CANDIDATES_MAX: Final = 512
"""More services than these aren't looked into at one tick; the most unusual go first."""
LINGERS: Final = 0.5
"""An open finding stays open while the score is above this share of the threshold."""
BOUND_DEVIATIONS: Final = 2.5
"""Standard deviations between a rate and its lower confidence bound."""
SURE_DEVIATIONS: Final = 6.0
"""So far above the usual rate a surge is before it counts as harmful: a chance of e^-18, even where requests burst."""
BOUND_S: Final = (0.9, 21.0)
"""Windows of these lengths, in seconds, are long enough and short enough for a bound."""
_FAR: Final = 1e12


@dataclass(frozen=True, slots=True)
class Room:
    """What some services may be offered, and where they are; both of shape (locations, rows)."""

    headroom_rps: Floats
    """At each location; beyond it, somebody suffers."""
    spread: Floats
    """The share of a service's present traffic that comes to each location."""


@dataclass(frozen=True, slots=True)
class _Rates:
    """Of some services (columns)."""

    now: Floats
    """Requests per second, over the window that shows the surge most clearly."""
    beyond: Flags
    """At each location, of shape (locations, rows): whether there is surely more than there is room for."""


class Surges:
    """The surge statistic of n services, and what it says of them."""

    def __init__(self, services: int) -> None:
        self.windows = Windows(services)
        self.baselines = Baselines(services, RATE_MIN_RPS)
        self._exposed = nothing_exposed()

    def close_tick(self, offered: Floats, exposed: Exposed, held: Rows) -> None:
        """Judge a tick by what was offered in it, of shape (services,), then learn; rows that are held don't."""
        tick_s = float(exposed.tick_lengths_s[-1])
        self._exposed = exposed
        self.windows.push(offered)
        self.baselines.judge(self.windows.sums, exposed.windows)
        self.baselines.learn(offered, exposed.present, tick_s, tick_s, held)

    def find_candidates(self, *kept: Rows) -> Rows:
        """The rows to look into: unusual ones, the most unusual first if there are many, and those that are `kept`."""
        rows = np.flatnonzero(self.baselines.unusual)
        if len(rows) > CANDIDATES_MAX:
            order = np.argsort(-self.baselines.score[rows], kind="stable")
            rows = rows[order[:CANDIDATES_MAX]]
        return np.unique(np.concatenate([rows, *kept]))

    def sight(
        self,
        rows: Rows,
        room: Room,
        roster: Roster,
        list_harms: Callable[[int], Sequence[str]],
        is_open: Callable[[str], bool],
        now: float,
    ) -> Iterator[Sighting]:
        """What is to be said of these services; `list_harms` tells what a service suffers from apart from its rate."""
        rates = self._bound_rates(rows, room)
        base = self.baselines
        for column, row in enumerate(rows.tolist()):
            name, young = roster.names[row], base.is_young(row)
            score, threshold = float(base.score[row]), float(base.threshold[row])
            exceeded = tuple(_tell_excess(roster, room, rates, column))
            above = (score > threshold and not young) or (young and bool(exceeded))
            suffered = tuple(list_harms(row)) if above else ()
            if not (suffered or (not young and (above or exceeded or score > LINGERS * threshold))):
                continue
            yield Sighting(
                kind=FindingKind.SURGE,
                tier=Tier.HARMFUL if exceeded or suffered else Tier.UNUSUAL,
                evidence=Evidence(
                    now=round(float(rates.now[column]), 2),
                    usual=round(float(base.rate[row]), 2),
                    capacity=_round_room(room.headroom_rps[:, column]),
                    score=round(score, 3),
                    threshold=round(threshold, 3),
                    harms=(*exceeded, *suffered),
                ),
                began_at=now if is_open(name) else now - self._find_onset(row),
                clear=above,
                service=name,
                tenant=roster.services[name].tenant,
                location=_only_place(roster, rates.beyond[:, column]),
            )

    def _bound_rates(self, rows: Rows, room: Room) -> _Rates:
        """A burst in one tick, such as a page and all that it needs, counts no more than the next highest tick."""
        dispersion, lengths = self.baselines.dispersion[rows], self._exposed.window_lengths_s
        sums = self.windows.sums[:, rows]
        exposures = np.broadcast_to(self._exposed.watched(rows), sums.shape)
        clearest = (bound_counts(sums, dispersion) / exposures).argmax(axis=0)
        now = (sums / exposures)[clearest, np.arange(len(rows))]
        sums = np.maximum(sums - self.windows.find_bursts(rows), 0)
        long = np.flatnonzero((lengths >= BOUND_S[0]) & (lengths <= BOUND_S[1]))
        lower = bound_counts(sums[long, None] * room.spread, dispersion, BOUND_DEVIATIONS) / exposures[long, None]
        usual = np.maximum(self.baselines.rate[rows], RATE_MIN_RPS)
        sure = np.any(bound_counts(sums, dispersion, SURE_DEVIATIONS) > usual * exposures, axis=0)
        return _Rates(now, (lower.max(axis=0, initial=0.0) > room.headroom_rps) & sure)

    def _find_onset(self, row: int) -> float:
        lengths = self._exposed.tick_lengths_s
        rate = max(float(self.baselines.rate[row]), RATE_MIN_RPS)
        return find_onset(self.windows.read_ticks(row), lengths, rate, lengths)

    def select(self, rows: Rows) -> None:
        """Keep the series of these rows, in this order, beside new ones."""
        self.windows.select(rows)
        self.baselines.select(rows)
        self._exposed = nothing_exposed()


def _tell_excess(roster: Roster, room: Room, rates: _Rates, column: int) -> Iterator[str]:
    for place in np.flatnonzero(rates.beyond[:, column]).tolist():
        offered, headroom = rates.now[column] * room.spread[place, column], room.headroom_rps[place, column]
        yield f"{offered:.0f} requests/s at {roster.location_names[place]}, where it has room for {headroom:.0f}"


def _round_room(headroom_rps: Floats) -> float | None:
    total = float(headroom_rps.sum())
    return round(total, 2) if total < _FAR else None


def _only_place(roster: Roster, beyond: Flags) -> str | None:
    """The location that is concerned, if it is one."""
    places = np.flatnonzero(beyond)
    if len(roster.location_names) == 1:
        return roster.location_names[0]
    return roster.location_names[int(places[0])] if len(places) == 1 else None
