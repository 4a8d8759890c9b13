"""The project's own measuring instruments: an open-loop load generator and an upstream with a shared cap, in C.

They are in C because a generator's own tardiness must stay far below the latencies that it measures. Each is built
on first use with the machine's C compiler and started as a process of its own.
"""

from holdfast.drills.instruments.build import BuildError, CompilerMissingError, build_instrument
from holdfast.drills.instruments.load import LoadRun, run_load, start_load
from holdfast.drills.instruments.load_plan import HostLoad, LoadPlan, RateWindow, SourcePool, render_plan
from holdfast.drills.instruments.load_result import (
    Failure,
    LatenessVerdict,
    LoadResult,
    check_lateness,
    find_latency_ms,
    is_success,
    latency_ms_percentile,
    name_streams,
    select_hosts,
    select_streams,
    select_window,
    success_rate,
)
from holdfast.drills.instruments.process import InstrumentError, Placement
from holdfast.drills.instruments.upstream import Upstream, UpstreamOptions, UpstreamStats, start_upstream

__all__ = [
    "BuildError",
    "CompilerMissingError",
    "Failure",
    "HostLoad",
    "InstrumentError",
    "LatenessVerdict",
    "LoadPlan",
    "LoadResult",
    "LoadRun",
    "Placement",
    "RateWindow",
    "SourcePool",
    "Upstream",
    "UpstreamOptions",
    "UpstreamStats",
    "build_instrument",
    "check_lateness",
    "find_latency_ms",
    "is_success",
    "latency_ms_percentile",
    "name_streams",
    "render_plan",
    "run_load",
    "select_hosts",
    "select_streams",
    "select_window",
    "start_load",
    "start_upstream",
    "success_rate",
]
