"""Platform and mitigations in, snapshots out: pure, and the only place that knows Envoy's configuration."""

from holdfast.compile.bootstrap import EdgeBoot, compile_bootstrap
from holdfast.compile.effects import REHEARSED_HEADER, rehearse_effects
from holdfast.compile.endpoints import has_own_endpoints, list_clusters, list_drained, list_endpoints
from holdfast.compile.mitigations import compile_mitigations
from holdfast.compile.names import owner_of, service_of
from holdfast.compile.observed import COUNTS_PATTERN, read_counts
from holdfast.compile.ownership import find_service_of
from holdfast.compile.rehearsal import find_rehearsed_edge, rehearse_snapshot
from holdfast.compile.snapshot import compile_services, compile_snapshot
from holdfast.compile.walls import settle_walls

__all__ = [
    "COUNTS_PATTERN",
    "REHEARSED_HEADER",
    "EdgeBoot",
    "compile_bootstrap",
    "compile_mitigations",
    "compile_services",
    "compile_snapshot",
    "find_rehearsed_edge",
    "find_service_of",
    "has_own_endpoints",
    "list_clusters",
    "list_drained",
    "list_endpoints",
    "owner_of",
    "read_counts",
    "rehearse_effects",
    "rehearse_snapshot",
    "service_of",
    "settle_walls",
]
