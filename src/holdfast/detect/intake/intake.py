"""What edges report, sorted by service, location and edge."""

from collections.abc import Iterator

import numpy as np

from holdfast.detect.intake.edges import Edge, Edges
from holdfast.detect.intake.exposure import GROUPS_MAX, Exposed, Exposure
from holdfast.detect.intake.locations import Location, keep_locations
from holdfast.detect.intake.traffic import Traffic
from holdfast.detect.roster import Roster
from holdfast.detect.series.arrays import NEW, Flags, Rows
from holdfast.model.telemetry import EdgeReport


class Intake:
    """All that was reported in the present tick, and averages of what was before."""

    def __init__(self) -> None:
        self.roster = Roster({}, {})
        self.edges = Edges()
        self.exposure = Exposure(1, 0)
        self.traffic = Traffic(0, 0)
        self.locations: dict[str, Location] = {}
        self._group_names: tuple[str, ...] = ()
        self._group_of: dict[str, int] = {}
        self._group_sizes = np.zeros(0, np.int64)

    def set_platform(self, roster: Roster, rows: Rows) -> None:
        """Watch these services and locations; `rows` are the services' rows before."""
        before, self.roster = self.roster, roster
        numbers = [before.number_of.get(name, NEW) for name in roster.location_names]
        self.traffic.select(rows, np.array(numbers, np.intp))
        self.edges.set_platform(roster.locations, rows)
        self.traffic.in_flight.fill(0)
        for edge in self.edges:
            self.traffic.in_flight[edge.location] += edge.in_flight
        self.locations = keep_locations(self.locations, roster.locations)
        self._set_groups(rows)

    def take(self, report: EdgeReport) -> None:
        """Count a report, unless it repeats, or is of the moments after its Envoy began anew."""
        edge = self.edges.by_name.get(report.edge)
        if edge is None or not edge.believes(report):
            return
        if report.process != edge.process:
            self._forget_in_flight(edge)
        edge.follow(report)
        rows = self.roster.find_known_rows(report.services)
        known = rows != NEW
        rows, counts, in_flight = rows[known], report.counts[known], report.in_flight[known]
        self.traffic.in_flight[edge.location, rows] += in_flight - edge.in_flight[rows]
        edge.in_flight[rows] = in_flight
        if edge.settling(report):
            return
        offered = self.traffic.count(edge.location, rows, counts)
        group = self._group_of[edge.name]
        covered_s = report.ended_at - report.began_at
        self.exposure.count(group, rows, offered, covered_s / self._group_sizes[group])
        self.locations[self.roster.location_names[edge.location]].count(counts, covered_s)

    def close_tick(self, tick_s: float) -> Exposed:
        """How much was watched in the tick that ends; its counts are still there until `begin_tick`."""
        self.edges.pass_time(tick_s)
        live = np.zeros(len(self._group_names), np.bool_)
        for edge in self.edges:
            if edge.gone and edge.in_flight.any():
                self._forget_in_flight(edge)
            live[self._group_of[edge.name]] |= not edge.gone
        for name, location in self.locations.items():
            location.close_tick(tuple(self.edges_at(name)), tick_s)
        return self.exposure.close_tick(tick_s, live)

    def begin_tick(self, watched_s: float) -> None:
        """Begin the next tick, after one in which reports covered `watched_s`."""
        self.traffic.close_tick(watched_s)

    def edges_at(self, location: str) -> Iterator[Edge]:
        """The edges of a location."""
        return (self.edges.by_name[name] for name in self.roster.locations[location].edges)

    def _forget_in_flight(self, edge: Edge) -> None:
        self.traffic.in_flight[edge.location] -= edge.in_flight
        edge.in_flight.fill(0)

    def _set_groups(self, rows: Rows) -> None:
        """Edges are told apart, or else locations, or else nothing: as the number of them allows."""
        locations = self.roster.locations
        place_of = {edge: name for name, location in locations.items() for edge in location.edges}
        if len(place_of) <= GROUPS_MAX:
            group_of = {edge: edge for edge in place_of}
        elif len(locations) <= GROUPS_MAX:
            group_of = place_of
        else:
            group_of = dict.fromkeys(place_of, "all")
        names = tuple(dict.fromkeys(group_of.values())) or ("none",)
        before = {name: number for number, name in enumerate(self._group_names)}
        self.exposure.select(rows, np.array([before.get(name, NEW) for name in names], np.intp))
        self._group_names = names
        self._group_of = {edge: names.index(group) for edge, group in group_of.items()}
        self._group_sizes = np.bincount(list(self._group_of.values()), minlength=len(names))

    def find_groups(self) -> list[Flags] | None:
        """For each location, which groups of the exposure are its own; None if they can't be told apart."""
        if len(self._group_names) == 1 and len(self.locations) > 1:
            return None
        groups = []
        for location in self.roster.locations.values():
            mine = np.zeros(len(self._group_names), np.bool_)
            mine[[self._group_of[name] for name in location.edges]] = True
            groups.append(mine)
        return groups
