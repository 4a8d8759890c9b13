"""Reports of edges on upstreams that may be lost, as tests say them."""

import numpy as np

from holdfast.model.telemetry import METRICS, UPSTREAM_METRICS, EdgeReport, Metric, UpstreamFigures, UpstreamMetric

REPORT_S = 0.25
Row = dict[UpstreamMetric, int]
WELL: Row = {UpstreamMetric.BEGUN: 10, UpstreamMetric.RECEIVED: 4_000}
DEAD: Row = {UpstreamMetric.UNREACHED: 10}
HUNG: Row = {UpstreamMetric.BEGUN: 10}
QUIET: Row = {}


def report(
    edge: str,
    ended_at: float,
    rows: dict[str, Row],
    endpoints: dict[str, tuple[int, int]] | None = None,
    rps: dict[str, float] | None = None,
) -> EdgeReport:
    """What an edge counted of clusters in `REPORT_S`; each has one endpoint, healthy unless it is said otherwise."""
    offered = rps or {}
    services = np.zeros((len(offered), METRICS), np.int64)
    services[:, Metric.OFFERED] = [round(rate * REPORT_S) for rate in offered.values()]
    counts = np.zeros((len(rows), UPSTREAM_METRICS), np.int64)
    for number, row in enumerate(rows.values()):
        for metric, count in row.items():
            counts[number, metric] = count
    known = endpoints or {}
    return EdgeReport(
        edge=edge,
        process="1",
        sequence=1,
        began_at=ended_at - REPORT_S,
        ended_at=ended_at,
        services=tuple(offered),
        counts=services,
        in_flight=np.zeros(len(offered), np.int64),
        upstreams=UpstreamFigures(
            tuple(rows), counts, np.array([known.get(name, (1, 1)) for name in rows], np.int64).reshape(len(rows), 2)
        ),
    )
