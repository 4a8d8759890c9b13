"""Which services and locations there are, and the row that each of them has in every array."""

from collections.abc import Mapping

import numpy as np

from holdfast.detect.series.arrays import NEW, Floats, Rows
from holdfast.detect.traits import LocationTraits, ServiceTraits


class Roster:
    """Services by row, and what must be known of them in bulk; locations by number."""

    def __init__(self, services: Mapping[str, ServiceTraits], locations: Mapping[str, LocationTraits]) -> None:
        self.services = services
        self.locations = locations
        self.names = tuple(services)
        self.row_of = {name: row for row, name in enumerate(self.names)}
        self.location_names = tuple(locations)
        self.number_of = {name: number for number, name in enumerate(self.location_names)}
        traits = services.values()
        self.capacity_rps: Floats = np.array([one.capacity_rps for one in traits], np.float32)
        """Shape (services,): at each location."""
        self.in_flight_max = np.array([one.in_flight.maximum for one in traits], np.int64)
        """Shape (services,): at each location."""
        self.location_rps: Floats = np.array([one.capacity.requests for one in locations.values()], np.float32)
        """Shape (locations,)."""

    def find_rows(self, before: "Roster") -> Rows:
        """For each service, the row it had before; `NEW` if it wasn't there."""
        return np.array([before.row_of.get(name, NEW) for name in self.names], np.intp)

    def find_known_rows(self, names: tuple[str, ...]) -> Rows:
        """For each name its row, and `NEW` for what isn't a service."""
        row_of = self.row_of
        return np.array([row_of.get(name, NEW) for name in names], np.intp)
