"""The one table of all metrics: alert rules and dashboards speak of nothing else.

Names follow Prometheus' conventions: base units, `_total` for counters, `_ratio` for shares from 0 to 1.
"""

from enum import StrEnum
from typing import Final, NamedTuple

PREFIX: Final = "holdfast_"


class Kind(StrEnum):
    """Prometheus' kinds of metrics."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(NamedTuple):
    """A metric: its name, kind and labels, and what it is in one sentence."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str


_OUTCOMES: Final = "Requests by outcome: admitted, or refused as limited, shed, mitigated or rejected."
_ANSWERS: Final = "Admitted requests whose answer was failed (5xx), client_error (4xx), or slow beyond a threshold."


def _counter(name: str, labels: str, text: str) -> Metric:
    return Metric(PREFIX + name, Kind.COUNTER, tuple(labels.split()), text)


def _gauge(name: str, labels: str, text: str) -> Metric:
    return Metric(PREFIX + name, Kind.GAUGE, tuple(labels.split()), text)


_ROWS: Final = (
    _counter("location_requests_total", "location outcome", _OUTCOMES),
    _counter("location_answers_total", "location answer", _ANSWERS),
    _gauge("location_in_flight", "location", "Requests in flight now."),
    _gauge("location_connections", "location", "Connections of clients open now."),
    _gauge("location_usual_requests_per_second", "location", "What is usually offered."),
    _gauge("location_used_ratio", "location resource", "Share of the capacity in use; 1 is full."),
    _gauge("location_capacity_requests_per_second", "location", "What the platform file says that it carries."),
    _gauge("location_capacity_in_flight", "location", "What the platform file says that it carries."),
    _gauge("location_edges", "location", "Edges that stand there."),
    _gauge("location_blind_edges", "location", "Edges whose reports are missing or late."),
    _counter("class_requests_total", "criticality outcome", _OUTCOMES),
    _counter("class_answers_total", "criticality answer", _ANSWERS),
    _counter("service_requests_total", "service tenant outcome", _OUTCOMES),
    _counter("service_answers_total", "service tenant answer", _ANSWERS),
    _gauge("service_in_flight", "service tenant", "Requests in flight now, over all locations."),
    _gauge("service_in_flight_max", "service tenant", "How many requests may be in flight at each location."),
    _gauge("service_usual_requests_per_second", "service tenant", "What is usually offered."),
    _gauge("service_headroom_requests_per_second", "service tenant", "Beyond this, a surge is harmful."),
    _gauge("service_surge_score", "service tenant", "How unusual its traffic is: from 1 on a surge is looked into."),
    _gauge("services", "", "Services of the platform in force."),
    _gauge("services_exposed", "", "Services with metrics of their own: the busiest, and those of concern."),
    _gauge("edge_connected", "edge location", "Whether its agent is connected to control."),
    _gauge("edge_pending", "edge location", "Resources that it was sent and has not acknowledged."),
    _gauge("edge_refused", "edge location", "Resources that its Envoy refused and that are still as they were before."),
    _gauge("edge_report_age_seconds", "edge location", "How old its last report is."),
    _counter("edge_reports_total", "edge location", "Reports that came."),
    _counter("edge_reports_lost_total", "edge location", "Reports that are missing between those that came."),
    _gauge("edge_sampled_ratio", "edge location", "The share of ordinary requests that is sampled."),
    _gauge("edge_degraded", "edge location", "How many things its agent does less of, its budget being spent."),
    _counter("edge_requests_total", "edge location outcome", _OUTCOMES),
    _counter("edge_unknown_hosts_total", "edge location", "Requests for hosts that the platform doesn't know."),
    _counter("edge_connections_opened_total", "edge location", "Connections that clients opened."),
    _counter("edge_cpu_seconds_total", "edge location", "Time on a processor that its Envoy used."),
    _gauge("edge_memory_bytes", "edge location", "Memory that its Envoy uses."),
    _gauge("edge_in_flight", "edge location", "Requests in flight now."),
    Metric(
        f"{PREFIX}edge_request_duration_seconds",
        Kind.HISTOGRAM,
        ("edge", "location"),
        "How long answers took, as clients saw them.",
    ),
    _gauge("findings", "kind tier", "What is found and not over."),
    _gauge("service_findings", "service tenant kind", "What is found of a service and not over, by its highest tier."),
    _counter("findings_opened_total", "", "Harmful findings, since the journal began."),
    _gauge("mitigations", "kind", "Mitigations in force."),
    _counter("mitigations_started_total", "", "Mitigations begun, since the journal began."),
    _counter(
        "mitigations_ended_total", "kind how", "Mitigations over: expired, ended, or reverted since they did harm."
    ),
    _counter("tenant_notices_total", "result", "Notices to tenants' contacts: told, or failed."),
    _gauge("component_on", "component", "Whether a component of Holdfast works, within its budget."),
    _gauge(
        "component_used_ratio", "component budget", "Share in use of what a component may take; beyond 1 it is cut."
    ),
    _counter("component_dropped_total", "component", "What wasn't handed to it, since it didn't take it fast enough."),
    _gauge("detector_tick_seconds", "", "How long the detector's last tick took."),
    _gauge("detector_lag_seconds", "", "How far the detector is behind."),
    _gauge("detector_degraded", "", "How many things the detector does less of, its budget being spent."),
    _gauge("journal_writable", "", "Whether decisions can be recorded."),
    _gauge("decisions_unrecorded", "", "Decisions that take effect and aren't recorded yet."),
    _gauge("revision_in_force", "", "The number of the revision in force; 0 if there is none."),
    _gauge("revision_in_force_since_seconds", "", "Unix time since when it is."),
    _gauge("standby_ready", "service upstream standby", "Whether it could take over: 1 ready, 0.5 stale, 0 not ready."),
    _gauge("standby_alarm", "service upstream standby", "Whether it isn't ready, or a proof is far too old."),
    _gauge("standbys", "readiness", "Standbys by whether they could take over."),
    _gauge("services_returning", "stage", "Services on their way back after an outage: held, or let in for a part."),
    _gauge("assets_ready", "", "Whether last good copies can be kept and given out; 1 also where nothing is static."),
    _gauge("assets_bytes", "", "What last good copies take on disk."),
    _gauge("assets_copies", "", "How many there are."),
    _counter("assets_fetched_total", "verdict", "Answers that the store fetched, by whether it kept them."),
    _counter("assets_served_total", "freshness", "Requests that copies answered."),
    _counter("assets_missing_total", "", "Requests that nobody answered, and that there was no copy for."),
    _gauge("endpoint_feed_failing", "cluster", "Whether its feed can't be read or believed; its endpoints hold on."),
    _gauge("endpoint_feed_age_seconds", "cluster", "For how long its feed hasn't been read well."),
    _gauge("endpoint_feeds", "standing", "Feeds of endpoints: well, or failing."),
    _gauge("spool_running", "", "Whether the spooler answers; 1 also where nothing may be deferred."),
    _gauge("spool_disk_bytes", "", "What the spool's files take."),
    _gauge("spool_free_bytes", "", "What they may still grow by: the disk's room less what has to stay free."),
    _gauge("spool_waiting_bytes", "", "What waits of all services."),
    _gauge("spool_waiting_bytes_max", "", "The most that is kept of all services."),
    _gauge("spool_used_ratio", "", "How much is kept of what may be, dead letters included, by the nearest bound."),
    _gauge("spool_tenant_used_ratio", "tenant", "Likewise of what may be kept of one tenant."),
    _gauge("spool_open", "service tenant", "Whether all that it defers goes to the spool now."),
    _gauge("spool_waiting", "service tenant", "Messages that wait, or are being delivered."),
    _gauge("spool_delivering", "service tenant", "Messages that are being delivered."),
    _gauge("spool_dead", "service tenant", "Messages that couldn't be delivered, of which people decide."),
    _counter("spool_delivered_total", "service tenant", "Messages that were delivered."),
    _gauge("spool_oldest_age_seconds", "service tenant", "The age of the oldest message that waits; 0 if none does."),
    _gauge("spool_age_max_seconds", "service tenant", "The age at which what isn't delivered is a dead letter."),
    _gauge("status_site_age_seconds", "", "For how long the public status site wasn't written, if there is one."),
    _gauge("status_site_failing", "", "Whether it can't be written."),
    _gauge("status_site_build_seconds", "", "How long its latest publication took."),
    _gauge("letters_waiting", "outbox", "Letters that wait: pages, or those to subscribers."),
    _gauge("letters_oldest_age_seconds", "outbox", "The age of the oldest letter that waits; 0 if none does."),
    _gauge("letters_failed", "outbox kind", "Letters of the last days that were given up, by kind of channel."),
    _gauge("paging_file_mistaken", "", "Whether the paging file can't be used, and what was good before holds on."),
    _gauge("paging_failing", "", "Whether pages can't be kept or made."),
    _gauge("incidents_unanswered", "", "Open incidents that everybody was paged for as often as may be, in vain."),
    _gauge("on_call", "team", "Whether somebody is on call now."),
    _gauge("on_call_gaps", "team", "How often nobody will be, in the next four weeks."),
    _gauge("on_call_feed_failing", "team", "Whether its calendar can't be read; what was read last holds on."),
    _gauge("on_call_feed_age_seconds", "team", "For how long its calendar hasn't been read."),
    _gauge("heartbeat_age_seconds", "", "For how long no heartbeat was proved to come through."),
    _gauge("heartbeat_broken", "", "Whether that is too long, and people were told another way."),
    _gauge("subscribers", "kind", "Subscribers of the status site, by kind of channel."),
    _gauge("subscribers_suspended", "", "Subscribers who aren't told any more, since their address is dead."),
    _gauge("rollout_wave", "", "The wave that the revision on its way is at, from 1 on; 0 if none is on its way."),
    _gauge("rollout_waves", "", "How many waves it goes out in."),
    _gauge("rollout_paused", "", "Whether somebody has it stand still."),
    _gauge("rollout_wave_since_seconds", "", "Unix time since when it is at that wave, or was resumed."),
    _gauge("rollout_bake_seconds", "", "How long each wave is looked at before the next one."),
    _counter("rollouts_rolled_back_total", "", "Revisions that went out and back, as far as they are remembered."),
    _gauge("started_seconds", "", "Unix time of control's start."),
    _gauge("info", "version platform", "Always 1; which Holdfast this is, and of which platform."),
    _counter("process_cpu_seconds_total", "", "Time on a processor that control used."),
    _gauge("process_resident_memory_bytes", "", "Memory that control uses."),
    _gauge("process_virtual_memory_bytes", "", "Address space that control uses."),
    _gauge("process_start_time_seconds", "", "Unix time of the process' start."),
    _gauge("process_open_fds", "", "Files and sockets that control has open."),
    _gauge("process_max_fds", "", "How many it may have open."),
)
METRICS: Final = {row.name: row for row in _ROWS}
"""Every metric by its name."""


def find_series(name: str) -> Metric:
    """The metric of a series in a query: a histogram's ends in `_bucket`. KeyError if there is none."""
    row = METRICS.get(name.removesuffix("_bucket"))
    if row is None or (row.kind is Kind.HISTOGRAM) != name.endswith("_bucket"):
        raise KeyError(f"there is no metric {name}")
    return row
