"""Platform and mitigations in, snapshots out: pure, and the only place that knows Envoy's configuration."""

from holdfast.compile.bootstrap import EdgeBoot, compile_bootstrap
from holdfast.compile.names import listener_name
from holdfast.compile.observed import COUNTS_PATTERN, read_counts
from holdfast.compile.rehearsal import rehearse_snapshot
from holdfast.compile.snapshot import compile_mitigations, compile_services, compile_snapshot
from holdfast.compile.walls import settle_walls

__all__ = [
    "COUNTS_PATTERN",
    "EdgeBoot",
    "compile_bootstrap",
    "compile_mitigations",
    "compile_services",
    "compile_snapshot",
    "listener_name",
    "read_counts",
    "rehearse_snapshot",
    "settle_walls",
]
