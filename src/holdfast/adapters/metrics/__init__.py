"""What Holdfast tells Prometheus: counters of traffic, gauges of what holds now, and how Holdfast itself is."""

from holdfast.adapters.metrics.page import MetricsPage
from holdfast.adapters.metrics.reading import MetricsReading, MetricsSource, WatchHealth
from holdfast.adapters.metrics.tally import TrafficTally

__all__ = ["MetricsPage", "MetricsReading", "MetricsSource", "TrafficTally", "WatchHealth"]
