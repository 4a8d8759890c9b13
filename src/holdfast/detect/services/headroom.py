"""When locations and services reach what they can carry, if they go on growing as they do."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from holdfast.detect.findings import Sighting
from holdfast.detect.intake.locations import RESOURCES, Location
from holdfast.detect.roster import Roster
from holdfast.detect.series.arrays import Floats, Rows, select_columns
from holdfast.detect.series.trend import Forecast, forecast
from holdfast.model.finding import Evidence, FindingKind, Tier

LOCATION_STEP_S: Final = 10.0
LOCATION_POINTS: Final = 720
LOOK_BACKS: Final = (1, 3, 12)
"""Locations are looked at over the last `_FITTED` points of so many steps each: 10 minutes, half an hour, two hours."""
SERVICE_STEP_S: Final = 60.0
SERVICE_POINTS: Final = 60
SERVICE_LOOK_BACKS: Final = (20, 60)
"""Services are looked at over so many minutes."""
HALF_FULL: Final = 0.5
"""What uses less than this share of its room isn't about to run out of it."""
SERVICES_MAX: Final = 128
"""More services than these, those nearest to their ceilings, aren't looked at in a minute."""
_SERVICES_A_TICK: Final = 8
_FITTED: Final = 60
_PERSISTS: Final = 3
"""A forecast is told once it was made so many times running."""


FindHeadroom = Callable[[Rows], Floats]
"""For some services, what they may be offered at all their locations together, in requests per second."""


class LocationHeadroom:
    """The last two hours of one location's used shares."""

    def __init__(self) -> None:
        self._points = np.full((LOCATION_POINTS, len(RESOURCES)), np.nan)
        self._sums = np.zeros(len(RESOURCES))
        self._summed_s = 0.0
        self._running = 0
        self._found: tuple[str, Forecast] | None = None

    def close_tick(self, used: Mapping[str, float], tick_s: float) -> None:
        """Add a tick; every `LOCATION_STEP_S`, look ahead."""
        self._sums += np.array([used[name] for name in RESOURCES]) * tick_s
        self._summed_s += tick_s
        if self._summed_s < LOCATION_STEP_S:
            return
        self._points = np.roll(self._points, -1, axis=0)
        self._points[-1] = self._sums / self._summed_s
        self._sums[:] = 0
        self._summed_s = 0.0
        self._found = self._look_ahead()
        self._running = self._running + 1 if self._found else 0

    def sight(self, location: Location, now: float) -> Iterator[Sighting]:
        """When the location is full, if it goes on like this."""
        if self._found is None:
            return
        resource, ahead = self._found
        yield Sighting(
            kind=FindingKind.HEADROOM,
            tier=Tier.UNUSUAL,
            evidence=_tell(ahead, 1.0, resource),
            began_at=now,
            clear=self._running >= _PERSISTS,
            location=location.name,
        )

    def _look_ahead(self) -> tuple[str, Forecast] | None:
        found: list[tuple[str, Forecast]] = []
        for number, resource in enumerate(RESOURCES):
            if not self._points[-1, number] >= HALF_FULL:
                continue
            for steps in LOOK_BACKS:
                recent = self._points[-_FITTED * steps :, number].reshape(_FITTED, steps).mean(axis=1)
                ahead = forecast(recent, LOCATION_STEP_S * steps, 1.0)
                if ahead:
                    found.append((resource, ahead))
        return min(found, key=lambda one: one[1].reached_s, default=None)


class ServiceHeadroom:
    """The last hour of what n services were offered, minute by minute: 244 bytes a service."""

    def __init__(self, services: int) -> None:
        self._points: Floats = np.full((SERVICE_POINTS, services), np.nan, np.float32)
        self._next = 0
        self._sums: Floats = np.zeros(services, np.float32)
        self._summed_s = 0.0
        self._queue: list[int] = []
        self._found: dict[int, tuple[float, Forecast]] = {}
        self._running: dict[int, int] = {}

    def close_tick(self, offered: Floats, watched_s: float, find_headroom: FindHeadroom) -> None:
        """Add a tick in which reports cover `watched_s`; each minute, choose whom to look at, a few a tick."""
        self._sums += offered
        self._summed_s += watched_s
        if self._summed_s >= SERVICE_STEP_S:
            self._points[self._next] = self._sums / np.float32(self._summed_s)
            headroom_rps = find_headroom(np.arange(len(self._sums)))
            used = self._points[self._next] / np.maximum(headroom_rps, np.float32(1e-3))
            self._next = (self._next + 1) % SERVICE_POINTS
            self._sums.fill(0)
            self._summed_s = 0.0
            self._choose(used)
        if self._queue:
            rows = np.array(self._queue[:_SERVICES_A_TICK])
            for row, ceiling in zip(rows.tolist(), find_headroom(rows).tolist(), strict=True):
                self._look_ahead(row, ceiling)
        del self._queue[:_SERVICES_A_TICK]

    def sight(self, roster: Roster, now: float) -> Iterator[Sighting]:
        """Which services reach their headroom, if they go on like this."""
        for row, (ceiling, ahead) in self._found.items():
            name = roster.names[row]
            yield Sighting(
                kind=FindingKind.HEADROOM,
                tier=Tier.UNUSUAL,
                evidence=_tell(ahead, ceiling, "requests"),
                began_at=now,
                clear=self._running[row] >= _PERSISTS,
                service=name,
                tenant=roster.services[name].tenant,
            )

    def select(self, rows: Rows) -> None:
        """Keep these services, in this order, beside new ones."""
        self._points = select_columns(self._points, rows, np.nan)
        self._sums = select_columns(self._sums, rows)
        places = {old: row for row, old in enumerate(rows.tolist()) if old >= 0}
        self._queue = [places[row] for row in self._queue if row in places]
        self._found = {places[row]: one for row, one in self._found.items() if row in places}
        self._running = {places[row]: one for row, one in self._running.items() if row in places}

    def _choose(self, used: Floats) -> None:
        rows = np.flatnonzero(used >= HALF_FULL)
        rows = rows[np.argsort(-used[rows], kind="stable")[:SERVICES_MAX]]
        self._queue = rows.tolist()
        kept = set(self._queue)
        self._found = {row: one for row, one in self._found.items() if row in kept}
        self._running = {row: one for row, one in self._running.items() if row in kept}

    def _look_ahead(self, row: int, ceiling: float) -> None:
        points = np.roll(self._points[:, row], -self._next).astype(np.float64)
        found = [one for one in (forecast(points[-n:], SERVICE_STEP_S, ceiling) for n in SERVICE_LOOK_BACKS) if one]
        if found:
            self._found[row] = ceiling, min(found, key=lambda one: one.reached_s)
            self._running[row] = self._running.get(row, 0) + 1
        else:
            self._found.pop(row, None)
            self._running.pop(row, None)


def _tell(ahead: Forecast, ceiling: float, resource: str) -> Evidence:
    harm = (
        f"{resource} reach capacity in about {ahead.reached_s / 60:.0f} minutes, "
        f"in {ahead.earliest_s / 60:.0f} at the earliest"
    )
    return Evidence(
        now=round(ahead.level, 4),
        usual=round(ahead.level, 4),
        capacity=round(ceiling, 2),
        score=round(min(ahead.score, 1e6), 2),
        threshold=4.0,
        harms=(harm,),
    )
