"""Platform and mitigations in, snapshots out: pure, and the only place that knows Envoy's configuration."""

from holdfast.compile.bootstrap import EdgeBoot, compile_bootstrap
from holdfast.compile.mitigations import compile_mitigations
from holdfast.compile.names import owner_of
from holdfast.compile.observed import COUNTS_PATTERN, read_counts
from holdfast.compile.rehearsal import find_rehearsed_edge, rehearse_snapshot
from holdfast.compile.snapshot import compile_services, compile_snapshot
from holdfast.compile.walls import settle_walls

__all__ = [
    "COUNTS_PATTERN",
    "EdgeBoot",
    "compile_bootstrap",
    "compile_mitigations",
    "compile_services",
    "compile_snapshot",
    "find_rehearsed_edge",
    "owner_of",
    "read_counts",
    "rehearse_snapshot",
    "settle_walls",
]
