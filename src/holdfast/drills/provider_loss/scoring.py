"""What clients' answers and Holdfast's own history say about an act. Pure: arrays in, numbers out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.drills.instruments import is_success, name_streams
from holdfast.drills.provider_loss.places import EDGES, SERVICES
from holdfast.drills.provider_loss.traffic import READS, WRITES, name_stream
from holdfast.model.mitigation import FailOver

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from holdfast.drills.instruments import LoadResult
    from holdfast.drills.provider_loss.acts import Act
    from holdfast.drills.provider_loss.places import Served
    from holdfast.drills.stage.history import PastMitigation

SAME_MOVE_S: Final = 0.5
"""Measures of the same service that follow each other within this are one stay on the standby."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """One entry for each request, all arrays of shape (requests,). `edge` is a place in `EDGES`. Due in seconds since
    the traffic's start.
    """

    stream: npt.NDArray[np.str_]
    edge: npt.NDArray[np.intp]
    due_s: npt.NDArray[np.float64]
    status: npt.NDArray[np.int16]
    """The answer's, or a `Failure`."""
    is_good: npt.NDArray[np.bool_]

    def select(self, chosen: npt.NDArray[np.bool_]) -> Answers:
        """Only these of them."""
        return Answers(
            self.stream[chosen], self.edge[chosen], self.due_s[chosen], self.status[chosen], self.is_good[chosen]
        )

    def within(self, start_s: float, end_s: float) -> Answers:
        """Those that were due from one moment until before another."""
        return self.select((self.due_s >= start_s) & (self.due_s < end_s))

    def of(self, services: Iterable[Served], *kinds: str) -> Answers:
        """Those for these services, of these kinds."""
        streams = [name_stream(served.name, kind) for served in services for kind in kinds]
        return self.select(np.isin(self.stream, streams))

    def at(self, edge: str) -> Answers:
        """Those of one edge."""
        return self.select(self.edge == EDGES.index(edge))

    def list_failures(self) -> dict[int, int]:
        """How many failed with each status, or for each `Failure`."""
        statuses, counts = np.unique(self.status[~self.is_good], return_counts=True)
        return dict(zip(statuses.tolist(), counts.tolist(), strict=True))

    @property
    def failed(self) -> int:
        """How many weren't answered as they should."""
        return int(np.count_nonzero(~self.is_good))

    @property
    def success(self) -> float:
        """The share that was answered well, 0 to 1; 1 without any."""
        return 1 - self.failed / len(self) if len(self) else 1.0

    def __len__(self) -> int:
        """How many there are."""
        return len(self.due_s)


def collect_answers(results: Mapping[str, LoadResult], began_ns: int) -> Answers:
    """All that was answered, by edge."""
    columns = []
    for edge, result in results.items():
        records = result.records
        due_s = records["intended_s"] + (result.summary.started_ns - began_ns) / 1e9
        edges = np.full(len(records), EDGES.index(edge), np.intp)
        columns.append((name_streams(result), edges, due_s, records["status"], is_success(records)))
    return Answers(*(np.concatenate(column) for column in zip(*columns, strict=True)))


@dataclass(frozen=True, slots=True)
class ScoredAct:
    """What came of an act.

    `reads_failed_s` is how many reads of the lost site's services failed while it was lost, in seconds' worth of them;
    `failures` tells of what; `back_failed` how many of them did from when it was given back until the act's end.
    `elsewhere_failed` are requests of other regions' services. `decided_s` is how long it took until a failover was
    decided, infinite if none was; `moves` the most often that a service went to its standby.
    """

    act: Act
    reads: int
    reads_failed_s: float
    reads_success: float
    failures: Mapping[int, int]
    back_failed: int
    elsewhere: int
    elsewhere_failed: int
    decided_s: float
    moves: int


def score_act(answers: Answers, act: Act, past: Collection[PastMitigation], lost: Sequence[Served]) -> ScoredAct:
    """Score one act; `lost` are the services whose site it was."""
    reads = answers.of(lost, READS)
    while_lost, afterwards = reads.within(act.lost_s, act.healed_s), reads.within(act.healed_s, act.over_s)
    rps = len(while_lost) / (act.healed_s - act.lost_s)
    others = [served for served in SERVICES if served not in lost]
    elsewhere = answers.of(others, READS, WRITES).within(act.lost_s, act.over_s)
    return ScoredAct(
        act=act,
        reads=len(while_lost),
        reads_failed_s=while_lost.failed / rps if rps else math.inf,
        reads_success=while_lost.success,
        failures=while_lost.list_failures(),
        back_failed=afterwards.failed,
        elsewhere=len(elsewhere),
        elsewhere_failed=elsewhere.failed,
        decided_s=find_decided_s(past, act) - act.lost_s,
        moves=max((len(list_stays(past, served, act)) for served in lost), default=0),
    )


def find_decided_s(past: Collection[PastMitigation], act: Act) -> float:
    """When a failover was first decided in an act; infinite if none was."""
    began = (each.started_s for each in past if isinstance(each.measure, FailOver))
    return min((started_s for started_s in began if act.lost_s <= started_s < act.over_s), default=math.inf)


def list_stays(past: Collection[PastMitigation], served: Served, act: Act) -> list[tuple[float, float]]:
    """From when to when a service was on its standby in an act: measures that follow one another are one stay."""
    spans = sorted(
        (each.started_s, each.ended_s)
        for each in past
        if _moves(each.measure, served) and each.overlaps(act.lost_s, act.over_s)
    )
    stays: list[tuple[float, float]] = []
    for started_s, ended_s in spans:
        if stays and started_s <= stays[-1][1] + SAME_MOVE_S:
            stays[-1] = (stays[-1][0], max(stays[-1][1], ended_s))
        else:
            stays.append((started_s, ended_s))
    return stays


def _moves(measure: object, served: Served) -> bool:
    """Whether a measure sends a service to its standby."""
    if not isinstance(measure, FailOver):
        return False
    if measure.service is not None:
        return measure.service == served.name
    of_site = measure.site is None or measure.site == served.site
    return of_site and (measure.classes is None or served.criticality in measure.classes)
