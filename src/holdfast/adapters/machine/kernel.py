"""What the kernel is, and how it treats connections."""

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from holdfast.model.checkup import Check, doubtful, fit, unfit

ARCHITECTURES: Final = frozenset({"x86_64", "aarch64"})
BACKLOG_MIN: Final = 4_096
"""Connections that may wait to be accepted. Envoy asks for what the kernel allows; fewer are refused in a surge."""
PORTS_MIN: Final = 20_000
"""Local ports: each connection to one endpoint of an upstream takes one, and keeps it a minute after its end."""
TRACKED_MIN: Final = 262_144
"""Connections that a firewall which tracks them has room for. When it is full, packets are dropped without a word."""
_SYSCTL: Final = Path("/proc/sys")


def check_kernel(sysctl: Path = _SYSCTL) -> Iterator[Check]:
    """The system, and the settings that a surge would find too small. Settings that can't be read aren't told."""
    yield judge_system(platform.system(), platform.machine())
    if backlog := _read(sysctl / "net/core/somaxconn"):
        yield judge_backlog(backlog[0])
    if ports := _read(sysctl / "net/ipv4/ip_local_port_range"):
        yield judge_ports(*ports)
    if tracked := _read(sysctl / "net/netfilter/nf_conntrack_max"):
        yield judge_tracking(tracked[0])


def judge_system(system: str, machine: str) -> Check:
    """Whether there is an Envoy for it at all."""
    if system != "Linux" or machine not in ARCHITECTURES:
        return unfit("system", f"{system} on {machine}", "use Linux on x86-64 or arm64")
    return fit("system", f"{system} on {machine}")


def judge_backlog(backlog: int) -> Check:
    """How many connections may wait to be accepted."""
    if backlog < BACKLOG_MIN:
        remedy = f"sysctl -w net.core.somaxconn={BACKLOG_MIN}, and keep it in /etc/sysctl.d"
        return doubtful("backlog", f"{backlog:,} connections may wait to be accepted", remedy)
    return fit("backlog", f"{backlog:,} connections may wait to be accepted")


def judge_ports(first: int, last: int) -> Check:
    """How many connections an edge can have to one endpoint at a time."""
    count = max(0, last - first + 1)
    if count < PORTS_MIN:
        remedy = 'sysctl -w net.ipv4.ip_local_port_range="15000 60999", and keep it in /etc/sysctl.d'
        return doubtful("local ports", f"{count:,} for connections to upstreams", remedy)
    return fit("local ports", f"{count:,} for connections to upstreams")


def judge_tracking(tracked_max: int) -> Check:
    """Whether a firewall that tracks connections has room for a surge."""
    if tracked_max < TRACKED_MIN:
        remedy = f"sysctl -w net.netfilter.nf_conntrack_max={TRACKED_MIN}, or don't track what edges listen on"
        return doubtful("connection tracking", f"room for {tracked_max:,} connections", remedy)
    return fit("connection tracking", f"room for {tracked_max:,} connections")


def _read(file: Path) -> list[int]:
    """The numbers in a setting; none if it isn't there, or isn't of numbers."""
    try:
        return [int(part) for part in file.read_text().split()]
    except (OSError, ValueError):
        return []
