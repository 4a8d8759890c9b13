"""How much each service may be offered at each location before somebody suffers."""

import numpy as np

from holdfast.detect.intake.exposure import Exposure
from holdfast.detect.roster import Roster
from holdfast.detect.series.arrays import Flags, Floats, Rows


class Rooms:
    """Headroom: a service's own limit, or what its location has left beside the usual traffic of the others."""

    def __init__(self, roster: Roster, exposure: Exposure, groups: list[Flags] | None) -> None:
        """`groups` tells for each location which of the exposure's groups are its own; None if they can't be told."""
        self._roster = roster
        self._exposure = exposure
        self._groups = groups
        self._usual: Floats = np.zeros(len(roster.location_names), np.float32)
        self._turn = 0

    def close_tick(self, usual_rps: Floats) -> None:
        """Sum up what usually comes, of shape (services,), at one location after the other."""
        if len(self._usual):
            self._usual[self._turn] = float((usual_rps * self._share(self._turn, slice(None))).sum())
            self._turn = (self._turn + 1) % len(self._usual)

    def find_headroom(self, rows: Rows, usual_rps: Floats) -> Floats:
        """Requests per second that some services may be offered, of shape (locations, rows)."""
        capacity = self._roster.capacity_rps[rows]
        headroom = np.empty((len(self._usual), len(rows)), np.float32)
        for place, room in enumerate(headroom):
            mine = usual_rps[rows] * self._share(place, rows)
            left = self._roster.location_rps[place] - (self._usual[place] - mine)
            np.minimum(capacity, np.maximum(left, 0), out=room)
        return headroom

    def _share(self, place: int, rows: Rows | slice) -> Floats | np.float32:
        if self._groups is None or len(self._usual) == 1:
            return np.float32(1 / len(self._usual))
        return self._exposure.share(self._groups[place], rows)
