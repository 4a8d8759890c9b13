"""What every peer is told: where it is to be, what stands behind it, and the limits that Holdfast is given."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from holdfast.drills.peers.telling import Peer
    from holdfast.drills.stage.machine import Cores


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """A tenant, and what the platform file would grant it, in requests a second."""

    name: str
    host: str
    limit: int
    client_limit: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What stands behind a peer and is told to it."""

    tenants: Sequence[TenantLimits]
    in_flight_max: int
    cores: Cores


@dataclass(frozen=True, slots=True)
class Places:
    """A folder of its own, and ports."""

    folder: Path
    port: int
    upstream_port: int
    metrics_port: int


@dataclass(frozen=True, slots=True)
class Started:
    """A peer at work. `edge_pids` carry the requests, `watch_pids` look on."""

    edge_pids: list[int]
    watch_pids: list[int]
    peer: Peer


def is_open(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
