"""A report of benchmarks that were never run."""

from bench.report import Report, Row, Table
from bench.samples import Samples


def make_report(*rows: Row, quick: bool = False) -> Report:
    """A report of one table, `proxied`."""
    report = Report({"cpu": "any | other", "edge_cores": [1]}, {"envoy": "1.40.0", "nginx": "not installed"}, quick)
    report.tables.append(Table("proxied", "CPU for each proxied request", rows, "bare Envoy", ("at 8,000 a second",)))
    return report


def make_row(*values: float, ratio: float | None = None, ok: bool | None = None) -> Row:
    """A row with these samples."""
    return Row("Holdfast", "us", Samples(values), ratio, None if ok is None else "at most 1.1 x", ok)
