"""Kills given while one tenant is flooded, on a platform of many services and more than one edge."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, cast

from holdfast.drills.broken import DrillBroken
from holdfast.drills.instruments import select_hosts
from holdfast.drills.noisy_neighbour.blocks import await_rest, join_records, plan_flood, start_flood, start_usual
from holdfast.drills.noisy_neighbour.kill_timer import KillOrder, TimedKill
from holdfast.drills.stage.names import name_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from holdfast.drills.instruments.load_result import Records
    from holdfast.drills.noisy_neighbour.blocks import Stand
    from holdfast.drills.stage.machine import Cores
    from holdfast.runtime.state_dir import StateDir

BEFORE_S: Final = 1.5
KILL_S: Final = 0.2
"""About what the process that kills takes to start, and for each kill: settling, killing, watching, ending."""
PAUSE_S_MAX: Final = 0.1
SPARE_S: Final = 60.0


class KillsFailed(DrillBroken):
    """The kills could not be given or timed; the message is what the process that does so said last."""


@dataclass(frozen=True, slots=True, eq=False)
class KillsRun:
    """Every kill, and how bystanders fared meanwhile; no bystander is among those killed."""

    kills: Sequence[TimedKill]
    bystanders: Records


def estimate_kills_s(count: int) -> float:
    """About how long so many kills take."""
    return BEFORE_S + count * KILL_S


def run_kills(stand: Stand, places: StateDir, services: int, count: int, tell: Callable[[TimedKill], None]) -> KillsRun:
    """Give so many kills, one after another, during a flood. Raises KillsFailed, InstrumentError, LocationBusy."""
    await_rest(stand)
    order = _make_order(stand, places, services, count)
    seconds = 2 * estimate_kills_s(count) + SPARE_S
    kills = []
    with ExitStack() as running:
        for each in start_flood(stand, plan_flood(stand.scenario), seconds):
            running.enter_context(each)
        usual = [running.enter_context(each) for each in start_usual(stand, seconds)]
        for kill in _time_kills(order, stand.cores):
            kills.append(kill)
            tell(kill)
        results = [each.finish_early() for each in usual]
    bystanders = join_records([select_hosts(each, stand.cast.bystander_hosts) for each in results])
    return KillsRun(kills, bystanders)


def _make_order(stand: Stand, places: StateDir, services: int, count: int) -> KillOrder:
    killed = stand.cast.draw_kills(count, services)
    return KillOrder(
        socket=str(places.socket),
        token_file=str(places.admin_token),
        edge_ports=tuple(stand.edge_ports),
        services=tuple(killed),
        hosts=tuple(name_host(service) for service in killed),
        pauses_s=tuple(stand.cast.draw_pauses_s(count, PAUSE_S_MAX)),
    )


def _time_kills(order: KillOrder, cores: Cores) -> Iterator[TimedKill]:
    """Each kill as it has been timed. Every step of the process has a deadline, so it comes to an end."""
    command = [sys.executable, "-m", "holdfast.drills.noisy_neighbour.kill_timer"]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints) as timer,
    ):
        try:
            if cores.rest:
                os.sched_setaffinity(timer.pid, cores.rest)
            with cast("IO[bytes]", timer.stdin) as orders:
                orders.write(order.model_dump_json().encode())
            for line in cast("IO[bytes]", timer.stdout):
                yield TimedKill.model_validate_json(line)
            if timer.wait() != 0:
                complaints.seek(0)
                raise KillsFailed(complaints.read().decode(errors="replace").strip())
        finally:
            timer.kill()
