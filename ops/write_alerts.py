# noqa: INP001 - a script
"""Write prometheus/alerts.yaml, beside this file: `python ops/write_alerts.py`.

Every name in an expression must be in the table of metrics; KeyError if one isn't.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from holdfast.adapters.metrics.table import PREFIX, find_series

HERE: Final = Path(__file__).parent
_SERIES: Final = re.compile(rf"\b{PREFIX}[a-z_]+\b")
GUIDE: Final = "docs/guides/observe-with-prometheus.md"
OBJECTIVE: Final = 0.999
"""The share of a critical class' admitted requests that is to be answered; burn rates are of what remains of one."""

FEED_AGE_S_MAX: Final = 3_600
"""A feed of endpoints that wasn't read well for longer is as good as gone; none should be read more seldom."""


class Alert(NamedTuple):
    """An alert: `severity` is `page` where somebody must act now, else `ticket`. `hold` is how long it must hold."""

    name: str
    expression: str
    severity: str
    summary: str
    hold: str = "0s"


class BurnRate(NamedTuple):
    """An error budget that is spent so many times as fast as it lasts, over a long and a short window."""

    factor: float
    long: str
    short: str
    severity: str


BURN_RATES: Final = (
    BurnRate(14.4, "1h", "5m", "page"),
    BurnRate(6, "6h", "30m", "page"),
    BurnRate(1, "3d", "6h", "ticket"),
)
"""Multiwindow, multi-burn-rate alerts (The Site Reliability Workbook, chapter 5)."""

TRAFFIC: Final = (
    Alert(
        "HoldfastSurge",
        'max by (service, tenant) (holdfast_service_findings{kind="surge"}) >= 2',
        "ticket",
        "{{ $labels.service }} of {{ $labels.tenant }} is offered harmfully more than usual",
    ),
    Alert(
        "HoldfastServiceHarmed",
        'max by (service, tenant, kind) (holdfast_service_findings{kind=~"errors|slowness|silence"}) >= 2',
        "page",
        "{{ $labels.service }} of {{ $labels.tenant }}: {{ $labels.kind }} is harmful",
        "30s",
    ),
    Alert(
        "HoldfastLocationSaturated",
        "max by (location, resource) (holdfast_location_used_ratio) > 0.9",
        "page",
        "{{ $labels.location }} uses {{ $value | humanizePercentage }} of its {{ $labels.resource }}",
        "30s",
    ),
    Alert(
        "HoldfastHeadroomShort",
        'sum(holdfast_findings{kind="headroom"}) > 0',
        "ticket",
        "at its present growth, something reaches its capacity soon: holdfast status says what",
        "1m",
    ),
    Alert(
        "HoldfastShedding",
        'sum by (location) (rate(holdfast_location_requests_total{outcome="shed"}[1m]))'
        " > 0.01 * sum by (location) (rate(holdfast_location_requests_total[1m]))",
        "ticket",
        "{{ $labels.location }} turns away more than one request in a hundred for want of room",
        "1m",
    ),
    Alert(
        "HoldfastSlowAnswers",
        "histogram_quantile(0.99, sum by (location, le) (rate(holdfast_edge_request_duration_seconds_bucket[5m]))) > 4",
        "ticket",
        "one answer in a hundred takes longer than {{ $value | humanizeDuration }} at {{ $labels.location }}",
        "5m",
    ),
)
EDGES: Final = (
    Alert(
        "HoldfastEdgeBlind",
        "holdfast_location_blind_edges > 0",
        "page",
        "{{ $value }} edges at {{ $labels.location }} don't report: what happens there isn't seen",
        "15s",
    ),
    Alert(
        "HoldfastEdgeDisconnected",
        "holdfast_edge_connected == 0",
        "page",
        "{{ $labels.edge }} at {{ $labels.location }} isn't connected: it serves, and gets no kills",
        "30s",
    ),
    Alert(
        "HoldfastEdgeBehind",
        "holdfast_edge_pending > 0 and holdfast_edge_connected == 1",
        "ticket",
        "{{ $labels.edge }} hasn't acknowledged {{ $value }} resources",
        "30s",
    ),
    Alert(
        "HoldfastEdgeRefuses",
        "holdfast_edge_refused > 0",
        "page",
        "the Envoy of {{ $labels.edge }} refuses {{ $value }} resources and keeps what it had: holdfast status",
    ),
    Alert(
        "HoldfastReportsLost",
        "sum by (edge, location) (increase(holdfast_edge_reports_lost_total[5m])) > 5",
        "ticket",
        "reports of {{ $labels.edge }} get lost",
    ),
)
RECOVERY: Final = (
    Alert(
        "HoldfastStandbyNotReady",
        "min by (service, upstream, standby) (holdfast_standby_ready) == 0",
        "page",
        "{{ $labels.standby }} couldn't take over for {{ $labels.service }}: holdfast ready {{ $labels.service }}",
        "2m",
    ),
    Alert(
        "HoldfastStandbyUnproved",
        "max by (service, upstream, standby) (holdfast_standby_alarm) == 1"
        " and min by (service, upstream, standby) (holdfast_standby_ready) > 0",
        "ticket",
        "what proved {{ $labels.standby }} of {{ $labels.service }} is far too old: drill it",
        "1h",
    ),
    Alert(
        "HoldfastStandbyStale",
        "min by (service, upstream, standby) (holdfast_standby_ready) == 0.5",
        "ticket",
        "{{ $labels.standby }} of {{ $labels.service }} isn't proved in full: holdfast ready {{ $labels.service }}",
        "1d",
    ),
    Alert(
        "HoldfastStillReturning",
        "sum(holdfast_services_returning) > 0",
        "ticket",
        "{{ $value }} services aren't back: holdfast restore says what each waits for",
        "30m",
    ),
    Alert(
        "HoldfastAssetsNotReady",
        "holdfast_assets_ready == 0",
        "ticket",
        "last good copies can't be kept or given out: holdfast ready says why",
        "2m",
    ),
    Alert(
        "HoldfastFeedFailing",
        "max by (cluster) (holdfast_endpoint_feed_failing) == 1",
        "ticket",
        "the feed of {{ $labels.cluster }} can't be read or believed, and its endpoints hold on: holdfast endpoints",
        "5m",
    ),
    Alert(
        "HoldfastFeedStale",
        f"max by (cluster) (holdfast_endpoint_feed_age_seconds) > {FEED_AGE_S_MAX}",
        "page",
        "the endpoints of {{ $labels.cluster }} weren't read for {{ $value | humanizeDuration }}: who came since gets"
        " no requests, and who went gets them still",
    ),
)
TELLING: Final = (
    Alert(
        "HoldfastIncidentUnanswered",
        "holdfast_incidents_unanswered > 0",
        "page",
        "{{ $value }} incidents are open that everybody was paged for in vain: holdfast incident list",
    ),
    Alert(
        "HoldfastPagesStuck",
        'holdfast_letters_oldest_age_seconds{outbox="pages"} > 60 or holdfast_paging_failing > 0',
        "page",
        "pages don't get out: holdfast oncall",
        "30s",
    ),
    Alert(
        "HoldfastHeartbeatBroken",
        "holdfast_heartbeat_broken == 1",
        "page",
        "nothing proves that pages arrive: holdfast oncall",
    ),
    Alert(
        "HoldfastNobodyOnCall",
        "holdfast_on_call == 0",
        "page",
        "nobody of {{ $labels.team }} is on call: holdfast oncall",
        "5m",
    ),
    Alert(
        "HoldfastPagingFileMistaken",
        "holdfast_paging_file_mistaken == 1",
        "ticket",
        "the paging file can't be used, and what was good before holds on: holdfast oncall",
        "1m",
    ),
    Alert(
        "HoldfastOnCallFeedFailing",
        "holdfast_on_call_feed_failing == 1",
        "ticket",
        "the calendar of {{ $labels.team }} can't be read, and what was read last holds on: holdfast oncall",
        "1h",
    ),
    Alert(
        "HoldfastStatusSiteStale",
        "holdfast_status_site_age_seconds > 180",
        "page",
        "the public status site wasn't written for {{ $value | humanizeDuration }}: holdfast status-site",
    ),
)
SPOOL: Final = (
    Alert(
        "HoldfastSpoolDown",
        "holdfast_spool_running == 0",
        "page",
        "the spooler doesn't answer: what only it could take is refused, and what it keeps isn't delivered",
        "30s",
    ),
    Alert(
        "HoldfastSpoolLate",
        "max by (service, tenant) (holdfast_spool_oldest_age_seconds)"
        " > 0.5 * max by (service, tenant) (holdfast_spool_age_max_seconds)",
        "page",
        "messages of {{ $labels.service }} of {{ $labels.tenant }} wait for {{ $value | humanizeDuration }}, half the"
        " age at which they are dead letters: holdfast spool",
        "1m",
    ),
    Alert(
        "HoldfastSpoolFilling",
        "holdfast_spool_used_ratio > 0.8",
        "page",
        "the spool keeps {{ $value | humanizePercentage }} of what it may; beyond that, what only it could take is"
        " refused",
    ),
    Alert(
        "HoldfastSpoolTenantFilling",
        "max by (tenant) (holdfast_spool_tenant_used_ratio) > 0.8",
        "ticket",
        "the spool keeps {{ $value | humanizePercentage }} of what it may of {{ $labels.tenant }}, dead letters"
        " included; beyond that, what only it could take of theirs is refused",
    ),
    Alert(
        "HoldfastSpoolDiskLow",
        "holdfast_spool_free_bytes < holdfast_spool_waiting_bytes_max - holdfast_spool_disk_bytes",
        "ticket",
        "the disk has room for {{ $value | humanize1024 }}B more of the spool, less than it may take",
        "5m",
    ),
    Alert(
        "HoldfastDeadLetters",
        "max by (service, tenant) (holdfast_spool_dead) > 0",
        "ticket",
        "{{ $value }} messages of {{ $labels.service }} of {{ $labels.tenant }} couldn't be delivered:"
        " holdfast spool dead",
        "1m",
    ),
)
HOLDFAST: Final = (
    Alert(
        "HoldfastDown", 'up{job="holdfast"} == 0', "page", "control doesn't answer; edges keep what they have", "30s"
    ),
    Alert(
        "HoldfastJournalUnwritable",
        "holdfast_journal_writable == 0",
        "page",
        "decisions can't be recorded: a restart of control would forget the newest",
        "10s",
    ),
    Alert(
        "HoldfastMitigationReverted",
        'sum by (kind) (increase(holdfast_mitigations_ended_total{how="reverted"}[10m])) > 0',
        "page",
        "a mitigation ({{ $labels.kind }}) was reverted since it did harm: what it was for may go on",
    ),
    Alert(
        "HoldfastRolledBack",
        "increase(holdfast_rollouts_rolled_back_total[10m]) > 0",
        "ticket",
        "a revision was rolled back, by itself since it did harm, or by somebody: holdfast rollout says why",
    ),
    Alert(
        "HoldfastRolloutStands",
        "time() - holdfast_rollout_wave_since_seconds > 3600 + holdfast_rollout_bake_seconds"
        " and holdfast_rollout_wave > 0",
        "ticket",
        "a rollout stands still: some services have another revision than the rest. holdfast rollout says why",
    ),
    Alert(
        "HoldfastTenantNotTold",
        'increase(holdfast_tenant_notices_total{result="failed"}[1h]) > 0',
        "ticket",
        "a tenant's contact couldn't be told of a mitigation: tell them by hand",
    ),
    Alert(
        "HoldfastGuardOff",
        "holdfast_component_on == 0",
        "ticket",
        "{{ $labels.component }} is off, or over its budget",
        "5m",
    ),
    Alert(
        "HoldfastDetectorDegraded",
        "holdfast_detector_degraded > 0 or holdfast_detector_lag_seconds > 2",
        "ticket",
        "the detector does less than it should, or is behind",
        "1m",
    ),
    Alert(
        "HoldfastFilesExhausted",
        "holdfast_process_open_fds / holdfast_process_max_fds > 0.8",
        "ticket",
        "control has {{ $value | humanizePercentage }} of its files and sockets open",
        "5m",
    ),
)


def render_alerts() -> str:
    """The rules as Prometheus reads them."""
    groups = {
        "traffic": TRAFFIC,
        "edges": EDGES,
        "recovery": RECOVERY,
        "spool": SPOOL,
        "telling": TELLING,
        "holdfast": HOLDFAST,
        "burn-rates": tuple(_make_burn_rates()),
    }
    document = {
        "groups": [
            {"name": f"holdfast-{name}", "rules": [_render_alert(alert) for alert in alerts]}
            for name, alerts in groups.items()
        ]
    }
    head = f"# Written by ops/write_alerts.py. How to load it: {GUIDE}\n"
    return head + yaml.safe_dump(document, sort_keys=False, width=110, allow_unicode=True)


def check_names(expression: str) -> str:
    """The expression itself; KeyError if it speaks of a metric that isn't in the table."""
    for series in _SERIES.findall(expression):
        find_series(series)
    return expression


def _make_burn_rates() -> Iterator[Alert]:
    for rate in BURN_RATES:
        over = " and ".join(
            f"{_failing_share(window)} > {rate.factor * (1 - OBJECTIVE):.4g}" for window in (rate.long, rate.short)
        )
        yield Alert(
            f"HoldfastBudgetBurns{rate.factor:g}x".replace(".", "_"),
            over,
            rate.severity,
            f"{{{{ $labels.criticality }}}} spends its error budget {rate.factor:g} times as fast as it lasts",
        )


def _failing_share(window: str) -> str:
    """What of the critical classes' admitted requests fails, over a window."""
    classes = 'criticality=~"critical|critical_plus"'
    failed = f'sum by (criticality) (rate(holdfast_class_answers_total{{answer="failed",{classes}}}[{window}]))'
    admitted = f'sum by (criticality) (rate(holdfast_class_requests_total{{outcome="admitted",{classes}}}[{window}]))'
    return f"{failed} / {admitted}"


def _render_alert(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": check_names(alert.expression),
        **({"for": alert.hold} if alert.hold != "0s" else {}),
        "labels": {"severity": alert.severity},
        "annotations": {"summary": alert.summary, "guide": GUIDE},
    }


PAGES: Final = {"prometheus/alerts.yaml": render_alerts}

if __name__ == "__main__":
    for page, render in PAGES.items():
        (HERE / page).write_text(render(), encoding="utf-8")
