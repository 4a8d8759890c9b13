# noqa: INP001 - a script
"""Write grafana/holdfast.json, beside this file: `python ops/write_dashboard.py`.

Every name in a query must be in the table of metrics; KeyError if one isn't.
"""

import json
import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from holdfast.adapters.metrics.table import PREFIX, find_series

HERE: Final = Path(__file__).parent
_SERIES: Final = re.compile(rf"\b{PREFIX}[a-z_]+\b")
_COLUMNS: Final = 24
_SOURCE: Final = {"type": "prometheus", "uid": "${source}"}
WINDOW: Final = "$__rate_interval"


class Panel(NamedTuple):
    """A chart: queries with what their series are called. `kind` is Grafana's name of it, `width` is of 24 columns."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    width: int = 8
    kind: str = "timeseries"
    stacked: bool = False


def _rate(metric: str, by: str, where: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{where}}}[{WINDOW}]))"


_AT: Final = 'location=~"$location"'
_OF: Final = 'service=~"$service"'
ROWS: Final[dict[str, tuple[Panel, ...]]] = {
    "Now": (
        Panel("Mitigations", "none", (("sum(holdfast_mitigations)", "in force"),), 4, "stat"),
        Panel("Harmful findings", "none", (('sum(holdfast_findings{tier="2"})', "open"),), 4, "stat"),
        Panel("Blind edges", "none", (("sum(holdfast_location_blind_edges)", "blind"),), 4, "stat"),
        Panel("Journal", "bool", (("holdfast_journal_writable", "writable"),), 4, "stat"),
        Panel("Revision", "none", (("holdfast_revision_in_force", "in force"),), 4, "stat"),
        Panel("Services", "none", (("holdfast_services", "services"),), 4, "stat"),
    ),
    "Locations": (
        Panel(
            "Offered, by outcome",
            "reqps",
            ((_rate("holdfast_location_requests_total", "outcome", _AT), "{{outcome}}"),),
            stacked=True,
        ),
        Panel(
            "Offered and usual",
            "reqps",
            (
                (_rate("holdfast_location_requests_total", "location", _AT), "{{location}}"),
                (f"holdfast_location_usual_requests_per_second{{{_AT}}}", "{{location}}, usual"),
            ),
        ),
        Panel(
            "Capacity in use",
            "percentunit",
            ((f"holdfast_location_used_ratio{{{_AT}}}", "{{location}} {{resource}}"),),
        ),
        Panel(
            "Failing answers",
            "percentunit",
            (
                (
                    _rate("holdfast_location_answers_total", "location", f'answer="failed",{_AT}')
                    + " / "
                    + _rate("holdfast_location_requests_total", "location", f'outcome="admitted",{_AT}'),
                    "{{location}}",
                ),
            ),
        ),
        Panel(
            "Answer times",
            "s",
            tuple(
                (
                    f"histogram_quantile({share}, "
                    + _rate("holdfast_edge_request_duration_seconds_bucket", "le", _AT)
                    + ")",
                    f"p{share * 100:g}",
                )
                for share in (0.5, 0.95, 0.99)
            ),
        ),
        Panel("In flight", "none", ((f"holdfast_location_in_flight{{{_AT}}}", "{{location}}"),)),
    ),
    "Classes of criticality": (
        Panel(
            "Admitted share",
            "percentunit",
            (
                (
                    _rate("holdfast_class_requests_total", "criticality", 'outcome="admitted"')
                    + " / "
                    + _rate("holdfast_class_requests_total", "criticality"),
                    "{{criticality}}",
                ),
            ),
            12,
        ),
        Panel(
            "Shed",
            "reqps",
            ((_rate("holdfast_class_requests_total", "criticality", 'outcome="shed"'), "{{criticality}}"),),
            12,
        ),
    ),
    "Services: the busiest, and those of concern": (
        Panel(
            "Ten busiest",
            "reqps",
            (("topk(10, " + _rate("holdfast_service_requests_total", "service", _OF) + ")", "{{service}}"),),
        ),
        Panel(
            "Refused",
            "reqps",
            (
                (
                    "topk(10, "
                    + _rate("holdfast_service_requests_total", "service", f'outcome!="admitted",{_OF}')
                    + ")",
                    "{{service}}",
                ),
            ),
        ),
        Panel("How unusual", "none", ((f"topk(10, holdfast_service_surge_score{{{_OF}}})", "{{service}}"),)),
        Panel(
            "Failing",
            "reqps",
            (
                (
                    "topk(10, " + _rate("holdfast_service_answers_total", "service", f'answer="failed",{_OF}') + ")",
                    "{{service}}",
                ),
            ),
        ),
        Panel(
            "Room left before a surge harms",
            "reqps",
            (
                (
                    f"bottomk(10, holdfast_service_headroom_requests_per_second{{{_OF}}} - on (service) "
                    + _rate("holdfast_service_requests_total", "service", _OF)
                    + ")",
                    "{{service}}",
                ),
            ),
        ),
        Panel("Findings", "none", ((f"holdfast_service_findings{{{_OF}}}", "{{service}} {{kind}}"),)),
    ),
    "Protection": (
        Panel("Mitigations in force", "none", (("holdfast_mitigations", "{{kind}}"),), stacked=True),
        Panel(
            "Mitigations ended", "none", (("sum by (how) (increase(holdfast_mitigations_ended_total[1h]))", "{{how}}"),)
        ),
        Panel(
            "Findings", "none", (("sum by (kind, tier) (holdfast_findings)", "{{kind}}, tier {{tier}}"),), stacked=True
        ),
    ),
    "Recovery": (
        Panel("Standbys", "none", (("sum by (readiness) (holdfast_standbys)", "{{readiness}}"),)),
        Panel("Services on their way back", "none", (("sum by (stage) (holdfast_services_returning)", "{{stage}}"),)),
        Panel("Feeds of endpoints", "none", (("sum by (standing) (holdfast_endpoint_feeds)", "{{standing}}"),)),
        Panel("Kept for later", "none", ((f"holdfast_spool_waiting{{{_OF}}}", "{{service}}"),), stacked=True),
        Panel("Age of the oldest", "s", ((f"holdfast_spool_oldest_age_seconds{{{_OF}}}", "{{service}}"),)),
        Panel(
            "Delivered, and dead letters",
            "none",
            (
                (_rate("holdfast_spool_delivered_total", "service", _OF), "{{service}}, a second"),
                (f"holdfast_spool_dead{{{_OF}}}", "{{service}}, dead"),
            ),
        ),
    ),
    "Edges": (
        Panel("Processors", "none", ((_rate("holdfast_edge_cpu_seconds_total", "edge", _AT), "{{edge}}"),)),
        Panel("Memory", "bytes", ((f"holdfast_edge_memory_bytes{{{_AT}}}", "{{edge}}"),)),
        Panel("Age of the last report", "s", ((f"holdfast_edge_report_age_seconds{{{_AT}}}", "{{edge}}"),)),
        Panel(
            "Not acknowledged, refused",
            "none",
            (
                (f"holdfast_edge_pending{{{_AT}}}", "{{edge}}, pending"),
                (f"holdfast_edge_refused{{{_AT}}}", "{{edge}}, refused"),
            ),
        ),
        Panel("Sampled share", "percentunit", ((f"holdfast_edge_sampled_ratio{{{_AT}}}", "{{edge}}"),)),
        Panel("Unknown hosts", "reqps", ((_rate("holdfast_edge_unknown_hosts_total", "edge", _AT), "{{edge}}"),)),
    ),
    "Holdfast itself": (
        Panel(
            "Detector's tick",
            "s",
            (("holdfast_detector_tick_seconds", "tick"), ("holdfast_detector_lag_seconds", "lag")),
        ),
        Panel("Components' budgets", "percentunit", (("holdfast_component_used_ratio", "{{component}} {{budget}}"),)),
        Panel("Decisions not recorded", "none", (("holdfast_decisions_unrecorded", "decisions"),)),
        Panel("Control's processor", "none", ((f"rate(holdfast_process_cpu_seconds_total[{WINDOW}])", "cores"),)),
        Panel("Control's memory", "bytes", (("holdfast_process_resident_memory_bytes", "resident"),)),
        Panel(
            "Reports",
            "none",
            (
                (_rate("holdfast_edge_reports_total", "edge"), "{{edge}}"),
                (_rate("holdfast_edge_reports_lost_total", "edge"), "{{edge}}, lost"),
            ),
        ),
    ),
}


def render_dashboard() -> str:
    """The dashboard as Grafana imports it."""
    dashboard = {
        "title": "Holdfast",
        "uid": "holdfast",
        "description": "Traffic, protection, edges, and Holdfast itself. Written by ops/write_dashboard.py.",
        "tags": ["holdfast"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "",
        "templating": {"list": _make_variables()},
        "panels": _lay_out(),
    }
    return json.dumps(dashboard, indent=1, ensure_ascii=False) + "\n"


def _make_variables() -> list[dict[str, Any]]:
    source = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    return [
        source,
        _make_variable("location", "holdfast_location_edges"),
        _make_variable("service", "holdfast_service_in_flight"),
    ]


def _make_variable(label: str, metric: str) -> dict[str, Any]:
    query = f"label_values({_check_names(metric)}, {label})"
    return {
        "name": label,
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": label},
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
    }


def _lay_out() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = []
    y = 0
    for title, row in ROWS.items():
        panels.append(
            {
                "id": len(panels) + 1,
                "type": "row",
                "title": title,
                "collapsed": False,
                "panels": [],
                "gridPos": _place(0, y, _COLUMNS, 1),
            }
        )
        y += 1
        x, height = 0, 4 if row[0].kind == "stat" else 8
        for panel in row:
            if x + panel.width > _COLUMNS:
                x, y = 0, y + height
            panels.append(_render_panel(len(panels) + 1, panel, _place(x, y, panel.width, height)))
            x += panel.width
        y += height
    return panels


def _place(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "w": width, "h": height}


def _render_panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    custom = {"fillOpacity": 10, "showPoints": "never"}
    if panel.stacked:
        custom |= {"stacking": {"mode": "normal", "group": "A"}, "fillOpacity": 40}
    defaults = {"unit": panel.unit, "min": 0} | ({"custom": custom} if panel.kind == "timeseries" else {})
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {},
        "targets": [
            {"refId": chr(ord("A") + i), "datasource": _SOURCE, "expr": _check_names(query), "legendFormat": legend}
            for i, (query, legend) in enumerate(panel.queries)
        ],
    }


def _check_names(expression: str) -> str:
    for series in _SERIES.findall(expression):
        find_series(series)
    return expression


PAGES: Final = {"grafana/holdfast.json": render_dashboard}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (HERE / page).write_text(render(), encoding="utf-8")
