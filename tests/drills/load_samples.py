"""Made-up results of the load generator, for tests of what is concluded from them."""

from dataclasses import dataclass

import numpy as np

from holdfast.drills.instruments import HostLoad, LoadPlan, LoadResult, RateWindow
from holdfast.drills.instruments.load_result import RECORD_DTYPE, LoadSummary, Records


@dataclass(frozen=True)
class Stretch:
    """Evenly spread requests of one stream from `start_s` to `end_s`, all of one latency and status."""

    stream: str
    start_s: float
    end_s: float
    rps: float = 100.0
    latency_ms: float = 5.0
    status: int = 200


def make_result(*stretches: Stretch, lateness_ms: float = 0.0, started_ns: int = 0) -> LoadResult:
    """A run in which all of this happened."""
    streams = sorted({each.stream for each in stretches})
    records = np.concatenate([_make_records(each, streams.index(each.stream), lateness_ms) for each in stretches])
    records = records[np.argsort(records["intended_s"], kind="stable")]
    end_s = max(each.end_s for each in stretches)
    hosts = tuple(HostLoad(f"{name}.example", (RateWindow(0, end_s, 1),), stream=name) for name in streams)
    summary = LoadSummary(
        started_ns=started_ns,
        elapsed_s=end_s,
        requests=len(records),
        sent=len(records),
        waited=0,
        connections_opened=1,
        achieved_rps=len(records) / end_s,
        cpu_s=0.0,
        stopped=False,
        statuses={},
        lateness_ms_p50=0.0,
        lateness_ms_p99=lateness_ms,
        lateness_ms_max=lateness_ms,
    )
    return LoadResult(LoadPlan(80, end_s, hosts), records, summary)


def _make_records(stretch: Stretch, host: int, lateness_ms: float) -> Records:
    count = round((stretch.end_s - stretch.start_s) * stretch.rps)
    records = np.zeros(count, RECORD_DTYPE)
    records["intended_s"] = np.linspace(stretch.start_s, stretch.end_s, count, endpoint=False)
    records["latency_ms"] = stretch.latency_ms if stretch.status > 0 else np.inf
    records["lateness_ms"] = lateness_ms
    records["status"] = stretch.status
    records["host"] = host
    return records
