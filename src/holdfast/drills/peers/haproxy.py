"""HAProxy: stick tables with a rate for each tenant and each of its clients."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from holdfast.drills.peers.peer_process import find_program, run_peer, write_config
from holdfast.drills.peers.places import Started, is_open

if TYPE_CHECKING:
    from contextlib import ExitStack
    from ipaddress import IPv4Network
    from pathlib import Path

    from holdfast.drills.peers.places import Places, Setting

ANSWER_S_MAX: Final = 5.0
_TENANT_RATE: Final = re.compile(r"key=(\S+).*gpc0_rate\(1000\)=(\d+)")


@dataclass(frozen=True, slots=True)
class HaproxyTables:
    """What HAProxy's own tables say: whoever is at its limit is accused."""

    socket_path: Path
    limits: dict[str, tuple[str, int]] = field(default_factory=dict)

    def list_accused(self) -> set[str | None]:
        """Tenants that are being refused requests now."""
        rates = {host: int(rate) for host, rate in _TENANT_RATE.findall(self._ask("show table tenants"))}
        return {name for host, (name, limit) in self.limits.items() if rates.get(host, 0) >= limit}

    def list_blocked(self) -> list[IPv4Network]:
        """It refuses nobody for good."""
        return []

    def _ask(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_S_MAX)
            connection.connect(str(self.socket_path))
            connection.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()


def start_haproxy(running: ExitStack, places: Places, setting: Setting, *, limited: bool = True) -> Started:
    """Start it; without limits it only passes requests on, each tenant's in its places. Raises PeerFailed."""
    file = write_config(
        places.folder,
        "haproxy.cfg.j2",
        folder=places.folder,
        port=places.port,
        metrics_port=places.metrics_port,
        upstream_port=places.upstream_port,
        tenants=setting.tenants,
        in_flight_max=setting.in_flight_max,
        limited=limited,
    )
    command = [find_program("haproxy"), "-db", "-f", str(file)]
    pids = running.enter_context(run_peer(command, places.folder, setting.cores.edge, lambda: is_open(places.port)))
    limits = {tenant.host: (tenant.name, tenant.limit) for tenant in setting.tenants}
    return Started(pids, [], HaproxyTables(places.folder / "stats.sock", limits))
