"""The watch: takes what edges report, and says at each tick what is unusual and what is harmful."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import numpy as np

from holdfast.detect.charts.chart import Chart, fill_columns
from holdfast.detect.charts.service_charts import ServiceCharts
from holdfast.detect.findings import Findings, Sighting
from holdfast.detect.intake.intake import Intake
from holdfast.detect.memory import Memory
from holdfast.detect.roster import Roster
from holdfast.detect.services.headroom import LocationHeadroom
from holdfast.detect.services.judges import Judges
from holdfast.detect.services.rooms import Rooms
from holdfast.detect.tick_result import TickResult
from holdfast.detect.traits import LocationTraits, ServiceTraits
from holdfast.model.reading import EdgeReading, Levels, LocationReading, Series, ServiceReading
from holdfast.model.telemetry import EdgeReport, Metric

TICK_S: Final = 0.25
"""The pace that the watch is meant for. Its windows are counted in ticks, so slower ticks make them longer."""
_TICK_S_MAX: Final = 60.0
_CHARTS: Final = {1: 600, 10: 720}
"""Points of a location's charts by their steps, in seconds."""


class Watch:
    """Stateful, and pure: it reads no clock, draws no chance, and the same calls give the same answers.

    Call `set_platform` at each revision, `take` for each report as it comes, and `tick` at a steady pace, every
    0.25 s or, when short of time, 0.5 or 1 s. All times are Unix, in seconds.
    """

    def __init__(self) -> None:
        self._intake = Intake()
        self._judges = Judges()
        self._rooms = Rooms(self._intake.roster, self._intake.exposure, None)
        self._findings = Findings()
        self._headroom: dict[str, LocationHeadroom] = {}
        self._service_charts = ServiceCharts(0)
        self._charts: dict[str, dict[int, Chart]] = {}
        self._at: float | None = None

    def set_platform(
        self, services: Mapping[str, ServiceTraits], locations: Mapping[str, LocationTraits], now: float
    ) -> None:
        """What there is to watch, from now on. Services that stay keep all that was learned of them."""
        self._at = now if self._at is None else self._at
        roster = Roster(services, locations)
        rows = roster.find_rows(self._intake.roster)
        if len(rows) != len(self._intake.roster.names) or np.any(rows != np.arange(len(rows))):
            self._service_charts.select(rows)
        self._intake.set_platform(roster, rows)
        self._judges.set_platform(roster, rows)
        self._rooms = Rooms(roster, self._intake.exposure, self._intake.find_groups())
        self._findings.keep(roster.names, roster.location_names, tuple(self._intake.edges.by_name))
        self._headroom = {name: self._headroom.get(name) or LocationHeadroom() for name in locations}
        self._charts = {
            name: self._charts.get(name) or {step_s: Chart(step_s, points, 1) for step_s, points in _CHARTS.items()}
            for name in locations
        }

    def remember(self) -> Memory:
        """What was learned of services' usual traffic, to be recalled by a watch that begins anew."""
        return Memory(self._intake.roster.names, self._judges.surges.baselines.remember())

    def recall(self, memory: Memory) -> None:
        """Have learned what is remembered of services that there are; KeyError or ValueError if it makes no sense."""
        rows = {name: row for row, name in enumerate(memory.services)}
        known = [(self._intake.roster.row_of[n], row) for n, row in rows.items() if n in self._intake.roster.row_of]
        if known:
            here, there = (np.array(side, np.intp) for side in zip(*known, strict=True))
            learned = {name: values[there] for name, values in memory.learned.items()}
            self._judges.surges.baselines.recall(here, learned)

    def take(self, report: EdgeReport) -> None:
        """Count what an edge reports. Services and edges that aren't known are left out, old reports ignored."""
        self._intake.take(report)

    def tick(self, now: float) -> TickResult:
        """Close the tick: all that was taken since the last one is judged."""
        before, self._at = self._at, now
        tick_s = TICK_S if before is None else min(max(now - before, 0.0), _TICK_S_MAX)
        if tick_s <= 0 or not self._intake.roster.names:
            return self._findings.update((), now)
        intake, judges = self._intake, self._judges
        exposed = intake.close_tick(tick_s)
        watched_s = float(exposed.present.mean())
        judges.close_tick(intake, exposed, self._findings)
        judges.look_ahead(intake, self._rooms, watched_s)
        self._rooms.close_tick(judges.surges.baselines.rate)
        self._draw(tick_s, now)
        intake.begin_tick(watched_s)
        sightings = [
            *judges.sight(intake, self._rooms, exposed, self._findings, now),
            *self._sight_locations(tick_s, now),
            *self._sight_blind_edges(now),
        ]
        return self._findings.update(sightings, now)

    def read_service(self, service: str) -> ServiceReading:
        """One service now; KeyError if it isn't known."""
        return self.read_services((service,))[0]

    def read_top(self, count_max: int, by: Literal["rate", "unusual"] = "rate") -> tuple[ServiceReading, ...]:
        """The services with the most offered, or the most unusual ones, first ones first."""
        base = self._judges.surges.baselines
        rank = self._intake.traffic.now[:, Metric.OFFERED] if by == "rate" else base.score / base.threshold
        count = min(count_max, len(rank))
        if count <= 0:
            return ()
        rows = np.argpartition(-rank, count - 1)[:count]
        rows = rows[np.argsort(-rank[rows], kind="stable")]
        return self._read_rows(rows.tolist())

    def read_services(self, services: Sequence[str]) -> tuple[ServiceReading, ...]:
        """Several services now, in the order asked for; KeyError if one isn't known."""
        return self._read_rows([self._intake.roster.row_of[name] for name in services])

    def read_levels(self) -> Levels:
        """How much is let in to each service now, at that of its locations where it is most."""
        intake = self._intake
        spread = intake.traffic.spread(np.arange(len(intake.roster.names)))
        rps = intake.traffic.now[:, Metric.ADMITTED] * spread.max(0)
        return Levels(tuple(intake.roster.names), rps, intake.traffic.in_flight.max(0).astype(np.float32))

    def read_location(self, location: str) -> LocationReading:
        """One location now; KeyError if it isn't known."""
        return self._intake.locations[location].read(self._intake.edges_at(location))

    def read_edges(self) -> tuple[EdgeReading, ...]:
        """Every edge of the platform, by name."""
        names = self._intake.roster.location_names
        edges = sorted(self._intake.edges, key=lambda edge: edge.name)
        return tuple(edge.read(names[edge.location]) for edge in edges)

    def chart_service(self, service: str) -> Series:
        """Up to ten minutes of a service, second by second; KeyError if it isn't known.

        Charts are kept of the busiest services, those with findings, and those that were asked for in the last
        minutes; another's is empty and begins now.
        """
        return self._service_charts.read(self._intake.roster.row_of[service], self._at or 0.0)

    def chart_location(self, location: str, step_s: Literal[1, 10] = 1) -> Series:
        """Ten minutes of a location second by second, or two hours by ten seconds; KeyError if it isn't known."""
        return self._charts[location][step_s].read(0)

    def _read_rows(self, rows: list[int]) -> tuple[ServiceReading, ...]:
        intake, base = self._intake, self._judges.surges.baselines
        headroom = self._rooms.find_headroom(np.array(rows, np.intp), base.rate).sum(0)
        return tuple(
            ServiceReading(
                service=intake.roster.names[row],
                rates={metric: float(intake.traffic.now[row, metric]) for metric in Metric},
                usual_rps=float(base.rate[row]),
                headroom_rps=float(headroom[column]) if np.isfinite(headroom[column]) else None,
                in_flight=int(intake.traffic.in_flight[:, row].sum()),
                in_flight_max=int(intake.roster.in_flight_max[row]),
                slow_s=self._judges.steps.threshold_s(row),
                score=float(base.score[row] / base.threshold[row]),
                learned=not base.is_young(row),
            )
            for column, row in enumerate(rows)
        )

    def _draw(self, tick_s: float, now: float) -> None:
        intake = self._intake
        found = [intake.roster.row_of[name] for name in self._findings.about_services()]
        self._service_charts.close_tick(intake.traffic, tick_s, now, found)
        for name, location in intake.locations.items():
            columns = fill_columns(location.counts[None].astype(np.float32), np.array([location.in_flight], np.float32))
            for chart in self._charts[name].values():
                chart.add(columns, tick_s, now)

    def _sight_locations(self, tick_s: float, now: float) -> Iterator[Sighting]:
        for name, location in self._intake.locations.items():
            yield from location.sight(now)
            self._headroom[name].close_tick(location.used, tick_s)
            yield from self._headroom[name].sight(location, now)

    def _sight_blind_edges(self, now: float) -> Iterator[Sighting]:
        names = self._intake.roster.location_names
        return (edge.sight(names[edge.location], now) for edge in self._intake.edges if edge.blind)
