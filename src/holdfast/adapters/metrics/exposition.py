"""Values put under the names of the table, for `prometheus_client` to write."""

from collections.abc import Iterable, Iterator, Mapping
from math import inf, isinf
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from holdfast.adapters.metrics.table import METRICS, PREFIX, Kind, Metric

_FAMILIES: Final = {
    Kind.COUNTER: CounterMetricFamily,
    Kind.GAUGE: GaugeMetricFamily,
    Kind.HISTOGRAM: HistogramMetricFamily,
}
Labels = tuple[str, ...]


class Exposition(Collector):
    """One page of metrics. KeyError for a name that the table hasn't, ValueError for labels that aren't its."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}

    def add(self, name: str, value: float, *labels: str) -> None:
        """A counter's or gauge's value; the name is without its prefix."""
        self._find(name, labels).add_metric(labels, value)  # type: ignore[attr-defined]

    def add_buckets(self, name: str, buckets: Mapping[float, int], *labels: str) -> None:
        """A histogram's counts by upper bound, not cumulative; their sum is unknown."""
        told, count = [], 0
        for bound in sorted({*buckets, inf}):
            count += buckets.get(bound, 0)
            told.append(("+Inf" if isinf(bound) else f"{bound:g}", float(count)))
        family = self._find(name, labels)
        assert isinstance(family, HistogramMetricFamily)  # noqa: S101 - by the table
        family.add_metric(labels, told, sum_value=None)

    def add_all(self, name: str, values: Iterable[tuple[Labels, float]]) -> None:
        """Many values of one metric."""
        for labels, value in values:
            self.add(name, value, *labels)

    def collect(self) -> Iterator[Family]:
        """Every metric that has a value, in the table's order."""
        return (self._families[name] for name in METRICS if name in self._families)

    def _find(self, name: str, labels: Labels) -> Family:
        row = METRICS[PREFIX + name]
        if len(labels) != len(row.labels):
            raise ValueError(f"{row.name} has the labels {row.labels}, not {labels}")
        return self._families.setdefault(row.name, _make_family(row))


def _make_family(row: Metric) -> Family:
    family: Family = _FAMILIES[row.kind](row.name, row.help, labels=row.labels)
    return family
