"""Charts of the services that somebody may look at: the busiest, those with findings, those asked for lately."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from holdfast.detect.charts.chart import COLUMNS, Chart, fill_columns
from holdfast.detect.intake.traffic import Traffic
from holdfast.detect.series.arrays import Floats, Rows
from holdfast.model.reading import Series
from holdfast.model.telemetry import Metric

SERVICES_MAX: Final = 2_000
STEP_S: Final = 1.0
POINTS: Final = 600
CHOICE_S: Final = 10.0
"""So often the choice is made anew; a service that was chosen begins with an empty chart."""
STICKS: Final = 2.0
"""Others take a service's place only if they are so many times busier."""
ASKED_S: Final = 600.0
"""For so long a service that was asked for is chosen."""
ASKED_MAX: Final = 200


class ServiceCharts:
    """Charts of at most `SERVICES_MAX` of n services: 14.4 KB each."""

    def __init__(self, services: int) -> None:
        self._services = services
        self._rows: Rows = np.arange(min(services, SERVICES_MAX))
        self._chart = Chart(STEP_S, POINTS, len(self._rows))
        self._asked: dict[int, float] = {}
        self._since_choice_s = 0.0

    def close_tick(self, traffic: Traffic, tick_s: float, now: float, found: Iterable[int]) -> None:
        """Add a tick, while `traffic.tick` still holds it; `found` are the rows with findings."""
        in_flight = traffic.in_flight[:, self._rows].sum(0).astype(np.float32)
        self._chart.add(fill_columns(traffic.tick[self._rows], in_flight), tick_s, now)
        self._since_choice_s += tick_s
        if self._since_choice_s >= CHOICE_S and self._services > len(self._rows):
            self._since_choice_s = 0.0
            self._asked = {row: at for row, at in self._asked.items() if now - at < ASKED_S}
            self._choose(traffic.now[:, Metric.OFFERED], {*self._asked, *found})

    def read(self, row: int, now: float) -> Series:
        """A service's chart, empty if it wasn't chosen; it will be from now on."""
        self._asked[row] = now
        if len(self._asked) > ASKED_MAX:
            self._asked.pop(min(self._asked, key=lambda one: self._asked[one]))
        places = np.flatnonzero(self._rows == row)
        if len(places):
            return self._chart.read(int(places[0]))
        return Series(step_s=STEP_S, ends_at=now, values=dict.fromkeys(COLUMNS, ()))

    def select(self, rows: Rows) -> None:
        """Keep these services, in this order, beside new ones."""
        places = {old: row for row, old in enumerate(rows.tolist()) if old >= 0}
        kept = [(place, places[row]) for place, row in enumerate(self._rows.tolist()) if row in places]
        taken = {row for _, row in kept}
        free = [row for row in range(len(rows)) if row not in taken]
        free = free[: min(len(rows), SERVICES_MAX) - len(kept)]
        numbers = [place for place, _ in kept] + [-1] * len(free)
        self._chart.select(np.array(numbers, np.intp))
        self._rows = np.array([row for _, row in kept] + free, np.intp)
        self._services = len(rows)
        self._asked = {places[row]: at for row, at in self._asked.items() if row in places}

    def _choose(self, offered: Floats, wanted: set[int]) -> None:
        """Those that stay keep their places, so that their charts go on."""
        rank = offered.copy()
        rank[self._rows] *= STICKS
        rank[list(wanted)] = np.inf
        chosen = np.argpartition(-rank, len(self._rows) - 1)[: len(self._rows)]
        leaving = np.flatnonzero(~np.isin(self._rows, chosen))
        coming = chosen[~np.isin(chosen, self._rows)]
        self._rows[leaving] = np.sort(coming)
        self._chart.forget(leaving.tolist())
