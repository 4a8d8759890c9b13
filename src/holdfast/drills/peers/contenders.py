"""The peers by name, each set up in front of a location."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from holdfast.drills.instruments import start_upstream
from holdfast.drills.peers.fail2ban import start_fail2ban
from holdfast.drills.peers.haproxy import start_haproxy
from holdfast.drills.peers.names import PeerName
from holdfast.drills.peers.peer_process import find_program, read_version
from holdfast.drills.peers.places import Places
from holdfast.drills.peers.prometheus import start_prometheus
from holdfast.drills.peers.telling import PeerTelling
from holdfast.drills.stage.machine import find_free_ports
from holdfast.drills.stage.site import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from holdfast.drills.instruments import UpstreamOptions
    from holdfast.drills.peers.places import Setting


@contextmanager
def start_peer_scene(name: PeerName, folder: Path, setting: Setting, options: UpstreamOptions) -> Iterator[Scene]:
    """Start a peer with an upstream behind it. Raises PeerMissing, PeerFailed, InstrumentError, BuildError."""
    folder.mkdir(mode=0o700, parents=True)
    with ExitStack() as running:
        upstream_port, port, metrics_port = find_free_ports(3)
        at_its_port = replace(options, port=upstream_port)
        upstream = running.enter_context(start_upstream(at_its_port, setting.cores.beside))
        started = _STARTERS[name](running, Places(folder, port, upstream_port, metrics_port), setting)
        yield Scene(port, upstream, PeerTelling(started.peer), started.edge_pids, started.watch_pids)


def describe_peer(name: PeerName) -> dict[str, str]:
    """The versions of the programs that a peer is made of. Raises PeerMissing."""
    return {each: read_version([find_program(each), option]) for each, option in _PROGRAMS[name].items()}


_STARTERS: Final = {
    PeerName.HAPROXY: start_haproxy,
    PeerName.FAIL2BAN: start_fail2ban,
    PeerName.PROMETHEUS: start_prometheus,
}
_PROGRAMS: Final = {
    PeerName.HAPROXY: {"haproxy": "-v"},
    PeerName.FAIL2BAN: {"nginx": "-v", "fail2ban-server": "--version"},
    PeerName.PROMETHEUS: {"haproxy": "-v", "prometheus": "--version"},
}
