"""Platform and mitigations in, snapshots out: pure, and the only place that knows Envoy's configuration."""

from holdfast.compile.bootstrap import EdgeBoot, compile_bootstrap
from holdfast.compile.names import listener_name
from holdfast.compile.rehearsal import rehearse_snapshot
from holdfast.compile.snapshot import compile_mitigations, compile_services, compile_snapshot
from holdfast.compile.walls import settle_walls

__all__ = [
    "EdgeBoot",
    "compile_bootstrap",
    "compile_mitigations",
    "compile_services",
    "compile_snapshot",
    "listener_name",
    "rehearse_snapshot",
    "settle_walls",
]
