"""What a run of the load generator measured, and what may be concluded from it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from holdfast.drills.instruments.load_plan import LoadPlan

Records: TypeAlias = npt.NDArray[np.void]
"""One request each, by intended send time, of `RECORD_DTYPE`; shape (requests,)."""

RECORD_DTYPE = np.dtype(
    [
        ("intended_s", "<f8"),
        ("latency_ms", "<f4"),
        ("lateness_ms", "<f4"),
        ("status", "<i2"),
        ("host", "<u2"),
        ("source", "<i4"),
    ]
)
"""intended_s: intended send time since the start. latency_ms: from then to the end of the answer, infinite without
one. lateness_ms: from then until the generator took the request up. status: the answer's, or a `Failure`. host: its
place in the plan. source: which of the source addresses sent it, -1 for none."""

LATENESS_RATIO_MAX = 0.1


class Failure(IntEnum):
    """Why no complete answer came; the numbers stand in the records' status."""

    CONNECT = -1
    WRITE = -2
    TIMEOUT = -3
    CLOSED = -4
    TRUNCATED = -5
    MALFORMED = -6
    UNSENT = -7
    LOCAL = -8


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """The run as a whole. `started_ns` is CLOCK_MONOTONIC, as `time.monotonic_ns()`; records count from there.

    `waited` are the requests that found all connections busy when they were due: if many, the plan's
    `connections_max` may be what was measured.
    """

    started_ns: int
    elapsed_s: float
    requests: int
    sent: int
    waited: int
    connections_opened: int
    achieved_rps: float
    cpu_s: float
    stopped: bool
    statuses: Mapping[int, int]
    lateness_ms_p50: float
    lateness_ms_p99: float
    lateness_ms_max: float


@dataclass(frozen=True, slots=True, eq=False)
class LoadResult:
    """A run: what was planned, each request's record, the summary."""

    plan: LoadPlan
    records: Records
    summary: LoadSummary

    def compute_offset_s(self, moment_ns: int) -> float:
        """Seconds from the start to a moment of CLOCK_MONOTONIC, to lay another process's event beside records."""
        return (moment_ns - self.summary.started_ns) / 1e9


@dataclass(frozen=True, slots=True)
class LatenessVerdict:
    """Whether the generator itself was fast enough for its latencies to be believed."""

    lateness_ms_p99: float
    latency_ms_p99: float
    ratio: float
    local_failures: int
    ok: bool


def parse_summary(line: bytes) -> LoadSummary:
    """The summary that the generator printed."""
    fields: dict[str, Any] = json.loads(line)
    lateness_ms = fields.pop("lateness_ms")
    statuses = {int(status): count for status, count in fields.pop("statuses").items()}
    return LoadSummary(
        **fields,
        statuses=statuses,
        lateness_ms_p50=lateness_ms["p50"],
        lateness_ms_p99=lateness_ms["p99"],
        lateness_ms_max=lateness_ms["max"],
    )


def read_records(path: Path) -> Records:
    """All records of a finished run."""
    return np.fromfile(path, dtype=RECORD_DTYPE)


def select_hosts(result: LoadResult, hosts: Collection[str]) -> Records:
    """The records of the requests for these hosts."""
    places = [place for place, load in enumerate(result.plan.hosts) if load.host in hosts]
    return result.records[np.isin(result.records["host"], places)]


def select_streams(result: LoadResult, streams: Collection[str]) -> Records:
    """The records of the requests of these streams."""
    places = [place for place, load in enumerate(result.plan.hosts) if load.stream in streams]
    return result.records[np.isin(result.records["host"], places)]


def name_streams(result: LoadResult) -> npt.NDArray[np.str_]:
    """Of each record, the stream that it belongs to; shape (requests,)."""
    streams = np.array([load.stream for load in result.plan.hosts], dtype=np.str_)
    return np.take(streams, result.records["host"])


def select_window(records: Records, start_s: float, end_s: float) -> Records:
    """The records of requests intended from `start_s` up to `end_s`, that moment excluded."""
    intended_s = records["intended_s"]
    return records[(intended_s >= start_s) & (intended_s < end_s)]


def is_success(records: Records) -> npt.NDArray[np.bool_]:
    """Whether each request was answered in full with a status from 200 to 399; shape (requests,)."""
    status = records["status"]
    return np.asarray((status >= 200) & (status < 400))


def find_latency_ms(records: Records) -> npt.NDArray[np.float32]:
    """Latencies in milliseconds, infinite for every request that isn't a success; shape (requests,)."""
    return np.where(is_success(records), records["latency_ms"], np.float32(np.inf))


def success_rate(records: Records) -> float:
    """Successes out of all requests, 0 to 1. Raises ValueError when there are none."""
    if len(records) == 0:
        raise ValueError("no requests, so no success rate")
    return float(np.mean(is_success(records)))


def latency_ms_percentile(records: Records, percent: float) -> float:
    """Percentile of latency with every request that isn't a success counted as infinite.

    Nearest rank: the smallest latency that at least `percent` % of the requests don't exceed. Raises ValueError when
    there are none.
    """
    return _find_nearest_rank(find_latency_ms(records), percent)


def _find_nearest_rank(values: npt.NDArray[Any], percent: float) -> float:
    if len(values) == 0:
        raise ValueError("no requests, so no percentile")
    rank = max(1, math.ceil(percent / 100 * len(values)))
    return float(np.sort(values)[rank - 1])


def check_lateness(records: Records, timeout_ms: float | None = None) -> LatenessVerdict:
    """Whether the generator's p99 lateness is at most 10 % of the p99 latency of what was answered (with any status),
    and no request failed for want of local ports or descriptors. Without an answer the verdict is no.

    With `timeout_ms`, a request that was waited for in vain counts with the time for which it was.
    """
    answered = records["latency_ms"][records["status"] > 0]
    if timeout_ms is not None and len(answered):
        in_vain = int(np.count_nonzero(records["status"] == Failure.TIMEOUT))
        answered = np.concatenate([answered, np.full(in_vain, timeout_ms, answered.dtype)])
    local_failures = int(np.count_nonzero(records["status"] == Failure.LOCAL))
    lateness_ms_p99 = _find_nearest_rank(records["lateness_ms"], 99) if len(records) else math.nan
    latency_ms_p99 = _find_nearest_rank(answered, 99) if len(answered) else math.inf
    ratio = lateness_ms_p99 / latency_ms_p99 if len(answered) else math.inf
    ok = ratio <= LATENESS_RATIO_MAX and local_failures == 0
    return LatenessVerdict(lateness_ms_p99, latency_ms_p99, ratio, local_failures, ok)
