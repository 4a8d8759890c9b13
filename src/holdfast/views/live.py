"""The platform as it is now, for people to watch: locations, lanes, edges, and what stands out.

Rates are requests per second over the last seconds. What no edge reports is None, never zero.
"""

from holdfast.model.noun import Noun
from holdfast.model.platform import Mode
from holdfast.views.edges import EdgeDocument
from holdfast.views.live_guards import GuardDocument
from holdfast.views.live_services import ServiceRow
from holdfast.views.live_traffic import HeadroomDocument, TrafficDocument


class LiveEdgeDocument(Noun):
    """One edge, what it does now and what that costs. `report_age_s` is None if it never reported.

    `cpu_cores` is how many cores Envoy keeps busy, `degraded` what its agent does less of. `p50_s` and `p99_s` are of
    all its answers. What isn't known is None.
    """

    edge: EdgeDocument
    report_age_s: float | None = None
    requests_per_s: float | None = None
    in_flight: int | None = None
    connections: int | None = None
    cpu_cores: float | None = None
    memory_bytes: int | None = None
    unknown_hosts_per_s: float | None = None
    p50_s: float | None = None
    p99_s: float | None = None
    sampled_share: float = 0.0
    degraded: tuple[str, ...] = ()


class LaneDocument(Noun):
    """A dedicated path through a location: its own edges."""

    name: str
    edges: tuple[LiveEdgeDocument, ...]


class LocationDocument(Noun):
    """A point of presence. `requests` and `in_flight` are its headroom by each of its capacities."""

    name: str
    capacity_per_s: float
    capacity_in_flight: int
    traffic: TrafficDocument | None
    requests: HeadroomDocument | None = None
    in_flight: HeadroomDocument | None = None
    lanes: tuple[LaneDocument, ...]


class OverviewDocument(Noun):
    """Everything on one page: locations, what stands out, and how Holdfast itself is.

    `busiest` are the services that stand out most, `now` is Unix time in seconds.
    """

    now: float
    version: str
    platform: str | None
    mode: Mode | None
    revision: int | None
    tenant_count: int
    service_count: int
    traffic: TrafficDocument | None
    locations: tuple[LocationDocument, ...]
    busiest: tuple[ServiceRow, ...]
    guards: tuple[GuardDocument, ...]
