"""What clients were answered, at all edges together, on the drill's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from holdfast.drills.bad_route_push.platform_file import CALLS_PATH
from holdfast.drills.instruments import is_success

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy.typing as npt

    from holdfast.drills.bad_route_push.timing import DrillClock
    from holdfast.drills.instruments import LoadResult

NOT_FOUND = 404


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """One entry for each request, all arrays of shape (requests,).

    `service` is a place in `names`, `edge` the place of the edge that was asked. A request was due at `due_s`, and its
    answer had come in full at `arrived_s`; where none came, that is when it was given up.
    """

    names: tuple[str, ...]
    service: npt.NDArray[np.intp]
    edge: npt.NDArray[np.intp]
    is_call: npt.NDArray[np.bool_]
    due_s: npt.NDArray[np.float64]
    arrived_s: npt.NDArray[np.float64]
    is_good: npt.NDArray[np.bool_]
    is_not_found: npt.NDArray[np.bool_]

    def select(self, chosen: npt.NDArray[np.bool_]) -> Answers:
        """Only these of them."""
        return Answers(
            self.names,
            self.service[chosen],
            self.edge[chosen],
            self.is_call[chosen],
            self.due_s[chosen],
            self.arrived_s[chosen],
            self.is_good[chosen],
            self.is_not_found[chosen],
        )

    def within(self, start_s: float, end_s: float) -> Answers:
        """Those that were due from one moment until before another."""
        return self.select((self.due_s >= start_s) & (self.due_s < end_s))

    def of(self, services: Collection[str]) -> npt.NDArray[np.bool_]:
        """Which of them are for these services; shape (requests,)."""
        among = np.array([name in services for name in self.names])
        return np.asarray(among[self.service])

    @property
    def failed(self) -> int:
        """How many weren't answered as they should."""
        return int(np.count_nonzero(~self.is_good))

    def __len__(self) -> int:
        """How many there are."""
        return len(self.service)


def collect_answers(results: Sequence[LoadResult], names: tuple[str, ...], clock: DrillClock) -> Answers:
    """All that was measured, edge by edge."""
    place_of = {name: place for place, name in enumerate(names)}
    parts = []
    for edge, result in enumerate(results):
        records, hosts = result.records, result.plan.hosts
        service = np.array([place_of[load.stream] for load in hosts])
        is_call = np.array([load.path == CALLS_PATH for load in hosts])
        due_s = records["intended_s"] + (result.summary.started_ns - clock.began_ns) / 1e9
        latency_s = np.minimum(records["latency_ms"].astype(np.float64), result.plan.timeout_ms) / 1e3
        place = records["host"]
        edges = np.full(len(records), edge, np.intp)
        status = records["status"]
        parts.append(
            (service[place], edges, is_call[place], due_s, due_s + latency_s, is_success(records), status == NOT_FOUND)
        )
    return Answers(names, *(np.concatenate(columns) for columns in zip(*parts, strict=True)))
