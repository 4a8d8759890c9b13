"""What clients were answered, at all edges together, on the drill's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from holdfast.drills.instruments import Failure, is_success, name_streams
from holdfast.drills.spot_reclaim.contents import API

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from holdfast.drills.bad_route_push.timing import DrillClock
    from holdfast.drills.instruments import LoadResult


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """One entry for each request, all arrays of shape (requests,). `due_s` is when it was to be sent."""

    due_s: npt.NDArray[np.float64]
    kind: npt.NDArray[np.str_]
    status: npt.NDArray[np.int16]
    is_good: npt.NDArray[np.bool_]
    latency_ms: npt.NDArray[np.float32]

    def select(self, chosen: npt.NDArray[np.bool_]) -> Answers:
        """Only these of them."""
        return Answers(
            self.due_s[chosen], self.kind[chosen], self.status[chosen], self.is_good[chosen], self.latency_ms[chosen]
        )

    def within(self, start_s: float, end_s: float) -> Answers:
        """Those that were due from one moment until before another."""
        return self.select((self.due_s >= start_s) & (self.due_s < end_s))

    def of(self, kind: str) -> Answers:
        """Those of one kind."""
        return self.select(self.kind == kind)

    @property
    def of_files(self) -> Answers:
        """Those for files."""
        return self.select(self.kind != API)

    @property
    def truncated(self) -> int:
        """How many answers had begun and then broke off."""
        return int(np.count_nonzero(self.status == Failure.TRUNCATED))

    @property
    def failed(self) -> int:
        """How many got no good answer, those that broke off left out."""
        return int(np.count_nonzero(~self.is_good & (self.status != Failure.TRUNCATED)))

    @property
    def slowest_ms(self) -> float:
        """The longest time for a good answer; 0 if there was none."""
        return float(self.latency_ms[self.is_good].max()) if self.is_good.any() else 0.0

    def count_statuses(self) -> dict[int, int]:
        """How often each status, or failure, was the answer."""
        found, counts = np.unique(self.status[~self.is_good], return_counts=True)
        return dict(zip(map(int, found), map(int, counts), strict=True))

    def __len__(self) -> int:
        """How many there are."""
        return len(self.due_s)


def collect_answers(results: Sequence[LoadResult], clock: DrillClock) -> Answers:
    """All that was measured, edge by edge."""
    parts = [
        (
            result.records["intended_s"] + (result.summary.started_ns - clock.began_ns) / 1e9,
            name_streams(result),
            result.records["status"],
            is_success(result.records),
            result.records["latency_ms"],
        )
        for result in results
    ]
    return Answers(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
