"""fail2ban: addresses that send too much, read from nginx's log, are refused by nginx."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final

from holdfast.drills.peers.peer_process import find_program, run_peer, write_config
from holdfast.drills.peers.places import Started, is_open

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

    from holdfast.drills.peers.places import Places, Setting

BURST_S: Final = 2
"""As Holdfast's default: a bucket of so many seconds' worth."""
BAN_REQUESTS: Final = 100
BAN_WINDOW_S: Final = 10
"""An address that sends so many requests within so many seconds is refused."""


@dataclass(slots=True)
class BanList:
    """What fail2ban had refused. It knows addresses, and no tenants: each ban since the last look is a finding."""

    blocked: Path
    _known: int = 0

    def list_accused(self) -> set[str | None]:
        """Nobody in particular, while new bans come."""
        known, self._known = self._known, len(self.list_blocked())
        return {None} if self._known > known else set()

    def list_blocked(self) -> list[IPv4Network]:
        """Everybody who was ever banned."""
        return [IPv4Network(line.split()[0]) for line in self.blocked.read_text().splitlines() if line.strip()]


def start_fail2ban(running: ExitStack, places: Places, setting: Setting) -> Started:
    """Start nginx, and fail2ban on its log. Raises PeerFailed."""
    folder = places.folder
    blocked = folder / "blocked.list"
    blocked.touch()
    (folder / "access.log").touch()
    by_limit = sorted({tenant.limit for tenant in setting.tenants})
    plans = [
        {
            "name": f"plan{number}",
            "limit": limit,
            "burst": limit * BURST_S,
            "hosts": [tenant.host for tenant in setting.tenants if tenant.limit == limit],
        }
        for number, limit in enumerate(by_limit)
    ]
    config = write_config(
        folder,
        "nginx.conf.j2",
        folder=folder,
        port=places.port,
        upstream_port=places.upstream_port,
        plans=plans,
        in_flight_max=setting.in_flight_max,
    )
    nginx = [find_program("nginx"), "-p", str(folder), "-c", str(config)]
    edges = running.enter_context(run_peer(nginx, folder, setting.cores.edge, lambda: is_open(places.port)))
    command = _configure_fail2ban(folder)
    ready = folder / "fail2ban.sock"
    watch = running.enter_context(run_peer(command, folder, setting.cores.rest, ready.exists))
    return Started(edges, watch, BanList(blocked))


def _configure_fail2ban(folder: Path) -> list[str]:
    """Its folder of settings, and the command that runs it."""
    settings = folder / "fail2ban"
    for name in ("filter.d", "action.d"):
        (settings / name).mkdir(parents=True)
    write_config(settings, "fail2ban.conf.j2", folder=folder)
    write_config(settings, "jail.conf.j2", folder=folder, requests_max=BAN_REQUESTS, window_s=BAN_WINDOW_S)
    write_config(settings / "filter.d", "requests.conf.j2")
    write_config(settings / "action.d", "refuse.conf.j2", folder=folder)
    paths = ["-s", str(folder / "fail2ban.sock"), "-p", str(folder / "fail2ban.pid")]
    return [find_program("fail2ban-server"), "-f", "-c", str(settings), *paths, "start"]
