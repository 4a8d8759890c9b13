"""From what an Envoy pushes to what is reported of upstreams that may be lost, and of their standbys."""

from typing import TYPE_CHECKING, Final

import numpy as np

from holdfast.adapters.telemetry.otlp import Export
from holdfast.compile.upstream_health import UpstreamCount, read_endpoints, read_upstream_count
from holdfast.model.telemetry import UPSTREAM_METRICS, UpstreamFigures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

EVERY: Final = 8
"""Each so many reports speak of all upstreams, changed or not: a report may be lost, and control begin anew."""
UPSTREAMS_MAX: Final = 40_000
"""More aren't reported on."""


class UpstreamTally:
    """Figures of upstreams since the last report."""

    def __init__(self) -> None:
        self._counters: dict[str, UpstreamCount | None] = {}
        self._gauges: dict[str, tuple[str, bool] | None] = {}
        self._counted: dict[str, NDArray[np.int64]] = {}
        self._endpoints: Mapping[str, list[int]] = {}
        self._reported: Mapping[str, list[int]] = {}
        self._reports = 0

    def count(self, name: str, rise: int) -> None:
        """Take in how much one of the upstreams' counters rose."""
        if name not in self._counters:
            self._counters[name] = read_upstream_count(name)
        if (meaning := self._counters[name]) is None:
            return
        counted = self._counted.get(meaning.cluster)
        if counted is None:
            counted = self._counted[meaning.cluster] = np.zeros(UPSTREAM_METRICS, np.int64)
        counted[meaning.metric] += rise

    def note_endpoints(self, export: Export) -> None:
        """Take in how many endpoints there are now."""
        if self._gauges.keys() != export.gauges.keys():
            self._gauges = {name: read_endpoints(name) for name in export.gauges}
            self._counters.clear()
        found: dict[str, list[int]] = {}
        for name, value in export.gauges.items():
            if (meaning := self._gauges[name]) is not None and len(found) < UPSTREAMS_MAX:
                cluster, is_healthy = meaning
                found.setdefault(cluster, [0, 0])[0 if is_healthy else 1] = value
        self._endpoints = found

    def take(self) -> UpstreamFigures:
        """What is to be reported; then begin anew. What is counted of a cluster without endpoints is left out."""
        counted, self._counted = self._counted, {}
        now, before = self._endpoints, self._reported
        self._reported = now
        is_whole = self._reports % EVERY == 0
        self._reports += 1
        names = tuple(n for n, endpoints in now.items() if is_whole or n in counted or before.get(n) != endpoints)
        if not names:
            return UpstreamFigures()
        none = np.zeros(UPSTREAM_METRICS, np.int64)
        counts = np.stack([counted.get(name, none) for name in names])
        return UpstreamFigures(names, counts, np.array([now[name] for name in names], np.int64))
